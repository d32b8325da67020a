"""An upload of a 12-megapixel phone JPEG to a real server of one worker: what each stage costs.

``python -m bench.pipeline`` loads random entries, starts ``unseen serve``, finds the rate at which it saturates, and
measures at half of that, arrivals Poisson, from a load generator in a process of its own.  The yardstick, libjpeg's
scaled luma decode alone, runs the same upload at the same arrivals in a process of its own, before and after; our own
decoder, which the service uses at an eighth, takes every other turn there.

Server-side is from the moment the service has a request's head to the moment its answer is made: queues, the body
coming in (``receive``) and the wait for a free core are in it, though the client decides how fast it sends and shares
the cores.  What is left after the last byte of the body is shown apart.

That is with regions off.  Then the service is started again with them, and an upload that nothing decides, so that it
goes through every stage, is measured at half of what saturates that.
"""

import argparse
import io
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench._report import Report, parser
from bench._served import Served, fill, served
from unseen.desk import look_closer

REGIONS_A_PICTURE = 96  # of as many codes in all as there are PDQ entries
STAGES = ("receive", "fingerprint", "decode", "hash", "digest", "exact", "search", "record", "total", "client")
SIZE = (4000, 3000)
_NOISE = 5.0  # standard deviation of a small sensor's, in levels: a phone's file of this size has 3 to 6 MB
_ORIENTATION = 0x112


def main() -> None:
    options = parser(__doc__.splitlines()[0])
    options.add_argument("--n", type=int, help="entries (default 1,000,000; --quick 100,000)")
    options.add_argument("--decode", type=Path, help=argparse.SUPPRESS)  # the yardstick's process
    options.add_argument("--rate", type=float, help=argparse.SUPPRESS)
    options.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.decode is not None:
        print(json.dumps(decode_alone(chosen.decode, chosen.rate, chosen.seconds, chosen.seed)))
        return
    n = chosen.n or (100_000 if chosen.quick else 1_000_000)
    report = Report(benchmark="pipeline", n=n, seed=chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upload = folder / "phone.jpg"
        upload.write_bytes(phone_jpeg(chosen.seed))
        draw = np.random.default_rng(chosen.seed)
        codes = draw.integers(0, 256, (n, 32), np.uint8)
        regions = draw.integers(0, 256, (n // REGIONS_A_PICTURE, REGIONS_A_PICTURE, 32), np.uint8)
        token = fill(folder / "data", codes, regions)
        with load_generator() as load:
            with served(folder / "data", token, {"UNSEEN_WORKERS": "1", "UNSEEN_REGIONS": "false"}) as service:
                measure(report, service, load, upload, chosen)
            with served(folder / "data", token, {"UNSEEN_WORKERS": "1"}) as service:
                measure_regions(report, service, load, upload, chosen)
    report.print()
    if chosen.json:
        report.json()


def measure(
    report: Report, service: Served, load: subprocess.Popen[str], upload: Path, chosen: argparse.Namespace
) -> None:
    seconds = 8.0 if chosen.quick else 60.0
    orders, saturating = saturated(service, load, upload, chosen)
    rate = saturating / 2
    before = yardstick(upload, rate, seconds / 2, chosen.seed)
    answers = ask(load, orders | {"rate": rate, "seconds": seconds})["answers"]
    after = yardstick(upload, rate, seconds / 2, chosen.seed + 1)
    refused = sum("refused" in answer for answer in answers)
    answered = [answer for answer in answers if "refused" not in answer]
    alone = before["libjpeg"] + after["libjpeg"]
    decode_ms = statistics.median(alone)
    own_ms = statistics.median(before["own"] + after["own"])
    report.row("upload", "MB", upload.stat().st_size / 1e6)
    report.row("saturating rate", "uploads/s", saturating)
    report.row("measured at", "uploads/s", rate)
    report.row("answers", "n", len(answered))
    report.row("refused", "n", refused)
    for stage in STAGES:
        report.row(f"{stage}: p50", "ms", statistics.median(answer[stage] for answer in answered))
    totals = [answer["total"] for answer in answered]
    p50, p99 = np.percentile(totals, (50, 99))
    report.row("libjpeg decode alone: p50 before", "ms", statistics.median(before["libjpeg"]))
    report.row("libjpeg decode alone: p50 after", "ms", statistics.median(after["libjpeg"]))
    report.row("our decode alone: p50", "ms", own_ms)
    report.row("server-side p50", "ms", float(p50))
    report.row("server-side p99", "ms", float(p99))
    after_body = [answer["total"] - answer["receive"] for answer in answered]
    report.row("after the body's last byte: p50", "ms", statistics.median(after_body))
    report.row("after the body's last byte: p99", "ms", float(np.percentile(after_body, 99)))
    report.row("server-side p50 / libjpeg decode alone", "times", float(p50 / decode_ms))
    report.row("server-side p99 / libjpeg decode alone", "times", float(p99 / decode_ms))
    report.row("server-side p99 / libjpeg decode alone p99", "times", float(p99 / np.percentile(alone, 99)))
    report.row("server-side p50 / our decode alone", "times", float(p50 / own_ms))
    report.row("server-side p99 / our decode alone", "times", float(p99 / own_ms))


def measure_regions(
    report: Report, service: Served, load: subprocess.Popen[str], upload: Path, chosen: argparse.Namespace
) -> None:
    """The same with regions on, of an upload that nothing decides: every stage is gone through."""
    orders, saturating = saturated(service, load, upload, chosen)
    answers = ask(load, orders | {"rate": saturating / 2, "seconds": 8.0 if chosen.quick else 30.0})["answers"]
    answered = [answer for answer in answers if "refused" not in answer]
    report.row("with regions: saturating rate", "uploads/s", saturating)
    for stage in ("decode", *look_closer.STAGES):
        report.row(f"with regions: {stage}: p50", "ms", statistics.median(answer[stage] for answer in answered))
    p50, p99 = np.percentile([answer["total"] for answer in answered], (50, 99))
    report.row("with regions: server-side p50", "ms", float(p50))
    report.row("with regions: server-side p99", "ms", float(p99))


def saturated(
    service: Served, load: subprocess.Popen[str], upload: Path, chosen: argparse.Namespace
) -> tuple[dict[str, Any], float]:
    """What to send, and how many a second the service answers when it always has one waiting."""
    warm_s = 2.0 if chosen.quick else 5.0
    orders = {
        "host": service.host,
        "port": service.port,
        "token": service.token,
        "file": str(upload),
        "media": "image/jpeg",
        "seed": chosen.seed,
    }
    ask(load, orders | {"rate": None, "seconds": warm_s / 2})
    return orders, ask(load, orders | {"rate": None, "seconds": warm_s * 2})["rate"]


def phone_jpeg(seed: int) -> bytes:
    """A photograph as a phone would save it: 12 megapixels, its sensor's noise, 4:2:0, quality 90, held upright."""
    named = os.environ.get("UNSEEN_TEST_DATA")
    if not named:
        raise SystemExit("Set UNSEEN_TEST_DATA to the folder that holds photos/.")
    paths = sorted(Path(named, "photos").rglob("*.[jJ][pP]*[gG]"), key=lambda path: path.stat().st_size)
    with Image.open(paths[-1]) as picture:
        scale = max(SIZE[0] / picture.width, SIZE[1] / picture.height)
        large = picture.convert("RGB").resize(
            (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS
        )
    pixels = np.asarray(large.crop((0, 0, *SIZE)), np.float32)
    noise = np.random.default_rng(seed).standard_normal(pixels.shape, np.float32)
    noisy = Image.fromarray(np.clip(pixels + _NOISE * noise, 0, 255).astype(np.uint8))
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    file = io.BytesIO()
    noisy.save(file, "JPEG", quality=90, subsampling="4:2:0", exif=exif)
    return file.getvalue()


def yardstick(upload: Path, rate: float, seconds: float, seed: int) -> dict[str, list[float]]:
    """Milliseconds of each decode, of a process that does nothing else, at these arrivals."""
    words = ["--decode", str(upload), "--rate", str(rate), "--seconds", str(seconds), "--seed", str(seed)]
    told = subprocess.run(  # noqa: S603  this very module
        [sys.executable, "-m", "bench.pipeline", *words], check=True, capture_output=True, text=True
    ).stdout
    took: dict[str, list[float]] = json.loads(told)
    return took


def decode_alone(upload: Path, rate: float, seconds: float, seed: int) -> dict[str, list[float]]:
    from unseen.fingerprint import jpeg
    from unseen.fingerprint.jpeg_means import decode_means

    data, draw = upload.read_bytes(), random.Random(seed)
    header = jpeg.read_header(data)
    took: dict[str, list[float]] = {"libjpeg": [], "own": []}
    turns: list[tuple[str, Callable[[bytes, jpeg.JpegHeader], object]]] = [
        ("libjpeg", jpeg.decode_plain),
        ("own", decode_means),
    ]
    for _, decode in turns:
        decode(data, header)
    at = time.perf_counter()
    until = at + seconds
    while (at := at + draw.expovariate(rate)) < until:
        name, decode = turns[0]
        turns.reverse()
        time.sleep(max(0.0, at - time.perf_counter()))
        started = time.perf_counter()
        decode(data, header)
        took[name].append((time.perf_counter() - started) * 1e3)
    return took


@contextmanager
def load_generator() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench._load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def ask(load: subprocess.Popen[str], orders: dict[str, Any]) -> dict[str, Any]:
    assert load.stdin is not None
    assert load.stdout is not None
    load.stdin.write(json.dumps(orders) + "\n")
    load.stdin.flush()
    told: dict[str, Any] = json.loads(load.stdout.readline())
    return told


if __name__ == "__main__":
    main()
