import pytest

from unseen.bank import Bank, EntryEvent, EntryState, Purpose, Response, next_state
from unseen.bank.records import MAX_RADIUS_BITS
from unseen.base import BadRequest, Conflict


@pytest.mark.parametrize("event", [event for event in EntryEvent if event is not EntryEvent.ERASED])
def test_a_retired_entry_can_only_be_erased(event: EntryEvent) -> None:
    with pytest.raises(Conflict, match="retired"):
        next_state(EntryState.RETIRED, event)


def test_a_disputed_entry_that_is_confirmed_is_active_again() -> None:
    assert next_state(EntryState.ACTIVE, EntryEvent.DISPUTED) is EntryState.DISPUTED
    assert next_state(EntryState.DISPUTED, EntryEvent.CONFIRMED) is EntryState.ACTIVE


def test_another_claim_does_not_end_a_dispute() -> None:
    assert next_state(EntryState.DISPUTED, EntryEvent.JOINED) is EntryState.DISPUTED


def test_a_bank_of_harmless_pictures_cannot_block() -> None:
    with pytest.raises(BadRequest, match="harmless"):
        Bank(name="memes", purpose=Purpose.ALLOW)
    assert Bank.allowing("memes").on_confirmed is Response.ALLOW


@pytest.mark.parametrize("name", ["", "Upper", "-x", "a b", "x" * 64, "ü", "a/b"])
def test_a_banks_name_is_plain(name: str) -> None:
    with pytest.raises(BadRequest, match="name"):
        Bank(name=name)


@pytest.mark.parametrize("radius_bits", [-1, MAX_RADIUS_BITS + 1])
def test_a_radius_beyond_sense_is_refused(radius_bits: int) -> None:
    with pytest.raises(BadRequest, match="radius"):
        Bank(name="x", radius_bits=radius_bits)
