"""What pages load, under names that change with the content, so that browsers may keep it and never mix versions."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from unseen.base import NotFound

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, in memory."""

    name: str  #: with its digest in it
    content: bytes
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """All files, by the name that they have in the folder."""
    return {path.name: _read(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}


async def serve_asset(request: Request) -> Response:
    """One file.  Raises: NotFound."""
    wanted = request.path_params["name"]
    found = next((asset for asset in assets().values() if asset.name == wanted), None)
    if found is None:
        raise NotFound("There is no such file.")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(found.content, media_type=found.media_type, headers=headers)


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return Asset(f"{path.stem}-{digest}{path.suffix}", content, _TYPES[path.suffix])
