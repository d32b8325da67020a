"""A bank in memory, its snapshot on disk, and folders of small pictures to scan."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.node import Node
from support.pictures import LIMITS, draw, saved
from unseen.bank.records import Source, SourceKind
from unseen.batch.examiner import Task
from unseen.batch.sources import sources_of
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.records import PictureFingerprints

BANK = "cases"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    folder = tmp_path / "data"
    folder.mkdir()
    return Node(folder)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    return folder


@pytest.fixture
def read() -> Iterator[Callable[[bytes], PictureFingerprints]]:
    with DecoderPool(LIMITS) as decoder:

        def fingerprints(data: bytes) -> PictureFingerprints:
            return fingerprint_picture(data, limits=LIMITS, decoder=decoder)

        yield fingerprints


@pytest.fixture
def protect(node: Node, read: Callable[[bytes], PictureFingerprints]) -> Callable[..., tuple[int, ...]]:
    """Bank a picture's fingerprints; gives the entry ids."""

    def bank(data: bytes, *, confirmed: bool = False) -> tuple[int, ...]:
        with node.store.write() as tx:
            return tx.protect(
                BANK,
                read(data).to_bank,
                source=Source(kind=SourceKind.OPERATOR, ref="test"),
                confirmed_by="test" if confirmed else None,
                actor="test",
                reason="test",
                at=node.clock.now(),
            )

    return bank


def jpeg(seed: int, width: int = 160) -> bytes:
    return saved(draw(width, 120, seed), "JPEG")


def task(*urls: object, radius_bits: int = 31) -> Task:
    return Task(
        sources=tuple(source.url for source in sources_of([str(url) for url in urls])),
        limits=LIMITS,
        radius_bits=radius_bits,
    )
