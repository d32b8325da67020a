"""Pages of a document: Typst lays ``exhibit.typ`` out, with a font that has Chinese, Japanese and Korean.

The result is PDF/A-2u: everything it needs is in it, and every character can be searched for.  Texts reach Typst as
data, never as markup; no package, file or address is ever loaded by what a pack says.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import as_file, files
from typing import Any, Final

from unseen.base import Misconfigured
from unseen.evidence.court.blocks import Part
from unseen.evidence.court.words import words
from unseen.evidence.court.written import code_point

_TEMPLATE: Final = files("unseen.evidence.court") / "exhibit.typ"
_LONGEST_RUN: Final = 24  #: characters without a place to break the line
_CJK: Final = 0x2E80  #: from here on a line may end after any character
_BREAK: Final = "\u200b"
_FIGURE: Final = re.compile(r"[0-9a-f\n]{32,}")  #: a digest, in lines already; copied from the page, it has to be whole
_HINT: Final = "Install it with: pip install 'unseen[court]'."


def pdf_of(parts: Sequence[Part], made_at: datetime) -> bytes:
    """The document.  Raises: Misconfigured where the extra `court` is not installed."""
    try:
        import noto_cjk_sans_otc
        import typst
    except ImportError:
        raise Misconfigured("Documents for courts need Typst and a font.", hint=_HINT) from None
    data = json.dumps([_data(part) for part in parts], ensure_ascii=False)
    with as_file(noto_cjk_sans_otc.FONT_PATH) as font:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(font.parent)])
        return typst.compile(
            _TEMPLATE.read_bytes(),
            font_paths=fonts,
            sys_inputs={"parts": data},
            pdf_standards=["a-2u"],
            timestamp=made_at.replace(microsecond=0),
        )


def _data(part: Part) -> dict[str, Any]:
    said = words(part.language)
    written: dict[str, Any] = _shown(asdict(part))
    for section, of in zip(written["sections"], part.sections, strict=True):
        for block, kind in zip(section["blocks"], of.blocks, strict=True):
            block["kind"] = type(kind).__name__
    return {**written, "typst": dict(said.typst), "footer": said.notice["footer"], "page": said.notice["page"]}


def _shown(value: Any) -> Any:  # noqa: ANN401  records as dicts, lists and texts
    """``value`` with every text in it as the font can show it."""
    if isinstance(value, str):
        return value if _FIGURE.fullmatch(value) else breakable(_with_glyphs(value))
    if isinstance(value, dict):
        return {name: _shown(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(inner) for inner in value]
    return value


def _with_glyphs(text: str) -> str:
    """``text`` with what the font has no picture of (emoji, some scripts) written out."""
    return "".join(c if c == "\n" or ord(c) in _characters() else code_point(c) for c in text)


def breakable(text: str) -> str:
    """Places to break a line in what has none for too long: addresses, names without spaces."""
    pieces, run = [], 0
    for character in text:
        run = 0 if character.isspace() or ord(character) >= _CJK else run + 1
        if run > _LONGEST_RUN:
            pieces.append(_BREAK)
            run = 1
        pieces.append(character)
    return "".join(pieces)


@cache
def _characters() -> frozenset[int]:
    """What the font has."""
    import noto_cjk_sans_otc
    from fontTools.ttLib import TTFont

    with as_file(noto_cjk_sans_otc.FONT_PATH) as font, TTFont(font, fontNumber=0, lazy=True) as opened:
        return frozenset(opened.getBestCmap())
