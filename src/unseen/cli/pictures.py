"""From the files that a person names to their fingerprints."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from unseen.base import CallerError
from unseen.cli.terminal import shown
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.image import fingerprint_picture, read_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.records import PictureFingerprints


def fingerprints_of(path: Path, *, limits: Limits, decoder: DecoderPool) -> PictureFingerprints:
    """Fingerprint one file.

    Raises: CallerError, naming the file, where it cannot be read or is no picture; NodeError.
    """
    try:
        return fingerprint_picture(read_picture(path, limits), limits=limits, decoder=decoder)
    except CallerError as error:
        raise type(error)(f"{shown(path)}: {error.what}", hint=error.hint) from None


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
