"""From the files that a person names to their fingerprints."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from unseen.base import CallerError
from unseen.cli.terminal import shown
from unseen.cli.videos import is_video, video_to_bank
from unseen.fingerprint.closer import LONG_SIDE, regions_to_bank
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture, read_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.records import Fingerprint, PictureFingerprints

if TYPE_CHECKING:
    from unseen.compose import Node


def fingerprints_of(
    path: Path, *, limits: Limits, decoder: DecoderPool, with_luma: bool = False
) -> PictureFingerprints:
    """Fingerprint one file; ``with_luma`` for a closer look.

    Raises: CallerError, naming the file, where it cannot be read or is no picture; NodeError.
    """
    long_side = LONG_SIDE if with_luma else 0
    try:
        return fingerprint_picture(read_picture(path, limits), limits=limits, decoder=decoder, long_side=long_side)
    except CallerError as error:
        raise type(error)(f"{shown(path)}: {error.what}", hint=error.hint) from None


def to_bank(path: Path, *, limits: Limits, decoder: DecoderPool, with_regions: bool = True) -> tuple[Fingerprint, ...]:
    """What may be banked of one file.  Raises: as ``fingerprints_of``."""
    picture = fingerprints_of(path, limits=limits, decoder=decoder, with_luma=with_regions)
    regions = regions_to_bank(picture) if with_regions else None
    return picture.to_bank if regions is None else (*picture.to_bank, regions)


def file_to_bank(path: Path, node: "Node", *, with_regions: bool = True) -> tuple[Fingerprint, ...]:
    """What may be banked of a picture or a video.  Raises: as ``fingerprints_of``."""
    if is_video(path):
        return video_to_bank(path, node, with_regions=with_regions)
    return to_bank(path, limits=node.limits, decoder=node.decoder, with_regions=with_regions)


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Each file that is named, and every regular file below each folder that is named, by name.

    Links below a folder are not followed: they could lead out of it, or in circles.
    """
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def _below(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(here, name)
            if path.is_file() and not path.is_symlink():
                yield path
