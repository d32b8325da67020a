"""``unseen bank``: what is protected, who asked for it, and what people judged of it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unseen.base import Conflict
from unseen.cli import bank_lists
from unseen.cli.node import opened_node
from unseen.cli.terminal import columns, plain, remark, say, show

if TYPE_CHECKING:
    from unseen.bank.records import Bank, Entry, Provenance
    from unseen.desk.ports import Reader
    from unseen.desk.review_entries import Judgement

app = typer.Typer(no_args_is_help=True, help="See, fill and judge the banks of fingerprints.")

Reply = Literal["allow", "review", "block"]

_Bank = Annotated[str, typer.Argument(metavar="BANK", help="The bank's name.")]
_Ids = Annotated[
    list[int], typer.Argument(metavar="ENTRY", help="Entry numbers, as `unseen bank list BANK` shows them.", min=1)
]
_Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]
_By = Annotated[str, typer.Option("--by", help="Who says so; it is kept with the change.")]
_Radius = Annotated[int | None, typer.Option(help="How many of 256 bits may differ in a match, 0 to 64.")]
_Unconfirmed = Annotated[Reply | None, typer.Option(help="What an entry that nobody confirmed asks for.")]
_Confirmed = Annotated[Reply | None, typer.Option(help="What a confirmed entry asks for.")]
_OnRegion = Annotated[Reply | None, typer.Option(help="What an entry asks for at most where only parts match.")]


@app.command("list")
def list_(
    bank: Annotated[
        str | None, typer.Argument(metavar="BANK", help="Show this bank's entries instead of all banks.")
    ] = None,
    state: Annotated[
        Literal["active", "disputed", "retired"] | None, typer.Option(help="Only entries in this state.")
    ] = None,
    after: Annotated[int, typer.Option(min=0, help="Only entries with a higher number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many entries.")] = 100,
) -> None:
    """Show all banks, or the entries of one."""
    from unseen.bank.records import EntryState

    with opened_node() as node, node.store.read() as reader:
        if bank is None:
            _list_banks(reader)
            return
        wanted = None if state is None else EntryState(state)
        entries = reader.list_entries(bank, after_id=after, limit=limit, state=wanted)
    table = columns(
        "Entry", "Kind", "State", "Confirmed", "Since", "Asked for by", right=["Entry"], fold=["Asked for by"]
    )
    for entry in entries:
        table.add_row(*_entry_cells(entry))
    if not entries:
        say("There are no such entries.")
        return
    show(table)
    if len(entries) == limit:
        remark(f"There may be more: add --after {entries[-1].id}")


@app.command()
def new(
    bank: _Bank,
    purpose: Annotated[
        Literal["protect", "allow"],
        typer.Option(help="protect: pictures that must not spread; allow: known harmless ones, which never block."),
    ] = "protect",
    radius: _Radius = None,
    on_unconfirmed: _Unconfirmed = None,
    on_confirmed: _Confirmed = None,
    on_region: _OnRegion = None,
) -> None:
    """Make a bank.

    Unless said otherwise, its unconfirmed entries ask for review, its confirmed ones block;
    where only parts of a picture match, review is the most.
    """
    from unseen.bank.records import Bank, Purpose

    fresh = Bank.allowing(bank) if Purpose(purpose) is Purpose.ALLOW else Bank(name=bank)
    fresh = _changed(fresh, radius, on_unconfirmed, on_confirmed, on_region)
    with opened_node() as node, node.store.write() as tx:
        if any(held.name == bank for held in tx.banks()):
            raise Conflict(f"There is a bank {bank} already.", hint="Change it with `unseen bank set`.")
        tx.put_bank(fresh)
    say(f"Bank {bank} is made: {_policy(fresh)}.")


@app.command("set")
def set_(
    bank: _Bank,
    radius: _Radius = None,
    on_unconfirmed: _Unconfirmed = None,
    on_confirmed: _Confirmed = None,
    on_region: _OnRegion = None,
) -> None:
    """Change a bank's radius, or what its entries ask for."""
    with opened_node() as node, node.store.write() as tx:
        changed = _changed(tx.bank(bank), radius, on_unconfirmed, on_confirmed, on_region)
        tx.put_bank(changed)
    say(f"Bank {bank}: {_policy(changed)}.")


@app.command()
def confirm(ids: _Ids, reason: _Reason, by: _By = "operator") -> None:
    """Vouch for entries: from now on they ask for more, usually to block."""
    from unseen.desk.review_entries import Judgement

    _judge(ids, Judgement.CONFIRM, "confirmed", reason, by)


@app.command()
def dispute(ids: _Ids, reason: _Reason, by: _By = "operator") -> None:
    """Mark entries as disputed: they do not block until confirmed."""
    from unseen.desk.review_entries import Judgement

    _judge(ids, Judgement.DISPUTE, "disputed", reason, by)


@app.command()
def retire(ids: _Ids, reason: _Reason, by: _By = "operator") -> None:
    """End every claim on entries: they match nothing any more.

    Their codes are erased after UNSEEN_ERASE_AFTER_DAYS (30 if not set).
    """
    from unseen.desk.review_entries import Judgement

    _judge(ids, Judgement.RETIRE, "retired", reason, by)


app.command("add")(bank_lists.add)
app.command("import")(bank_lists.import_)
app.command("export")(bank_lists.export)


def _judge(ids: list[int], judgement: "Judgement", done: str, reason: str, by: str) -> None:
    from unseen.desk.review_entries import review_entries

    with opened_node() as node:
        review_entries(ids, judgement, actor=by, reason=reason, store=node.store, clock=node.clock)
    numbers = ", ".join(str(i) for i in ids)
    say(f"Entry {numbers} is {done}." if len(ids) == 1 else f"Entries {numbers} are {done}.")


def _changed(
    bank: "Bank",
    radius: int | None,
    on_unconfirmed: Reply | None,
    on_confirmed: Reply | None,
    on_region: Reply | None,
) -> "Bank":
    from unseen.bank.records import Response

    return replace(
        bank,
        radius_bits=bank.radius_bits if radius is None else radius,
        on_unconfirmed=bank.on_unconfirmed if on_unconfirmed is None else Response(on_unconfirmed),
        on_confirmed=bank.on_confirmed if on_confirmed is None else Response(on_confirmed),
        on_region=bank.on_region if on_region is None else Response(on_region),
    )


def _policy(bank: "Bank") -> str:
    return (
        f"{bank.purpose.value}, within {bank.radius_bits} bits, "
        f"unconfirmed {bank.on_unconfirmed.value}, confirmed {bank.on_confirmed.value}, "
        f"by parts at most {bank.on_region.value}"
    )


def _list_banks(reader: "Reader") -> None:
    from unseen.bank.records import Purpose, Response

    counts = {(tally.bank, tally.state.value): tally.entries for tally in reader.tallies()}
    states = ("active", "disputed", "retired")
    table = columns(
        "Bank",
        "Purpose",
        "Bits",
        "Unconfirmed",
        "Confirmed",
        *(s.title() for s in states),
        right=["Bits", *(s.title() for s in states)],
        fold=["Bank"],
    )
    for bank in reader.banks():
        table.add_row(
            bank.name,
            bank.purpose.value,
            str(bank.radius_bits),
            bank.on_unconfirmed.value,
            bank.on_confirmed.value,
            *(str(counts.get((bank.name, state), 0)) for state in states),
        )
    show(table)
    for bank in reader.banks():
        if bank.on_region is not Response.REVIEW and bank.purpose is Purpose.PROTECT:
            say(f"Bank {bank.name}: where only parts of a picture match, {bank.on_region.value} is the most.")


def _entry_cells(entry: "Entry") -> tuple[str, ...]:
    """One row; case numbers are shown, since this is the operator's own store."""
    live = [p for p in entry.provenances if p.is_live]
    confirmers = sorted({p.confirmed.by for p in live if p.confirmed is not None})
    since = min((p.since for p in entry.provenances), default=None)
    return (
        str(entry.id),
        "erased" if entry.fingerprint is None else entry.fingerprint.kind.value,
        entry.state.value,
        plain(", ".join(confirmers)) or "nobody",
        "" if since is None else f"{since:%Y-%m-%d}",
        plain("; ".join(_asker(p) for p in live)) or "nobody any more",
    )


def _asker(provenance: "Provenance") -> str:
    source = provenance.source
    item = "" if source.item is None else f" item {source.item}"
    return f"{source.kind.value} {source.ref}{item}"
