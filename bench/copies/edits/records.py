"""What an edit is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image

Picture = Image.Image  #: mode RGB throughout
Range = tuple[float, float]  #: the least and the most that is drawn, both ends included


class Theme(StrEnum):
    """What the person did, roughly; a combination takes at most one edit of each."""

    RECODING = "recoding"
    GEOMETRY = "geometry"
    TONE = "tone"
    COVER = "cover"
    FRAME = "frame"
    SCREEN = "screen"
    LAYOUT = "layout"
    CAMERA = "camera"
    COMBINED = "combined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One kind of edit.  Called with the same picture, generator state and others, it makes the same copy."""

    name: str
    theme: Theme
    make: Callable[..., Picture]  #: (picture, rng, **severity), and ``others=`` where it needs them
    severity: Mapping[str, Range]  #: the ranges that ``make`` draws from, by what they measure
    needs_others: bool = False  #: whether other people's photographs stand beside this one in the copy

    def __call__(self, picture: Picture, rng: np.random.Generator, others: Sequence[Picture] = ()) -> Picture:
        """A copy of ``picture``, RGB.  Raises: ValueError where other photographs are needed and none is given."""
        if not self.needs_others:
            return self.make(picture, rng, **self.severity)
        if not others:
            raise ValueError(f"{self.name} needs other photographs")
        return self.make(picture, rng, others=others, **self.severity)

    @property
    def says(self) -> str:
        """The severity in words: ``removed 0.02-0.1``."""
        ranges = ((what.replace("_", " "), low, high) for what, (low, high) in self.severity.items())
        return ", ".join(f"{what} {low:g}" + (f"-{high:g}" if high > low else "") for what, low, high in ranges)
