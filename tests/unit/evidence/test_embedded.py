"""A picture that is spelled out within text does not come into a pack by that way."""

import base64
import time

import pytest

from support.pictures import draw, saved
from unseen.evidence.chats.embedded import without_embedded

PICTURE = saved(draw(64, 48), "JPEG")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "HEIF"])
def test_pictures_leave_their_digest(kind: str) -> None:
    spelled = base64.b64encode(saved(draw(64, 48), kind)).decode()
    text = without_embedded(f'<img src="data:image/x;base64,{spelled}"> and more')
    assert spelled[:100] not in text
    assert text.startswith('<img src="data:image/x;base64,[')
    assert text.endswith('"> and more')
    assert "SHA-256" in text


def test_lines_of_mime_are_one_picture() -> None:
    spelled = base64.encodebytes(PICTURE).decode()
    text = without_embedded(f"see:\n{spelled}\nend")
    assert spelled[77:150] not in text
    assert text.endswith("end")


@pytest.mark.parametrize(
    "text", ["a" * 5000, "ha" * 600, base64.b64encode(b"just a long note " * 40).decode(), "短" * 999]
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert without_embedded(text) == text


def test_it_takes_no_longer_for_text_made_to_be_slow() -> None:
    begun = time.perf_counter()
    without_embedded(("A" * 255 + " ") * 20_000)
    without_embedded(("A" * 59 + "\n") * 80_000)
    assert time.perf_counter() - begun < 5
