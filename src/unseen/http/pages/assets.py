"""What pages load, under names that change with the content, so that browsers may keep it and never mix versions.

The pages' own files are in ``static``; what is built from ``web/`` loads its parts from beside itself, so that its
folder has the name that changes.  Both are sent compressed where the browser takes it.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

import unseen
from unseen.base import Misconfigured, NotFound

_STATIC: Final = Path(__file__).parent / "static"
_BUNDLE: Final = Path(unseen.__file__).parent / "web"
_BUILT_FROM: Final = "built-from.txt"  #: in the bundle: the digest of its sources
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
#: A worker has the policy that it is served with: its own parts, and WebAssembly for libheif.  It cannot send anything.
_WORKER_POLICY: Final = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, in memory."""

    name: str
    content: bytes
    compressed: bytes  #: gzip
    media_type: str


@cache
def assets() -> dict[str, Asset]:
    """The pages' own files, by the name that they have in the folder; their own has their digest in it."""
    files = {path.name: path for path in sorted(_STATIC.iterdir()) if path.suffix in _TYPES}
    return {name: _read(path, has_digest=True) for name, path in files.items()}


def bundled(name: str) -> str:
    """The address of a built file.  Raises: Misconfigured where nothing was built."""
    return f"/assets/{_version()}/{name}"


async def serve_asset(request: Request) -> Response:
    """One of the pages' own files.  Raises: NotFound."""
    wanted = request.path_params["name"]
    found = next((asset for asset in assets().values() if asset.name == wanted), None)
    if found is None:
        raise NotFound("There is no such file.")
    return _answer(request, found)


async def serve_bundled(request: Request) -> Response:
    """One of the built files.  Raises: NotFound, Misconfigured."""
    name, version = request.path_params["name"], request.path_params["version"]
    found = bundle().get(name) if version == _version() else None
    if found is None:
        raise NotFound("There is no such file.")
    answer = _answer(request, found)
    if name == "worker.js":
        answer.headers["Content-Security-Policy"] = _WORKER_POLICY
    return answer


def _version() -> str:
    try:
        return (_BUNDLE / _BUILT_FROM).read_text(encoding="ascii")[:12]
    except FileNotFoundError:
        raise Misconfigured("What browsers load was not built.", hint="Run `make web`.") from None


def bundle() -> dict[str, Asset]:
    """What is built from ``web/``, by name.  Raises: Misconfigured where nothing was built."""
    return _bundle(_version())


@cache
def _bundle(version: str) -> dict[str, Asset]:
    """The built files of this version, all in memory: 4 MB."""
    del version
    return {path.name: _read(path) for path in _BUNDLE.iterdir() if path.suffix in _TYPES}


def _read(path: Path, *, has_digest: bool = False) -> Asset:
    content = path.read_bytes()
    name = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:12]}{path.suffix}" if has_digest else path.name
    return Asset(name, content, gzip.compress(content, mtime=0), _TYPES[path.suffix])


def _answer(request: Request, asset: Asset) -> Response:
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, media_type=asset.media_type, headers={**_HEADERS, "Content-Encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=_HEADERS)
