import hashlib
from datetime import UTC, datetime

import pytest

from unseen.act import Finding, decide
from unseen.bank import Bank, Confirmation, Entry, EntryState, Provenance, Response, Source, SourceKind
from unseen.bank.records import Ending
from unseen.fingerprint.records import Box, Fingerprint, Kind, View

NOW = datetime(2026, 3, 1, tzinfo=UTC)
#: PDQ codes of a picture like most, of a plain one, and of an outline alone.
SCENE = hashlib.sha256(b"a scene").digest()
PLAIN, OUTLINE = SCENE[:22] + bytes(10), bytes(32)
PROTECT, HARMLESS = Bank(name="cases"), Bank.allowing("harmless")


def finding(
    bank: Bank = PROTECT,
    *,
    confirmed: bool = False,
    confirmed_ended: bool = False,
    state: EntryState = EntryState.ACTIVE,
    distance: int = 3,
    view: View | None = View.MIRRORED,
    entry_id: int = 1,
    box: Box | None = None,
    regions: int = 0,
    kind: Kind = Kind.PDQ,
    code: bytes = SCENE,
) -> Finding:
    vouched = Confirmation(by="ann", at=NOW)
    source = Source(kind=SourceKind.CASE, ref="K7PD-4TQ9-X2MB", item=1)
    provenances = [Provenance(source=source, since=NOW, confirmed=vouched if confirmed else None)]
    if confirmed_ended:
        ended = Ending(at=NOW, reason="withdrawn")
        provenances.append(Provenance(source=source, since=NOW, confirmed=vouched, ended=ended))
    entry = Entry(
        id=entry_id,
        bank=bank.name,
        fingerprint=Fingerprint(kind=kind, code=code, quality=90 if kind is Kind.PDQ else None),
        state=state,
        provenances=tuple(provenances),
    )
    return Finding(entry=entry, bank=bank, distance=distance, view=view, box=box, regions=regions)


def test_nothing_found_is_allowed() -> None:
    assert decide([]).response is Response.ALLOW


def test_an_entry_that_nobody_confirmed_asks_for_a_person_and_never_blocks_by_default() -> None:
    verdict = decide([finding()])
    assert verdict.response is Response.REVIEW
    assert verdict.reasons == (
        "Near an entry of bank cases that nobody has confirmed yet (3 of 256 bits apart, mirrored).",
    )


def test_a_confirmed_entry_blocks() -> None:
    verdict = decide([finding(), finding(confirmed=True, entry_id=2)])
    assert verdict.response is Response.BLOCK
    assert verdict.findings[0].entry.id == 2


def test_a_confirmation_ends_with_the_claim_that_it_vouched_for() -> None:
    assert decide([finding(confirmed_ended=True)]).response is Response.REVIEW


def test_a_disputed_entry_asks_for_a_person_even_when_confirmed() -> None:
    verdict = decide([finding(confirmed=True, state=EntryState.DISPUTED)])
    assert verdict.response is Response.REVIEW
    assert "disputed" in verdict.reasons[0]


def test_a_known_harmless_picture_never_blocks_and_says_so() -> None:
    verdict = decide([finding(HARMLESS, confirmed=True)])
    assert verdict.response is Response.ALLOW
    assert "harmless" in verdict.reasons[0]


def test_a_known_harmless_picture_is_not_held_on_one_strangers_word() -> None:
    assert decide([finding(HARMLESS), finding(entry_id=2)]).response is Response.ALLOW


def test_an_allow_bank_does_not_undo_a_reviewers_word() -> None:
    assert decide([finding(HARMLESS), finding(confirmed=True, entry_id=2)]).response is Response.BLOCK


@pytest.mark.parametrize("response", Response)
def test_operators_set_the_response_of_each_bank(response: Response) -> None:
    bank = Bank(name="strict", on_unconfirmed=response, on_confirmed=response)
    assert decide([finding(bank)]).response is response
    assert decide([finding(bank, confirmed=True)]).response is response


def test_a_reason_never_names_a_case() -> None:
    assert "K7PD" not in " ".join(decide([finding(), finding(confirmed=True)]).reasons)


def test_the_same_file_says_so() -> None:
    assert "(the same file)" in decide([finding(view=None, distance=0)]).reasons[0]


def test_a_flood_of_findings_is_cut_and_said_to_be() -> None:
    verdict = decide([finding(entry_id=i) for i in range(1, 101)])
    assert len(verdict.findings) == 32
    assert verdict.reasons[-1] == "And 68 more entries."


HERE, THERE = Box(left=0.0, top=0.0, width=0.5, height=1.0), Box(left=0.5, top=0.0, width=0.5, height=1.0)


def test_regions_alone_never_block_unless_the_bank_says_so() -> None:
    strict = Bank(name="cases", on_region=Response.BLOCK)
    assert decide([finding(confirmed=True, regions=5, box=HERE)]).response is Response.REVIEW
    assert decide([finding(strict, confirmed=True, regions=5, box=HERE)]).response is Response.BLOCK
    assert decide([finding(strict, regions=5, box=HERE)]).response is Response.REVIEW
    mild = Bank(name="cases", on_region=Response.ALLOW)
    assert decide([finding(mild, confirmed=True, regions=5, box=HERE)]).response is Response.ALLOW


def test_a_picture_set_inside_is_the_picture() -> None:
    verdict = decide([finding(confirmed=True, box=HERE)])
    assert verdict.response is Response.BLOCK
    assert verdict.reasons == (
        "Part of this upload is near an entry of bank cases that a reviewer or a trusted source confirmed "
        "(3 of 256 bits apart, mirrored).",
    )


def test_reasons_say_that_it_was_a_part() -> None:
    verdict = decide([finding(regions=1), finding(entry_id=2, regions=4, view=View.UPRIGHT, distance=7)])
    assert verdict.reasons == (
        "Part of this upload is near an entry of bank cases that nobody has confirmed yet "
        "(1 region agrees, the nearest 3 of 256 bits apart, mirrored).",
        "Part of this upload is near an entry of bank cases that nobody has confirmed yet "
        "(4 regions agree, the nearest 7 of 256 bits apart).",
    )


def test_a_harmless_picture_set_inside_lifts_nothing_but_what_is_in_the_same_place() -> None:
    meme = finding(HARMLESS, entry_id=2, box=HERE)
    assert decide([meme, finding(box=HERE)]).response is Response.ALLOW
    assert decide([meme, finding(box=THERE)]).response is Response.REVIEW
    assert decide([meme, finding()]).response is Response.REVIEW
    assert decide([meme, finding(regions=3, box=THERE)]).response is Response.REVIEW
    assert decide([meme, finding(box=HERE), finding(box=THERE)]).response is Response.REVIEW
    whole = finding(HARMLESS, entry_id=2)
    assert decide([whole, finding(box=THERE)]).response is Response.ALLOW


def test_an_entry_that_matched_in_several_places_is_listed_once() -> None:
    verdict = decide([finding(box=HERE, distance=9), finding(box=THERE, distance=2), finding(entry_id=2, distance=5)])
    assert [(f.entry.id, f.distance) for f in verdict.findings] == [(1, 2), (2, 5)]
    assert len(verdict.reasons) == 2


def test_a_match_that_may_be_chance_asks_for_a_person_and_says_why() -> None:
    verdict = decide([finding(confirmed=True, code=OUTLINE)])
    assert verdict.response is Response.REVIEW
    assert verdict.reasons == (
        "Near an entry of bank cases that a reviewer or a trusted source confirmed "
        "(3 of 256 bits apart, mirrored; its outline is so plain that other pictures have one like it).",
    )
    strict = Bank(name="strict", on_unconfirmed=Response.BLOCK)
    assert decide([finding(strict, code=OUTLINE)]).response is Response.REVIEW


def test_a_plain_picture_that_was_only_saved_anew_is_blocked() -> None:
    assert decide([finding(confirmed=True, code=PLAIN, distance=12)]).response is Response.BLOCK
    assert decide([finding(confirmed=True, code=PLAIN, distance=14)]).response is Response.REVIEW
    assert decide([finding(confirmed=True, code=SCENE, distance=31)]).response is Response.BLOCK


def test_the_same_file_is_never_chance() -> None:
    same = finding(confirmed=True, kind=Kind.SHA256, code=OUTLINE, view=None, distance=0)
    assert decide([same, finding(confirmed=True, code=OUTLINE, entry_id=2)]).response is Response.BLOCK


def test_a_doubtful_match_takes_nothing_from_a_sure_one() -> None:
    both = [finding(confirmed=True, code=OUTLINE, distance=0), finding(confirmed=True, distance=20, entry_id=2)]
    assert decide(both).response is Response.BLOCK
    assert decide([finding(HARMLESS, code=OUTLINE)]).response is Response.ALLOW
