"""The JSON forms that several routes share.  What comes in is strict; unknown fields are refused."""

from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from unseen.fingerprint.records import Box, Fingerprint, Kind

MAX_ID: Final = 2**63 - 1

#: A line of people's text: something in it, no control characters.
Words = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"),
]
Place = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class In(BaseModel):
    """What callers send."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True, strict=True)


class Out(BaseModel):
    """What the service answers."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)


class FingerprintIn(In):
    """A fingerprint computed elsewhere."""

    kind: Kind
    code: str = Field(
        pattern="^[0-9a-fA-F]+$",
        min_length=32,
        max_length=2 * max(kind.bytes_each * kind.most_codes for kind in Kind),
        description="Hexadecimal: 64 digits for `sha256` and `pdq`, 32 for `md5`; for `region` 64 for each of up to 96 "
        "distinct codes, ascending, then 8 for each in the same order: where it is; for `frame` (a video) 74 for each "
        "of up to 4,096 frames: its PDQ, its time in milliseconds (4 bytes, highest first), ascending, and its quality "
        "(1 byte).",
    )
    quality: int | None = Field(
        default=None, ge=0, le=100, description="PDQ's quality, needed for `pdq` and for nothing else."
    )

    def record(self) -> Fingerprint:
        """Raises: BadFingerprint."""
        return Fingerprint.from_hex(self.kind, self.code, self.quality)


class BoxOut(Out):
    """A part of a picture, set upright, as shares of it: 0 to 1."""

    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, box: Box | None) -> Self | None:
        """The box, rounded to what matters for blurring it."""
        if box is None:
            return None
        left, top, width, height = (round(share, 4) for share in (box.left, box.top, box.width, box.height))
        return cls(left=left, top=top, width=width, height=height)


class ErrorDetail(Out):
    """What happened, and what to do."""

    code: str = Field(description="The stable word that programs compare.")
    message: str = Field(description="What happened, for people.")
    hint: str = Field(default="", description="What to do about it; left out where there is nothing to do.")


class ErrorOut(Out):
    """The one shape of every error."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"example": {"error": {"code": "not_found", "message": "There is no such hit."}}}
    )

    error: ErrorDetail


PDQ_EXAMPLE: Final[dict[str, Any]] = {
    "kind": "pdq",
    "code": "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    "quality": 100,
}
SHA256_EXAMPLE: Final[dict[str, Any]] = {
    "kind": "sha256",
    "code": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
