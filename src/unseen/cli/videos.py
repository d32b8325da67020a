"""From the video that a person names to its fingerprint, with progress on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from unseen.base import CallerError
from unseen.cli.terminal import console, shown
from unseen.fingerprint.records import Fingerprint
from unseen.fingerprint.video.decoder import VideoDecoder
from unseen.fingerprint.video.fingerprint import fingerprint_video
from unseen.fingerprint.video.formats import sniff_video
from unseen.fingerprint.video.records import VideoFingerprint
from unseen.fingerprint.video.sources import FileSource
from unseen.fingerprint.video.to_bank import to_bank, video_regions_to_bank

if TYPE_CHECKING:
    from unseen.compose import Node
    from unseen.desk.scan import OnSeen
    from unseen.desk.screen import Looked


def is_video(path: Path) -> bool:
    """Whether a file is a video; False too for one that cannot be read."""
    try:
        with FileSource(path, max_bytes=1 << 62) as source:
            return sniff_video(source) is not None
    except CallerError:
        return False


def video_fingerprint_of(path: Path, *, decoder: VideoDecoder) -> VideoFingerprint:
    """Fingerprint one video.

    Raises: CallerError, naming the file, where it cannot be read or is no video; NodeError.
    """
    try:
        with FileSource(path, max_bytes=decoder.limits.max_bytes) as source, _progress(path) as on_progress:
            return fingerprint_video(source, decoder=decoder, on_progress=on_progress)
    except CallerError as error:
        raise type(error)(f"{shown(path)}: {error.what}", hint=error.hint) from None


def video_to_bank(path: Path, node: "Node", *, with_regions: bool = True) -> tuple[Fingerprint, ...]:
    """What may be banked of a video, with a bar on a terminal.  Raises: as ``video_fingerprint_of``."""
    video = video_fingerprint_of(path, decoder=node.videos)
    banked = to_bank(video)
    if not with_regions:
        return banked
    with FileSource(path, max_bytes=node.videos.limits.max_bytes) as source:
        return (*banked, *video_regions_to_bank(source, video, decoder=node.videos))


def look_up_video_file(path: Path, node: "Node", *, on_progress: Callable[[float], None]) -> "Looked":
    """What a video is near to.

    on_progress: given 0 to 1 now and then.  Raises: CallerError, naming the file; NodeError.
    """
    from unseen.desk.look_at_video import look_up_video

    try:
        with FileSource(path, max_bytes=node.videos.limits.max_bytes) as source:
            return look_up_video(
                source, decoder=node.videos, store=node.store, index=node.index, on_progress=on_progress
            )
    except CallerError as error:
        raise type(error)(f"{shown(path)}: {error.what}", hint=error.hint) from None


def look_up_stored(key: bytes, on_seen: "OnSeen", node: "Node") -> "Looked | None":
    """What an object of a scan is near to, where it is a video; else None.

    on_seen: told what was seen of it.  Raises: CallerError, NodeError.
    """
    from unseen.compose import opened_object
    from unseen.desk.look_at_video import look_up_video

    with opened_object(node, key) as source:
        if sniff_video(source) is None:
            return None
        return look_up_video(source, decoder=node.videos, store=node.store, index=node.index, on_seen=on_seen)


@contextmanager
def _progress(path: Path) -> Iterator[Callable[[float], None] | None]:
    """A bar on stderr where that is a terminal; nothing elsewhere."""
    if not console(stderr=True).is_terminal:
        yield None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    parts = (
        TextColumn("Decoding"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*parts, console=console(stderr=True), redirect_stdout=False, transient=True) as progress:
        task = progress.add_task(printable_name(path), total=1.0)
        yield lambda share: progress.update(task, completed=share)


def printable_name(path: Path) -> str:
    """A file's name where a terminal can show it; else nothing."""
    return path.name if path.name.isprintable() else ""
