"""Nothing a stranger sends crashes, hangs or fills the node: a fingerprint, or a BadMedia that says why."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from support.machine import Machine
from support.pictures import draw, saved
from unseen.base import BadMedia
from unseen.fingerprint import PictureFingerprints

Fingerprint = Callable[[bytes], PictureFingerprints]

MUTATIONS = 200
SAMPLES: dict[str, Callable[[], bytes]] = {
    "baseline JPEG": lambda: saved(draw(96, 64), "JPEG"),
    "progressive JPEG": lambda: saved(draw(96, 64), "JPEG", progressive=True),
    "CMYK JPEG": lambda: saved(draw(96, 64).convert("CMYK"), "JPEG"),
    "PNG": lambda: saved(draw(96, 64), "PNG"),
    "palette PNG": lambda: saved(draw(96, 64).quantize(64), "PNG", transparency=3),
    "WebP": lambda: saved(draw(96, 64), "WEBP"),
    "lossless WebP": lambda: saved(draw(96, 64), "WEBP", lossless=True),
    "GIF": lambda: saved(draw(96, 64), "GIF"),
    "BMP": lambda: saved(draw(96, 64), "BMP"),
    "TIFF": lambda: saved(draw(96, 64), "TIFF"),
    "LZW TIFF": lambda: saved(draw(96, 64), "TIFF", compression="tiff_lzw"),
    "HEIC": lambda: saved(draw(96, 64), "HEIF"),
    "AVIF": lambda: saved(draw(96, 64), "AVIF", speed=10),
}


def mutations(data: bytes, seed: int) -> Iterator[bytes]:
    """Every other one cut short, every other one with one to eight bytes overwritten, half of those in its head."""
    rng = np.random.default_rng(seed)
    for number in range(MUTATIONS):
        if number % 2:
            yield data[: int(rng.integers(0, len(data)))]
            continue
        flipped = bytearray(data)
        within = min(len(data), 200) if number % 4 else len(data)
        for at in rng.integers(0, within, int(rng.integers(1, 9))):
            flipped[at] = rng.integers(0, 256)
        yield bytes(flipped)


@contextmanager
def memory_watched() -> Iterator[list[int]]:
    """Append, every few milliseconds, the memory that this process gained and all of its decoders' (bytes)."""
    me, seen, done = psutil.Process(), [0], threading.Event()
    before = me.memory_info().rss

    def watch() -> None:
        while not done.wait(0.02):
            total = me.memory_info().rss - before
            for child in me.children():
                try:
                    total += child.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            seen.append(total)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def outcome(data: bytes, fingerprint: Fingerprint, machine: Machine) -> bool:
    """Whether there is a fingerprint; a refusal must say why and what to do, and either come in time."""
    refusal = None
    with machine.timed() as taken:
        try:
            assert fingerprint(data).views.shape == (8, 32)
        except BadMedia as error:
            refusal = error
    assert taken.waking_s < 10
    if refusal is not None:
        assert refusal.what.startswith(("not ", "too large")), refusal.what
        assert refusal.hint
    return refusal is None


@pytest.mark.parametrize("name", SAMPLES)
def test_cut_and_flipped_files_end_in_a_fingerprint_or_a_reason(
    name: str, fingerprint: Fingerprint, machine: Machine
) -> None:
    whole = SAMPLES[name]()
    assert outcome(whole, fingerprint, machine)
    with memory_watched() as gained:
        read = [outcome(data, fingerprint, machine) for data in mutations(whole, seed=1)]
    assert max(gained) < 1024**3
    assert not all(read), "no mutation was noticed"
    assert any(read), "no mutation was forgiven"


def test_every_nasty_file_ends_in_a_fingerprint_or_a_reason(
    test_data: Path, fingerprint: Fingerprint, machine: Machine
) -> None:
    files = sorted(path for path in (test_data / "nasty").rglob("*") if path.is_file())
    assert len(files) >= 90, "UNSEEN_TEST_DATA has too few nasty files"
    with memory_watched() as gained:
        read = {path.name: outcome(path.read_bytes(), fingerprint, machine) for path in files}
    assert max(gained) < 1024**3
    assert read["jpg-named.png"]
    assert read["trailing-html.jpg"]
    assert not read["bomb-header-65500x65500.jpg"]
    assert not read["bomb-progressive-300-scans.jpg"]
    assert not read["bomb-1bit-40000x40000.png"]
    assert not any(done for name, done in read.items() if name.endswith((".mp4", ".webm")))
