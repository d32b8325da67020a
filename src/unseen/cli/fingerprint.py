"""``unseen fingerprint``: what a picture leaves behind; nothing is stored or sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unseen.base import CallerError
from unseen.cli.errors import WRONG_INPUT, tell
from unseen.cli.terminal import say, say_data, shown

if TYPE_CHECKING:
    from unseen.fingerprint.records import PictureFingerprints


def fingerprint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="The pictures.", show_default=False)],
    views: Annotated[bool, typer.Option("--views", help="Show PDQ of all eight mirrored and rotated views.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with one JSON object a line, for programs.")] = False,
) -> None:
    """Show what pictures leave behind: sha256, md5, and PDQ.

    Nothing is stored or sent. Goes on past a file that cannot be read, and ends with exit code 2 then.
    """
    from unseen.cli.pictures import fingerprints_of
    from unseen.compose import limits_of
    from unseen.config import load_config
    from unseen.fingerprint.decoder_pool import DecoderPool

    config, code = load_config(), 0
    limits = limits_of(config)
    with DecoderPool(limits, workers=config.decoder_processes) as decoder:
        for path in files:
            try:
                picture = fingerprints_of(path, limits=limits, decoder=decoder)
            except CallerError as error:
                tell(error)
                code = WRONG_INPUT
                continue
            if as_json:
                say_data(_as_data(path, picture, views=views))
            else:
                _describe(path, picture, views=views)
    raise typer.Exit(code)


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
