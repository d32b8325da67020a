"""The JSON forms of a screening: what may be sent instead of a picture, and what is answered."""

from collections.abc import Iterator
from typing import Annotated, Final, Self

import numpy as np
from pydantic import Field

from unseen.act import Segment
from unseen.act.records import Finding, Matched
from unseen.bank.records import EntryState, Purpose, Response
from unseen.base import BadRequest
from unseen.desk.screen import Glimpse, LookedAlone, Query, Screened
from unseen.desk.sought_regions import SoughtRegions
from unseen.fingerprint.records import Kind, View
from unseen.fingerprint.region.records import MOST_SOUGHT
from unseen.http.shapes import BoxOut, FingerprintIn, In, Out, Place

_MAX_FINGERPRINTS: Final = 64


class SoughtIn(FingerprintIn):
    """A fingerprint of an upload, and how the upload was turned for it."""

    view: View | None = Field(default=None, description="For `pdq`; `upright` where it is not said.")

    def query(self) -> Query:
        """Raises: BadFingerprint; BadRequest for one of regions, which is what a bank keeps, not what an upload has."""
        fingerprint = self.record()
        if fingerprint.kind is Kind.REGION:
            raise BadRequest("An upload's regions are not sent as a fingerprint.", hint="Send them as `regions`.")
        if fingerprint.kind is Kind.FRAME:
            raise BadRequest("An upload's frames are not sent as a fingerprint.", hint="Send the video.")
        view = (self.view or View.UPRIGHT) if fingerprint.kind.is_perceptual else None
        return Query(fingerprint=fingerprint, view=view)


class RegionsIn(In):
    """An upload's regions, as docs/region-fingerprint.md says to make them; row by row in every list."""

    codes: str = Field(pattern="^([0-9a-fA-F]{64})+$", max_length=64 * MOST_SOUGHT, description="Hexadecimal, joined.")
    mirrored_codes: str = Field(
        pattern="^([0-9a-fA-F]{64})+$", max_length=64 * MOST_SOUGHT, description="Of the same regions, mirrored."
    )
    places: tuple[tuple[float, float, float], ...] = Field(
        max_length=MOST_SOUGHT, description="Of each region: x and y of its centre and its side, in pixels."
    )
    turns: tuple[Annotated[int, Field(ge=0, lt=512)], ...] = Field(
        max_length=MOST_SOUGHT, description="Of each region: its direction, in 512ths of a turn."
    )
    details: tuple[Annotated[int, Field(ge=0, le=100)], ...] = Field(max_length=MOST_SOUGHT)
    width: int = Field(ge=1, le=1 << 16, description="Of the picture in whose pixels places are.")
    height: int = Field(ge=1, le=1 << 16)

    def record(self) -> SoughtRegions:
        """Raises: BadRequest for lists of different lengths, or places outside the picture."""
        codes, mirrored_codes = (
            np.frombuffer(bytes.fromhex(text), np.uint8).reshape(-1, 32) for text in (self.codes, self.mirrored_codes)
        )
        return SoughtRegions.sent(
            codes,
            mirrored_codes,
            places=np.array(self.places, np.float32).reshape(-1, 3),
            turns=np.array(self.turns, np.uint16),
            details=np.array(self.details, np.uint8),
            height=self.height,
            width=self.width,
        )


class FingerprintsIn(In):
    """An upload's fingerprints, computed where the upload is."""

    fingerprints: tuple[SoughtIn, ...] = Field(min_length=1, max_length=_MAX_FINGERPRINTS)
    regions: RegionsIn | None = Field(
        default=None, description="Compared where nothing else decides, unless this node does not look for regions."
    )
    place: Place | None = Field(default=None, description="Your own word for where it was posted.")


class SegmentOut(Out):
    """Seconds of the upload that show seconds of a banked video, or a banked picture."""

    upload_s: tuple[float, float] | None = Field(description="From and to; null where the upload is a picture.")
    item_s: tuple[float, float] | None = Field(description="Of the banked video; null where a picture is banked.")
    speed: float = Field(description="Seconds of the item in one of the upload; below 0 where it runs backwards.")
    frames: int = Field(description="How many of the upload's frames that were looked at agree.")

    @classmethod
    def of(cls, segment: Segment) -> Self:
        """The same, for people: to the hundredth of a second."""
        upload_s, item_s = (
            None if span is None else (round(span[0], 2), round(span[1], 2))
            for span in (segment.upload_s, segment.item_s)
        )
        return cls(upload_s=upload_s, item_s=item_s, speed=segment.speed, frames=segment.frames)


class HitOut(Out):
    """One entry that the upload is near to."""

    id: str | None = Field(
        description="What to name when you say what it was: `POST /v1/hits/{id}/decision`; null where it was not kept."
    )
    bank: str | None = Field(description="Null where the store is away.")
    entry: int
    distance: int = Field(description="Bits that differ, of 256; 0 for the same file.")
    view: View | None = Field(
        description="How the upload is turned against the entry; null for the same file; for `regions` only whether it "
        "is mirrored is known."
    )
    matched: Matched = Field(
        description="What of the upload: its `file`, the whole `picture`, an `inset` (a picture set inside it), or "
        "`regions` (parts of one); of a video, a `segment` of it, or a `still` (one frame alone)."
    )
    regions: int = Field(description="How many parts agree; 0 where a whole file or picture matched.")
    box: BoxOut | None = Field(description="The part of the upload that matched; null for all of it.")
    segments: tuple[SegmentOut, ...] = Field(
        description="Which seconds, in their order, where the upload or what is banked is a video; else empty."
    )
    standing: str = Field(
        description="`confirmed`, `unconfirmed`, `disputed`, or `harmless`; `unknown` where the store is away."
    )

    @classmethod
    def of(cls, finding: Finding, hit_id: str | None) -> Self:
        """Without its provenance: a platform never learns who asked."""
        if finding.bank.purpose is Purpose.ALLOW:
            standing = "harmless"
        elif finding.entry.state is EntryState.DISPUTED:
            standing = "disputed"
        else:
            standing = "confirmed" if finding.entry.is_confirmed else "unconfirmed"
        return cls(
            id=hit_id,
            bank=finding.bank.name,
            entry=finding.entry.id,
            distance=finding.distance,
            view=finding.view,
            matched=finding.matched,
            regions=finding.regions,
            box=BoxOut.of(finding.box),
            segments=tuple(map(SegmentOut.of, finding.segments)),
            standing=standing,
        )

    @classmethod
    def glimpsed(cls, glimpse: Glimpse) -> Self:
        """What is known of it without the store."""
        return cls(
            id=None,
            bank=None,
            entry=glimpse.entry_id,
            distance=glimpse.distance,
            view=glimpse.view,
            matched=glimpse.matched,
            regions=glimpse.regions,
            box=BoxOut.of(glimpse.box),
            segments=(),
            standing="unknown",
        )


class ScreenedOut(Out):
    """What to do with an upload, and why.  A match is a reason to look, never proof."""

    verdict: Response
    reasons: tuple[str, ...]
    hits: tuple[HitOut, ...]
    as_of_seq: int = Field(description="The bank's seq that the answer took into account.")
    note: str | None = Field(description="What limits this answer, if anything does.")
    timing_ms: dict[str, float] | None = Field(
        description="Milliseconds in each stage, with `?timing=true`. `decode`, `hash` and `digest` are within "
        "`fingerprint`, the last beside the other two; `insets`, `region`, `region_search`, `second_region`, "
        "`second_region_search`, `cell_region` and `cell_region_search` are each there where nothing was decided "
        "before it; `total` is from the request's head to its answer."
    )

    @classmethod
    def of(cls, answer: Screened | LookedAlone, stages_s: dict[str, float] | None) -> Self:
        """The answer."""
        verdict = answer.verdict
        return cls(
            verdict=verdict.response,
            reasons=verdict.reasons,
            hits=_hits(answer),
            as_of_seq=answer.as_of_seq,
            note=" ".join(_notes(answer)) or None,
            timing_ms=None if stages_s is None else {stage: round(s * 1e3, 3) for stage, s in stages_s.items()},
        )


def _hits(answer: Screened | LookedAlone) -> tuple[HitOut, ...]:
    if isinstance(answer, LookedAlone):
        return tuple(map(HitOut.glimpsed, answer.glimpses))
    return tuple(
        HitOut.of(finding, sighting.hit_id if answer.is_recorded else None)
        for finding, sighting in zip(answer.verdict.findings, answer.sightings, strict=True)
    )


def _notes(answer: Screened | LookedAlone) -> Iterator[str]:
    if answer.is_featureless:
        yield "Too little in the picture to compare it: only copies of the very file were looked for."
    if isinstance(answer, LookedAlone):
        yield "The store is away: this is what was known at as_of_seq, and no hit was recorded."
    elif not answer.is_recorded:
        yield "The hits could not be recorded: no decision on them can be taken down."
