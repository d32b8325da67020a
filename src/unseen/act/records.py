"""The nouns of acting: what was found, what to do, what a person then decided."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from unseen.bank.records import Bank, Entry, Response
from unseen.base import BadRequest, require_utc
from unseen.fingerprint.records import Box, View
from unseen.match.records import Segment


class Matched(StrEnum):
    """What of an upload matched."""

    FILE = "file"  #: its very bytes
    PICTURE = "picture"  #: the whole picture
    INSET = "inset"  #: a picture set inside it, as a whole
    REGIONS = "regions"  #: parts of a picture, somewhere in it
    SEGMENT = "segment"  #: seconds of a video
    STILL = "still"  #: one frame of a video alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One entry that an upload matched."""

    entry: Entry
    bank: Bank
    distance: int  #: bits; 0 for sha256 and md5; of the nearest for regions
    view: View | None  #: how the upload is turned; None for sha256 and md5, which know no turning
    box: Box | None = None  #: the part of the upload that matched; None for all of it, or where it is not known
    regions: int = 0  #: parts that agreed; 0 where a whole picture or file did.  Their view says mirrored or not only
    segments: tuple[Segment, ...] = ()  #: which seconds, where the upload or the entry is a video; in their order

    @property
    def matched(self) -> Matched:
        """What of the upload matched."""
        return matched_by(self.view, self.box, self.regions, self.segments)

    @property
    def is_near(self) -> bool:
        """Whether it is as near as its bank asks; seconds that agree again and again may each be farther away."""
        return self.distance <= self.bank.radius_bits


def matched_by(view: View | None, box: Box | None, regions: int, segments: tuple[Segment, ...] = ()) -> Matched:
    """What of an upload matched where these are as in a ``Finding``."""
    if regions:
        return Matched.REGIONS
    if any(segment.upload_s is not None for segment in segments):
        return Matched.SEGMENT if sum(segment.frames for segment in segments) > 1 else Matched.STILL
    if view is None:
        return Matched.FILE
    return Matched.PICTURE if box is None else Matched.INSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do with an upload, and why, in words a person can read."""

    response: Response
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]  #: strongest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where and when a hit was seen; never the picture, its fingerprint or its sender."""

    hit_id: str  #: random; what a platform names when it decides
    entry_id: int
    bank: str
    response: Response
    distance: int
    view: View | None
    place: str | None  #: the platform's own word for where: a room, a channel
    platform: str  #: the token's name
    seen_at: datetime
    as_of_seq: int

    def __post_init__(self) -> None:
        require_utc(self.seen_at)


class DecisionKind(StrEnum):
    """What a reviewer found."""

    CONFIRMED = "confirmed"  #: it is the protected picture, and the protection is right
    WRONG = "wrong"  #: another picture altogether
    DISPUTED = "disputed"  #: the picture, but it should perhaps not be protected


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A reviewer's word on one hit, and what was done with the upload."""

    hit_id: str
    kind: DecisionKind
    done: str  #: ``removed``, ``left``, ``account closed``: the platform's own words
    by: str
    at: datetime

    def __post_init__(self) -> None:
        require_utc(self.at)
        if len(self.done) > 200:
            raise BadRequest("What was done is said in at most 200 characters.")
