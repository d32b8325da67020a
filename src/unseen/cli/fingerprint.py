"""``unseen fingerprint``: what a picture or a video leaves behind; nothing is stored or sent."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unseen.base import BadRequest, CallerError
from unseen.cli.errors import WRONG_INPUT, tell
from unseen.cli.terminal import say, say_data, shown

if TYPE_CHECKING:
    from unseen.fingerprint.decoder_pool import DecoderPool
    from unseen.fingerprint.limits import Limits
    from unseen.fingerprint.records import PictureFingerprints
    from unseen.fingerprint.video.decoder import VideoDecoder
    from unseen.fingerprint.video.records import VideoFingerprint


class OutputFormat(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    VPDQ = "vpdq"


def fingerprint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="The pictures and videos.", show_default=False)],
    views: Annotated[
        bool, typer.Option("--views", help="Show PDQ of all eight mirrored and rotated views of a picture.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with one JSON object a line, for programs.")] = False,
    as_format: Annotated[
        OutputFormat,
        typer.Option("--format", help="How to answer; vpdq is the list of one video's frames that vPDQ reads."),
    ] = OutputFormat.TEXT,
) -> None:
    """Show what pictures and videos leave behind: sha256, md5, and PDQ, of each frame where there are several.

    Nothing is stored or sent. Goes on past a file that cannot be read, and ends with exit code 2 then.
    """
    from unseen.cli.videos import is_video
    from unseen.compose import limits_of, video_limits_of
    from unseen.config import load_config
    from unseen.fingerprint.decoder_pool import DecoderPool
    from unseen.fingerprint.video.decoder import VideoDecoder

    answer = OutputFormat.JSON if as_json else as_format
    if answer is OutputFormat.VPDQ and len(files) > 1:
        raise BadRequest("A vPDQ list is of one video.", hint="Name one file.")
    config, code = load_config(), 0
    limits = limits_of(config)
    with (
        DecoderPool(limits, workers=config.decoder_processes) as pictures,
        VideoDecoder(video_limits_of(config), workers=1) as videos,
    ):
        for path in files:
            try:
                if is_video(path):
                    _tell_video(path, videos, answer)
                elif answer is OutputFormat.VPDQ:
                    raise BadRequest(f"{shown(path)}: not a video, and vPDQ lists are of videos.")
                else:
                    _tell_picture(path, pictures, limits, answer, views=views)
            except CallerError as error:
                tell(error)
                code = WRONG_INPUT
    raise typer.Exit(code)


def _tell_picture(path: Path, decoder: "DecoderPool", limits: "Limits", answer: OutputFormat, *, views: bool) -> None:
    from unseen.cli.pictures import fingerprints_of

    picture = fingerprints_of(path, limits=limits, decoder=decoder)
    if answer is OutputFormat.JSON:
        say_data(_as_data(path, picture, views=views))
    else:
        _describe(path, picture, views=views)


def _tell_video(path: Path, decoder: "VideoDecoder", answer: OutputFormat) -> None:
    from unseen.cli.videos import video_fingerprint_of
    from unseen.fingerprint.video.vpdq_lists import write_vpdq

    video = video_fingerprint_of(path, decoder=decoder)
    if answer is OutputFormat.VPDQ:
        sys.stdout.writelines(write_vpdq(video.frames))
    elif answer is OutputFormat.JSON:
        say_data(_video_as_data(path, video))
    else:
        _describe_video(path, video)


def _describe(path: Path, picture: "PictureFingerprints", *, views: bool) -> None:
    say(shown(path))
    say(f"  {picture.width} x {picture.height} pixels, {picture.media_type}, PDQ quality {picture.pdq.quality}")
    if picture.pdq.is_featureless:
        say("  featureless: too little can be seen to compare it; only its sha256 would be banked")
    say(f"  sha256  {picture.sha256.hex}")
    say(f"  md5     {picture.md5.hex}")
    if not views:
        say(f"  pdq     {picture.pdq.hex}")
        return
    for name, code in _views(picture).items():
        say(f"  {name.replace(', rotated', ''):<12}  {code}")


def _describe_video(path: Path, video: "VideoFingerprint") -> None:
    say(shown(path))
    featured = len(video.frames.to_bank)
    say(f"  {video.width} x {video.height} pixels, {video.media_type}, {video.duration_s:.1f} s")
    say(f"  {len(video.frames)} frames, {len(video.frames) - featured} of them featureless")
    say(f"  sha256  {video.sha256.hex}")
    say(f"  md5     {video.md5.hex}")
    for code, quality, at_s in zip(video.frames.codes, video.frames.qualities, video.frames.at_s, strict=True):
        say(f"  {at_s:>9.3f} s  quality {quality:>3}  {code.tobytes().hex()}")


def _video_as_data(path: Path, video: "VideoFingerprint") -> dict[str, object]:
    rows = zip(video.frames.codes, video.frames.qualities, video.frames.at_s, strict=True)
    return {
        "file": str(path),
        "width": video.width,
        "height": video.height,
        "media_type": video.media_type,
        "duration_s": round(video.duration_s, 3),
        "sha256": video.sha256.hex,
        "md5": video.md5.hex,
        "frames": [
            {"at_s": round(float(at_s), 3), "quality": int(quality), "pdq": code.tobytes().hex()}
            for code, quality, at_s in rows
        ],
    }


def _as_data(path: Path, picture: "PictureFingerprints", *, views: bool) -> dict[str, object]:
    data: dict[str, object] = {
        "file": str(path),
        "width": picture.width,
        "height": picture.height,
        "media_type": picture.media_type,
        "sha256": picture.sha256.hex,
        "md5": picture.md5.hex,
        "pdq": picture.pdq.hex,
        "quality": picture.pdq.quality,
        "featureless": picture.pdq.is_featureless,
    }
    return {**data, "views": _views(picture)} if views else data


def _views(picture: "PictureFingerprints") -> dict[str, str]:
    from unseen.fingerprint.records import VIEWS

    return {view.value: row.tobytes().hex() for view, row in zip(VIEWS, picture.views, strict=True)}
