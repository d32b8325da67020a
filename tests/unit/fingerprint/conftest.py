"""A decoder pool for the tests to read pictures with."""

from collections.abc import Callable, Iterator

import pytest

from support.pictures import LIMITS
from unseen.fingerprint import PictureFingerprints
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture


@pytest.fixture(scope="session")
def decoder() -> Iterator[DecoderPool]:
    with DecoderPool(LIMITS, workers=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def fingerprint(decoder: DecoderPool) -> Callable[[bytes], PictureFingerprints]:
    return lambda data: fingerprint_picture(data, limits=LIMITS, decoder=decoder)
