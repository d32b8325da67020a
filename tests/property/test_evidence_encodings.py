"""One record, one spelling; DER as written is as read; a stream comes out of age as it went in, or not at all."""

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.base import BadPack, WrongKey
from unseen.evidence import der
from unseen.evidence.age import Identity, decrypting, encrypting
from unseen.evidence.canonical import Spelling, canonical
from unseen.evidence.records import Lane, Rules

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(LEAVES, lambda v: st.lists(v, max_size=4) | st.dictionaries(NAMES, v, max_size=4), max_leaves=12)
RULES = Spelling(Rules, "The rules")
IDENTITY = Identity.new()


def turned(value: Any) -> Any:
    """The same, with every object's names in another order."""
    if isinstance(value, dict):
        return {name: turned(inner) for name, inner in reversed(value.items())}
    return [turned(inner) for inner in value] if isinstance(value, list) else value


@given(VALUES)
def test_the_order_of_names_changes_nothing_and_nothing_is_lost(value: Any) -> None:
    text = canonical(value)
    assert canonical(turned(value)) == text
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


def test_what_rfc_8785_shows_is_written_so() -> None:
    """Its example of strings and literals (3.2.4), without the numbers that records never have."""
    value = {"string": '€$\u000f\nA\'B"\\\\"/', "literals": [None, True, False], "1": {"\r": "\u0080"}}
    assert canonical(value).decode() == (
        '{"1":{"\\r":"\u0080"},"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, {"é": 1}, {1: 1}, ["\ud800"], {"a": [0.1]}])
def test_what_could_be_written_in_two_ways_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"canonical JSON|surrogates"):
        canonical(value)


@pytest.mark.parametrize(
    "text",
    [
        b'{"jurisdiction":"cn","keep_originals":true,"lane":"adult","more":1}',
        b'{"jurisdiction":"cn","keep_originals":true,"lane":"adult","lane":"minor"}',
        b'{"jurisdiction":"cn", "keep_originals":true,"lane":"adult"}',
        b'{"keep_originals":true,"jurisdiction":"cn","lane":"adult"}',
        b'{"jurisdiction":"cn","keep_originals":"yes","lane":"adult"}',
        b'{"jurisdiction":"cn","keep_originals":true,"lane":"other"}',
        b'{"jurisdiction":"c\\u006e","keep_originals":true,"lane":"adult"}',
        b'{"jurisdiction":"cn","keep_originals":true}',
        b"[]",
        b"",
        b"\xff",
    ],
)
def test_a_record_that_is_spelled_otherwise_is_refused(text: bytes) -> None:
    right = Rules(lane=Lane.ADULT, jurisdiction="cn", keep_originals=True)
    assert RULES.read(b'{"jurisdiction":"cn","keep_originals":true,"lane":"adult"}') == right
    with pytest.raises(BadPack, match="The rules"):
        RULES.read(text)


@given(st.lists(st.binary(max_size=200), max_size=4), st.sampled_from([0x30, 0x31, 0xA0]))
def test_der_is_read_as_it_was_written(contents: list[bytes], tag: int) -> None:
    parts = [der.write(0x04, [content]) for content in contents]
    value = der.read(der.write(tag, parts) + b"what follows")
    assert value.tag == tag
    assert [part.content for part in value.parts()] == contents
    assert value.whole == der.write(tag, [part.whole for part in value.parts()])


@given(st.binary(max_size=60))
def test_der_of_anything_is_read_or_refused(data: bytes) -> None:
    try:
        value = der.read(data)
    except ValueError:
        return
    assert data.startswith(value.whole)


@settings(max_examples=40)
@given(size=st.integers(0, 200_000), kept=st.integers(0, 999))
def test_a_stream_comes_out_whole_or_not_at_all(size: int, kept: int) -> None:
    plain = bytes(size)
    sealed = BytesIO()
    with encrypting(sealed, [IDENTITY.recipient]) as sink:
        sink.write(plain)
    with decrypting(BytesIO(sealed.getvalue()), IDENTITY) as stream:
        assert stream.read() == plain
    cut = sealed.getvalue()[: len(sealed.getvalue()) * kept // 1000]
    with pytest.raises(WrongKey), decrypting(BytesIO(cut), IDENTITY) as stream:
        stream.read(10)  # whoever stops early is told all the same


def test_whoever_stops_reading_is_told_of_what_comes_after() -> None:
    sealed = BytesIO()
    sealed_into(sealed, pieces=64)
    with pytest.raises(WrongKey), decrypting(BytesIO(sealed.getvalue()[:-1]), IDENTITY) as stream:
        assert stream.read(10) == bytes(10)


class Full:
    """A disk without room."""

    def write(self, _: bytes) -> int:
        raise OSError(28, "No space left on device")


def sealed_into(target: Any, *, pieces: int = 1, then: type[Exception] | None = None) -> None:
    with encrypting(target, [IDENTITY.recipient]) as sink:
        for _ in range(pieces):
            sink.write(bytes(1 << 16))
        if then is not None:
            raise then


def test_what_went_wrong_on_either_side_is_what_is_raised() -> None:
    with pytest.raises(OSError, match="No space"):
        sealed_into(Full(), pieces=100)
    with pytest.raises(KeyError):
        sealed_into(BytesIO(), then=KeyError)
    good = BytesIO()
    sealed_into(good, pieces=100)
    with pytest.raises(KeyError), decrypting(BytesIO(good.getvalue()), IDENTITY):
        raise KeyError
