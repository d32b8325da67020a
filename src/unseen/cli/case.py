"""``unseen case``: a person, or someone acting for her, asks for protection, looks at her case, takes it back."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from unseen.base import CaseRefused
from unseen.cli.errors import FOUND
from unseen.cli.node import opened_node
from unseen.cli.terminal import ask, ask_pin, columns, complain, remark, say, say_data, show, shown

if TYPE_CHECKING:
    from unseen.case.records import Item
    from unseen.case.statements import Statements
    from unseen.compose import Node
    from unseen.desk.open_case import OpenedCase
    from unseen.desk.show_case import ShownCase
    from unseen.fingerprint.records import Fingerprint

app = typer.Typer(no_args_is_help=True, help="Protect pictures: open a case, look at it, withdraw it.")

_WELCOME: Final = """\
This makes fingerprints of your pictures, here on this computer. The pictures
stay where they are: they are not copied, not stored and not sent.

Four short questions come first. No file is opened before they are answered.
You can stop at any time with Ctrl-C; nothing is kept then."""

_ACTING: Final = {
    "myself": "I am the person in the pictures.",
    "for-her": "I act for the person in the pictures, who agrees to it.",
}
_SHARING: Final = {
    "shared": "They were shared.",
    "threatened": "Someone threatens to share them.",
}
_CONSENT: Final = {
    "yes": "Yes, without consent.",
    "no": "No, with consent.",
}
_AGE: Final = {
    "adult": "18 or older.",
    "under-18": "Under 18.",
    "unknown": "I do not know.",
}

_Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The case number from your note.")]
_Acting = Annotated[
    Literal["myself", "for-her"] | None,
    typer.Option(metavar="ANSWER", help="Who opens the case: myself, or for-her with her agreement."),
]
_Sharing = Annotated[
    Literal["shared", "threatened"] | None,
    typer.Option(metavar="ANSWER", help="What happened to the pictures: shared or threatened."),
]
_Consent = Annotated[
    bool | None,
    typer.Option("--without-consent/--with-consent", help="Whether it was without the person's consent."),
]
_Age = Annotated[
    Literal["adult", "under-18", "unknown"] | None,
    typer.Option(metavar="ANSWER", help="How old the person was in them: adult, under-18 or unknown."),
]
_Json = Annotated[bool, typer.Option("--json", help="Answer as one JSON object, for programs.")]


@app.command("open")
def open_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Pictures and videos; a screenshot will do.", show_default=False),
    ] = None,
    kit_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Instead of pictures, what the offline kit saved on her device."),
    ] = None,
    acting: _Acting = None,
    sharing: _Sharing = None,
    without_consent: _Consent = None,
    age: _Age = None,
    whole_picture_only: Annotated[
        bool, typer.Option("--whole-picture-only", help="Keep no fingerprints of parts; cut-out copies are not found.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Protect pictures, and get a case number and a PIN.

    What the options do not say is asked; with --from, the file has the answers. Only
    fingerprints are kept, never a picture or a file's name: of the whole picture and, unless
    you say otherwise, of up to 96 parts of it; of a video, one for about every second.
    Exit code 1 when another service is the right one for these pictures.
    """
    from unseen.cli.kit_file import read_kit_file
    from unseen.desk.open_case import open_case

    if bool(files) == (kit_file is not None):
        raise typer.BadParameter("Name pictures, or with --from what the kit saved.")
    kit = None if kit_file is None else read_kit_file(kit_file)
    statements = _statements(acting, sharing, without_consent, age) if kit is None else kit.statements
    with opened_node() as node:
        try:
            opened = open_case(
                statements,
                _pictures(files or [], node, with_regions=not whole_picture_only) if kit is None else kit.pictures(),
                store=node.store,
                pins=node.pins,
                clock=node.clock,
                random_bits=node.random_bits,
            )
        except CaseRefused as refusal:
            _refer(refusal, statements)
            raise typer.Exit(FOUND) from None
    if as_json:
        say_data(
            {
                "case": str(opened.case.number),
                "pin": opened.pin.digits,
                "recovery_code": opened.recovery_code.text,
                "items": len(opened.case.items),
            }
        )
    else:
        _hand_over(opened)


@app.command("show")
def show_(
    number: _Number,
    file: Annotated[
        list[Path] | None, typer.Option("--file", help="Tell which item this file is; repeat it for several.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Look at a case.

    The PIN is asked for; where stdin is no terminal, a line of it is read.
    """
    from unseen.case.records import CaseNumber, Pin
    from unseen.desk.show_case import show_case

    files = file or []
    case_number = CaseNumber.parse(number)
    pin = Pin.parse(ask_pin())
    with opened_node() as node:
        chosen = _pictures(files, node, with_regions=False)
        seen = show_case(case_number, pin, files=chosen, store=node.store, pins=node.pins)
    if as_json:
        say_data(_as_data(seen, files))
    else:
        _describe(seen, files)


@app.command()
def withdraw(number: _Number) -> None:
    """Take a case back: from now on it protects nothing.

    The PIN is asked for; where stdin is no terminal, a line of it is read. A withdrawn case
    cannot be opened again, but a new one can be opened for the same pictures.
    """
    from unseen.case.records import CaseNumber, Pin
    from unseen.desk.withdraw_case import withdraw_case

    case_number = CaseNumber.parse(number)
    pin = Pin.parse(ask_pin())
    with opened_node() as node:
        receipt = withdraw_case(case_number, pin, store=node.store, pins=node.pins, clock=node.clock)
        days = node.config.erase_after_days
    say(f"Case {receipt.case} is withdrawn, since {receipt.withdrawn_at:%Y-%m-%d %H:%M} UTC.")
    say("It protects nothing any more. What only this case asked for stops matching now,")
    say(f"and its fingerprints are erased here after {days:g} days.")


def _statements(acting: str | None, sharing: str | None, without_consent: bool | None, age: str | None) -> "Statements":
    """What the options say, and for the rest what the person answers."""
    from unseen.case.statements import Acting, Age, Sharing, Statements

    if None in (acting, sharing, without_consent, age):
        remark(_WELCOME)
    if acting is None:
        acting = ask("Who are you in this?", _ACTING)
    if sharing is None:
        sharing = ask("What happened to the pictures?", _SHARING)
    if without_consent is None:
        answer = ask("Was, or is, that without the consent of the person in them?", _CONSENT)
        without_consent = answer == "yes"
    if age is None:
        age = ask("How old was that person when the pictures were made?", _AGE)
        remark()
    return Statements(acting=Acting(acting), sharing=Sharing(sharing), without_consent=without_consent, age=Age(age))


def _pictures(files: Sequence[Path], node: "Node", *, with_regions: bool) -> Iterator[Sequence["Fingerprint"]]:
    """Fingerprints of one file after the other; no file is opened before its turn."""
    from unseen.cli.pictures import file_to_bank

    for path in files:
        yield file_to_bank(path, node, with_regions=with_regions)


def _refer(refusal: CaseRefused, statements: "Statements") -> None:
    """Say kindly why not here, and who can help instead."""
    from babel import Locale

    from unseen.case.minors import services_for_minors
    from unseen.case.statements import Age

    complain(refusal.what)
    if statements.age is Age.ADULT:
        remark(refusal.hint or "")
        return
    remark("\nThese services are made for it, and free; this is no legal advice:\n")
    for service in services_for_minors():
        where = ", ".join(Locale("en").territories[place] for place in service.places) or "anywhere"
        ways = [way for way in (service.address, service.call and f"telephone {service.call}") if way]
        remark(f"  {service.name} ({where})\n    {', '.join(ways)}{' (to be checked)' * service.is_to_be_checked}")
    remark("  the police (anywhere)")
    remark("\nPlease do not send the pictures to anyone else. What happened is not your fault.")


def _hand_over(opened: "OpenedCase") -> None:
    number, items = opened.case.number, opened.case.items
    say(f"Your case is open. {_counted(len(items))} protected here from now on.\n")
    say(f"  Case number   {number}")
    say(f"  PIN           {opened.pin.shown}")
    say(f"  Recovery code {opened.recovery_code.text}\n")
    say("Please write them down now: they are shown this once. Nobody can look the PIN")
    say("up for you; the recovery code gives you a new one on the pages of this service.")
    say("Keep the note where only you find it.\n")
    say("Services that use this node compare their uploads with your fingerprints, and")
    say("hold back what is near one. A copy that was changed a lot can be missed.")
    _name_exact_only(opened.case.items)
    say("\nTo come back:")
    say(f"  unseen case show {number}        see the case")
    say(f"  unseen case withdraw {number}    end it, whenever you like")


def _counted(pictures: int) -> str:
    return "One picture is" if pictures == 1 else f"{pictures} pictures are"


def _name_exact_only(items: Sequence["Item"]) -> None:
    numbers = [str(item.number) for item in items if not item.is_perceptual]
    if numbers:
        say(f"\nToo little can be seen in picture {', '.join(numbers)} to find changed copies of it:")
        say("only exact copies of the file are found. A sharper picture would help.")


def _describe(seen: "ShownCase", files: Sequence[Path]) -> None:
    case = seen.case
    say(f"Case {case.number}, opened on {case.opened_at:%Y-%m-%d}.")
    say(f"{_STATUS[case.status.value]}\n")
    table = columns("Item", "Added on", "Kind", "What is found", right=["Item"])
    for item in case.items:
        table.add_row(str(item.number), item.day.isoformat(), item.media, _found(item))
    show(table)
    if files:
        say()
    for path, number in zip(files, seen.found, strict=True):
        what = "is no item of this case, or was changed since" if number is None else f"is item {number}"
        say(f"{shown(path)} {what}.")


def _found(item: "Item") -> str:
    if not item.is_perceptual:
        return "exact copies only"
    if item.media == "video":
        return "copies, also clips, changed ones and stills"
    return "copies, also changed ones and parts" if item.has_regions else "copies of the whole picture"


def _as_data(seen: "ShownCase", files: Sequence[Path]) -> dict[str, object]:
    case = seen.case
    return {
        "case": str(case.number),
        "status": case.status.value,
        "opened_at": case.opened_at.isoformat(),
        "items": [
            {
                "item": i.number,
                "day": i.day.isoformat(),
                "media": i.media,
                "perceptual": i.is_perceptual,
                "regions": i.has_regions,
            }
            for i in case.items
        ],
        "files": [{"file": str(p), "item": number} for p, number in zip(files, seen.found, strict=True)],
    }


_STATUS: Final = {
    "open": "It protects nothing yet.",
    "protected": "Its pictures are protected here.",
    "withdrawn": "It was withdrawn and protects nothing any more.",
}
