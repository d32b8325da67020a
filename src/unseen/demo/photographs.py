"""Real photographs that installed packages ship, and who plays what.

The protected pictures show no person.  Strangers' pictures are other photographs, and areas cut out of them: there
are not enough photographs on board, and an area of a large one is as unlike the rest as another photograph is.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import Image

from unseen.base import Misconfigured

_FOLDERS: Final = {"skimage": "data", "sklearn": "datasets/images"}
_PROTECTED: Final = (
    ("sklearn", "china.jpg"),
    ("sklearn", "flower.jpg"),
    ("skimage", "chelsea.png"),
    ("skimage", "coffee.png"),
    ("skimage", "coins.png"),
    ("skimage", "rocket.jpg"),
    ("skimage", "motorcycle_left.png"),
    ("skimage", "hubble_deep_field.jpg"),
)
_STRANGERS: Final = ("brick.png", "cell.png", "grass.png", "gravel.png", "ihc.png", "moon.png", "retina.jpg")
_CUTS: Final = {"retina.jpg": 4}  # areas a side; the other photographs are cut in three
_FEW: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Which pictures play what."""

    protected: tuple[Path, ...]
    strangers: tuple[Image.Image, ...]
    whole_strangers: int  #: how many of ``strangers`` are whole photographs; the others are areas


def cast(*, quick: bool) -> Cast:
    """Choose the pictures.  Raises: Misconfigured where a package or one of its files is not there."""
    protected = tuple(_file(package, name) for package, name in _PROTECTED)
    photographs = {name: _opened(_file("skimage", name)) for name in _STRANGERS}
    areas = [area for name, photo in photographs.items() for area in _areas(photo, _CUTS.get(name, 3))]
    if quick:
        protected, areas = protected[:_FEW], areas[:: len(areas) // _FEW]
    return Cast(
        protected=protected,
        strangers=(*photographs.values(), *areas),
        whole_strangers=len(photographs),
    )


def _file(package: str, name: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured(f"The demo's photographs come with {package}, which is not installed.", hint=_INSTALL)
    path = Path(spec.submodule_search_locations[0], _FOLDERS[package], name)
    if not path.is_file():
        raise Misconfigured(f"The photograph {name} is missing from {package}.", hint=_INSTALL)
    return path


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def _areas(photo: Image.Image, a_side: int) -> list[Image.Image]:
    """``a_side`` x ``a_side`` areas that do not overlap."""
    width, height = photo.width // a_side, photo.height // a_side
    return [
        photo.crop((column * width, row * height, (column + 1) * width, (row + 1) * height))
        for row in range(a_side)
        for column in range(a_side)
    ]


_INSTALL: Final = "Install what the demo needs: pip install 'unseen[demo]'"
