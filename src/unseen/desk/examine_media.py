"""What remains of an import's media: digests, fingerprints, and which of the case's items they are near to."""

import hashlib
import threading
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO, Final

from unseen.base import BadMedia
from unseen.desk.case_items import CaseItems
from unseen.evidence.chats.files import Files
from unseen.evidence.chats.records import Mark, Media, MediaState, Remains
from unseen.fingerprint.decoder_pool import DecoderPool
from unseen.fingerprint.formats import sniff
from unseen.fingerprint.image import fingerprint_picture
from unseen.fingerprint.limits import Limits
from unseen.fingerprint.records import Kind
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.formats import sniff_video
from unseen.fingerprint.video.sources import BytesSource, Source

_CHUNK_BYTES: Final = 1 << 20


class MediaExaminer:
    """Looks at media with the node's decoders; the ``Examiner`` of the ports.  Keeps nothing of what it reads."""

    def __init__(self, items: CaseItems, *, limits: Limits, decoder: DecoderPool, videos: VideoDecoder) -> None:
        self._items = items
        self._limits = limits
        self._decoder = decoder
        self._videos = videos

    def remains_of(self, files: Files, media: Media) -> Remains | None:
        """As ``Examiner`` says."""
        if media.data is not None:
            return self._of_bytes(media.data)
        if media.state is not MediaState.PRESENT or media.name is None:
            return None
        with files.open(media.name) as file:
            return self._of_file(file, files.size(media.name) or 0)

    def _of_file(self, file: BinaryIO, size: int) -> Remains:
        if size <= self._limits.max_bytes:
            return self._of_bytes(file.read(self._limits.max_bytes + 1))
        digests = _digests_of(file)
        if not file.seekable():
            return self._exact(digests, says="too large to be looked into within an archive; its digests are compared")
        return self._of_video(_SeekableSource(file, digests.size), digests)

    def _of_bytes(self, data: bytes) -> Remains:
        source = BytesSource(data)
        if sniff_video(source) is not None or not _is_picture(data):
            return self._of_video(source, _digests_of(BytesIO(data)))
        try:
            picture = fingerprint_picture(data, limits=self._limits, decoder=self._decoder)
        except BadMedia as error:
            return self._exact(_digests_of(BytesIO(data)), says=error.what)
        digests = Remains(size=len(data), sha256=picture.sha256.code, md5=picture.md5.code)
        copies = self._items.same_file(digests.sha256, digests.md5) or (
            () if picture.pdq.is_featureless else self._items.same_picture(picture.views)
        )
        return replace(
            digests,
            media_type=picture.media_type,
            width=picture.width,
            height=picture.height,
            marks=(Mark(kind=Kind.PDQ.value, code=picture.pdq.code, quality=picture.pdq.quality),),
            copies=copies,
        )

    def _of_video(self, source: Source, digests: Remains) -> Remains:
        """A video, or a file that nobody looks into."""
        if sniff_video(source) is None:
            return self._exact(digests)
        try:
            video = fingerprint_video(source, decoder=self._videos)
        except BadMedia as error:
            return self._exact(digests, says=error.what)
        frames = video.frames.to_bank
        return replace(
            digests,
            media_type=video.media_type,
            width=video.width,
            height=video.height,
            marks=tuple(
                Mark(kind=Kind.FRAME.value, code=code.tobytes(), quality=int(quality), at_s=round(float(at_s), 3))
                for code, quality, at_s in zip(frames.codes, frames.qualities, frames.at_s, strict=True)
            ),
            copies=self._items.same_file(digests.sha256, digests.md5) or self._items.same_frames(frames),
        )

    def _exact(self, digests: Remains, *, says: str | None = None) -> Remains:
        return replace(digests, copies=self._items.same_file(digests.sha256, digests.md5), says=says)


class _SeekableSource:
    """A large file as the video decoder reads it; its threads take turns."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._turn = threading.Lock()
        self.size = size

    def read_at(self, offset: int, size: int) -> bytes:
        with self._turn:
            self._file.seek(offset)
            return self._file.read(size)


def _digests_of(file: BinaryIO) -> Remains:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    size = 0
    while piece := file.read(_CHUNK_BYTES):
        sha256.update(piece)
        md5.update(piece)
        size += len(piece)
    return Remains(size=size, sha256=sha256.digest(), md5=md5.digest())


def _is_picture(data: bytes) -> bool:
    try:
        sniff(data)
    except BadMedia:
        return False
    return True


class LooksAtNothing:
    """The ``Examiner`` where no picture or video may be looked at: what the export says of media is all there is."""

    def remains_of(self, files: Files, media: Media) -> None:
        """Nothing."""
