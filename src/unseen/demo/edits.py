"""What people do to a picture before they pass it on."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

Change = Callable[[Image.Image], Image.Image]
Turn = Image.Transpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One upload of a protected picture."""

    kind: str  #: the row of the table that it counts in
    content: bytes


def copies_of(path: Path) -> list[Copy]:
    """The file itself, and copies of it changed in the usual ways."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    copies = [Copy(kind=SAME_FILE, content=path.read_bytes())]
    copies += [Copy(kind="re-encoded", content=encode(picture, **how)) for how in _ENCODINGS]
    copies += [
        Copy(kind=kind, content=encode(change(picture))) for kind, changes in _CHANGES.items() for change in changes
    ]
    return [*copies, Copy(kind="phone screenshot", content=encode(_screenshot(picture), kind="PNG"))]


def encode(picture: Image.Image, *, kind: str = "JPEG", quality: int = 85) -> bytes:
    """The picture as a file."""
    out = BytesIO()
    picture.save(out, kind, quality=quality)
    return out.getvalue()


def _resized(factor: float) -> Change:
    return lambda picture: ImageOps.scale(picture, factor)


def _turned(turn: Turn) -> Change:
    return lambda picture: picture.transpose(turn)


def _tilted(degrees: float) -> Change:
    return lambda picture: picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True)


def _lit(factor: float) -> Change:
    return lambda picture: ImageEnhance.Brightness(picture).enhance(factor)


def _cropped(share: float) -> Change:
    """Cut ``share`` of the width off the right and of the height off the bottom."""
    return lambda picture: picture.crop((0, 0, round(picture.width * (1 - share)), round(picture.height * (1 - share))))


def _stickered(share: float) -> Change:
    """Put a smiling face on it, ``share`` of the shorter side across."""

    def change(picture: Image.Image) -> Image.Image:
        side = round(min(picture.size) * share)
        face = Image.new("RGBA", (side, side))
        draw = ImageDraw.Draw(face)
        draw.ellipse((0, 0, side - 1, side - 1), fill="#ffcc22", outline="#664400", width=max(1, side // 30))
        for eye in (0.3, 0.6):
            draw.ellipse((side * eye, side * 0.3, side * (eye + 0.1), side * 0.45), fill="#664400")
        draw.arc((side * 0.25, side * 0.35, side * 0.75, side * 0.8), 20, 160, fill="#664400", width=max(1, side // 15))
        stickered = picture.copy()
        stickered.paste(face, (round(picture.width * 0.55), round(picture.height * 0.5)), face)
        return stickered

    return change


def _screenshot(picture: Image.Image) -> Image.Image:
    """A phone's screen with the picture open in a messenger: status bar, name, picture, line to type in."""
    width, height, dark, light = 720, 1560, "#101418", "#e8eaed"
    screen = Image.new("RGB", (width, height), dark)
    draw = ImageDraw.Draw(screen)
    draw.text((30, 18), "21:47", fill=light, font_size=26)
    draw.rectangle((640, 22, 690, 44), outline=light, width=2)  # battery
    draw.rectangle((644, 26, 676, 40), fill=light)
    draw.ellipse((80, 76, 144, 140), fill="#5b8def")
    draw.text((164, 88), "Group chat", fill=light, font_size=32)
    draw.text((28, 84), "<", fill=light, font_size=40)
    shown = ImageOps.contain(picture, (width, height - 420))
    top = 180 + (height - 420 - shown.height) // 2
    screen.paste(shown, ((width - shown.width) // 2, top))
    draw.rounded_rectangle((30, height - 150, width - 110, height - 80), 35, outline="#5f6368", width=2)
    draw.text((60, height - 134), "Message", fill="#9aa0a6", font_size=28)
    draw.ellipse((width - 92, height - 150, width - 22, height - 80), fill="#5b8def")
    return screen


SAME_FILE: Final = "the same file"
_ENCODINGS: Final = (
    {"quality": 95},
    {"quality": 60},
    {"quality": 30},
    {"kind": "WEBP", "quality": 75},
)
_CHANGES: Final[dict[str, tuple[Change, ...]]] = {
    "resized": (_resized(0.35), _resized(0.6), _resized(1.8)),
    "mirrored": (_turned(Turn.FLIP_LEFT_RIGHT),),
    "turned by 90, 180, 270°": (_turned(Turn.ROTATE_90), _turned(Turn.ROTATE_180), _turned(Turn.ROTATE_270)),
    "darkened": (_lit(0.7), _lit(0.45)),
    "in grey": (lambda picture: picture.convert("L"),),
    "with a small sticker": (_stickered(0.15),),
    "with a large sticker": (_stickered(0.4),),
    "tilted by 2, 5, 12°": (_tilted(2), _tilted(5), _tilted(12)),
    "cropped by 5 % each way": (_cropped(0.05),),
    "cropped by 20 % each way": (_cropped(0.20),),
}
