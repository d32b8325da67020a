"""Fingerprinting in a browser: how large the page's first load is, how long files take, what memory they need.

    python -m bench.web
    python -m bench.web --photographs FOLDER    # how near what it makes of files is to what Python makes of them

The picture of 12 million pixels is one of scikit-image's photographs, enlarged, with a camera's noise, as JPEG.
"""

import argparse
import gzip
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from PIL import Image
from playwright.sync_api import Page
from skimage import data

from bench._browser import BUILD, BUNDLE, chromium, made_in, running_chromium, served_bundle
from unseen.base import CallerError
from unseen.cli.pictures import to_bank
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.records import Fingerprint, Kind

REPEATS: Final = 5
MANY: Final = 40


def main() -> int:
    """Print a line for each figure."""
    path = chromium()
    if path is None:
        print("Chromium is missing (Debian: apt install chromium).", file=sys.stderr)
        return 1
    subprocess.run([sys.executable, str(BUILD)], check=True)
    parser = argparse.ArgumentParser(prog="python -m bench.web")
    parser.add_argument("--photographs", type=Path, help="a folder of pictures, of any structure")
    photographs: Path | None = parser.parse_args().photographs
    with (
        tempfile.TemporaryDirectory() as folder,
        running_chromium(path) as browser,
        served_bundle(BUNDLE) as address,
    ):
        page = browser.new_page()
        if photographs is not None:
            page.goto(address)
            agreement(page, sorted(file for file in photographs.rglob("*") if file.is_file()))
            return 0
        loaded: list[str] = []
        page.on("request", lambda request: loaded.append(request.url.removeprefix(f"{address}/")))
        page.goto(address)
        page.evaluate("""() => import('/index.js').then(() => fetch('/worker.js'))""")
        photograph = Path(folder) / "photograph.jpg"
        megapixels(photograph)
        one_at_a_time(page, photograph)
        sizes(loaded)
        many(page, photograph)
    return 0


def megapixels(path: Path) -> None:
    """Write a JPEG of 12 million pixels."""
    enlarged = Image.fromarray(data.astronaut()).resize((4000, 3000), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(1).normal(0, 3, (3000, 4000, 1))
    Image.fromarray(np.clip(np.asarray(enlarged) + noise, 0, 255).astype(np.uint8)).save(path, quality=88)


def one_at_a_time(page: Page, photograph: Path) -> None:
    """The time of one file, a worker's start included."""
    times = [made_in(page, [photograph])[0]["done_ms"] for _ in range(REPEATS)]
    size = photograph.stat().st_size / 1e6
    print(f"JPEG of 12 Mpx ({size:.1f} MB): median {statistics.median(times):.0f} ms, slowest {max(times):.0f}")


def sizes(loaded: list[str]) -> None:
    """What is loaded for a picture, and the rest of the bundle, as gzip makes it."""
    first = {name for name in loaded if name.endswith(".js")}
    kib = {path.name: len(gzip.compress(path.read_bytes())) / 1024 for path in sorted(BUNDLE.glob("*.js"))}
    lists = {name for name in first if "-list-" in name}
    print(f"scripts up to the first picture, gzip: {sum(kib[name] for name in first - lists):.1f} KiB")
    print(f"and the list of common regions, loaded with it: {sum(kib[name] for name in lists):.1f} KiB")
    for name, size in kib.items():
        if size > 1:
            print(f"  {name}: {size:.1f} KiB")


def many(page: Page, photograph: Path) -> None:
    """The browser's memory before and during tens of files."""
    before, most, is_done = memory_mib(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not is_done.wait(0.1):
            most = max(most, memory_mib())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        answers = made_in(page, [photograph] * MANY)
    finally:
        is_done.set()
        watching.join()
    last_ms = answers[-1]["done_ms"]
    print(f"{MANY} of them: {last_ms / MANY:.0f} ms each; the browser had {before:.0f} MiB, {most:.0f} MiB at most")


def agreement(page: Page, files: list[Path]) -> None:
    """Distances of PDQ, and how many regions Python has too, within 31 bits."""
    bits: dict[str, int] = {}
    near = count = 0
    refused: Counter[str] = Counter()
    answers = made_in(page, files)
    limits = Limits()
    with DecoderPool(limits) as decoder:
        for file, answer in zip(files, answers, strict=True):
            try:
                ours = {f.kind: f for f in to_bank(file, limits=limits, decoder=decoder)}
            except CallerError:
                continue
            if answer["error"] is not None:
                refused[f"{file.suffix} {answer['error']}"] += 1
                continue
            made = {each["kind"]: bytes.fromhex(each["code"]) for each in answer["made"]["fingerprints"]}
            pdq, regions = ours.get(Kind.PDQ), ours.get(Kind.REGION)
            if pdq is not None and "pdq" in made and (pdq.quality or 0) >= 80:
                bits[file.name] = (int.from_bytes(made["pdq"]) ^ int.from_bytes(pdq.code)).bit_count()
            if regions is not None and "region" in made:
                theirs = Fingerprint(kind=Kind.REGION, code=made["region"]).region_codes
                apart = np.bitwise_count(theirs[:, None] ^ regions.region_codes[None]).sum(axis=2)
                near, count = near + int((apart.min(axis=1) <= 31).sum()), count + len(theirs)
    farthest = sorted(bits.items(), key=lambda item: -item[1])[:5]
    print(
        f"{len(bits)} pictures of quality 80 and more: PDQ {statistics.mean(bits.values()):.2f} bits apart on average"
    )
    print("farthest: " + ", ".join(f"{name} {apart}" for name, apart in farthest))
    print(f"{sum(not apart for apart in bits.values())} have the same code")
    print(f"regions: {near} of {count} ({near / count:.1%}) within 31 bits of one of Python's")
    print(f"read by Python, refused in the browser: {dict(refused) or 'none'}")


def memory_mib() -> float:
    """Of all of the browser's processes, what is theirs alone."""
    ours = psutil.Process().children(recursive=True)
    whole = 0
    for each in ours:
        with suppress(psutil.Error):  # it ended meanwhile
            whole += each.memory_full_info().uss if "chrom" in each.name() else 0
    return whole / 1024**2


if __name__ == "__main__":
    sys.exit(main())
