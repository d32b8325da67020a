"""``unseen evidence``: keep proof of what was seen, sealed so that others can check it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from unseen.base import BadMedia, BadRequest
from unseen.cli.errors import FOUND
from unseen.cli.evidence_capture import capture
from unseen.cli.evidence_export import export
from unseen.cli.evidence_import import import_
from unseen.cli.evidence_report import show_report
from unseen.cli.terminal import ask_new_passphrase, ask_passphrase, remark, say, shown

if TYPE_CHECKING:
    from unseen.desk.ask_authorities import Answers, NamedAuthority
    from unseen.desk.custody_log import Hand
    from unseen.evidence.records import Origin, Trace

app = typer.Typer(no_args_is_help=True, help="Keep evidence: take it in, seal it, let anyone check it.")

_CLOCK_S: Final = 120.0  #: off by more is said

_Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The work folder that `new` made.")]
_Pack = Annotated[Path, typer.Argument(metavar="PACK", help="A sealed pack.")]
_By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who does this; a role will do. Else UNSEEN_OPERATOR.")
]
_Identity = Annotated[
    Path | None, typer.Option("--identity", help="The key that opens it; the one beside the pack if not given.")
]
_Authorities = Annotated[
    Path | None,
    typer.Option("--authorities", metavar="FILE", help="Authorities to ask. Else UNSEEN_TIMESTAMP_AUTHORITIES."),
]


app.command()(capture)
app.command()(export)


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The work folder to make.")],
    age: Annotated[
        Literal["adult", "under-18", "unknown"],
        typer.Option(metavar="ANSWER", help="How old the person was: adult, under-18 or unknown."),
    ],
    by: _By = None,
    where: Annotated[
        str, typer.Option("--where", metavar="CODE", help="Whose law: cn, us, eu, uk, kr, sg or other.")
    ] = "other",
    keep_originals: Annotated[
        bool, typer.Option("--keep-originals", help="Keep pictures and other files themselves, not only their digests.")
    ] = False,
    case: Annotated[str | None, typer.Option("--case", metavar="NUMBER", help="The case it belongs to.")] = None,
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="FOLDER", help="Another work folder, to sign with the same keys.")
    ] = None,
) -> None:
    """Begin to keep evidence, in a new private folder.

    Everything in it is encrypted. Adding needs no passphrase; sealing and opening do. Where the
    person was or may have been under 18, only text is taken in.
    """
    from unseen.compose_evidence import LocalWorkFolder
    from unseen.desk.begin_pack import begin_pack
    from unseen.evidence.intake import require_rules
    from unseen.evidence.keys import Keys
    from unseen.evidence.records import Lane, Rules

    hand = _hand(by)
    lane = Lane.ADULT if age == "adult" else Lane.MINOR
    rules = Rules(lane=lane, jurisdiction=where, keep_originals=keep_originals)
    require_rules(rules)
    locked = LocalWorkFolder(keys).keys() if keys else Keys.new().locked(ask_new_passphrase())
    work = LocalWorkFolder.create(folder, locked, rules)
    begin_pack(work, hand, case=case)
    say(f"Begun in {shown(folder)}, for this person and whoever has the passphrase.")
    say(f"  unseen evidence add {shown(folder)} FILE")


@app.command()
def add(
    folder: _Folder,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="What to take in.", show_default=False)],
    by: _By = None,
    url: Annotated[str | None, typer.Option("--url", help="The address where it was found.")] = None,
    device: Annotated[str | None, typer.Option("--device", help="The device where it was found.")] = None,
    captured_at: Annotated[
        str | None, typer.Option("--captured-at", metavar="TIME", help="When, with time zone: 2026-11-22T23:05+08:00.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="How, so that someone else could do it again.")] = (
        "added from a file"
    ),
) -> None:
    """Take files in: their digests and fingerprints, text itself, and originals where that was chosen.

    No passphrase is needed. The files stay where they are.
    """
    from unseen.compose_evidence import LocalFile, LocalWorkFolder, media_type_of, this_machine, this_tool
    from unseen.desk.add_to_pack import Found, add_to_pack
    from unseen.evidence.intake import require_types
    from unseen.evidence.records import TimeSource

    hand, work = _hand(by), LocalWorkFolder(folder)
    origin, at = _origin(url, device), _moment(captured_at)
    for path in files:
        media_type = media_type_of(path)
        require_types(work.rules(), [media_type])  # before the file is read for its fingerprints
        found = Found(
            name=path.name,
            media_type=media_type,
            origin=origin,
            captured_at=at,
            time_source=TimeSource.THIS_COMPUTER if at is None else TimeSource.STATED,
            method=method,
            tool=this_tool(),
            environment=this_machine(),
            traces=_traces(path) if media_type.startswith("image/") else (),
        )
        head = add_to_pack(work, found, LocalFile(path), hand=hand)
        say(f"{shown(path)} is taken in, entry {head.entries} of the custody log.")


app.command("import")(import_)


@app.command()
def note(
    folder: _Folder,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What was seen or done.")],
    by: _By = None,
) -> None:
    """Write down what was seen or done, in words.

    No passphrase is needed. What is written down stays.
    """
    from unseen.compose_evidence import LocalWorkFolder
    from unseen.desk.custody_log import Said, write_down

    head = write_down(LocalWorkFolder(folder), Said(noted=text), _hand(by))
    say(f"Written down, entry {head.entries} of the custody log.")


@app.command()
def seal(
    folder: _Folder,
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="KEY", help="Who else may open it: age1..., or ssh-ed25519 ....")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The pack; FOLDER.pack.age if not.")] = None,
    authorities: _Authorities = None,
    by: _By = None,
) -> None:
    """Sign all that was taken in, have it timestamped, and encrypt it into one file.

    Exit code 1 where a timestamp is still pending; `stamp` asks for it again.
    """
    from unseen.compose_evidence import LocalWorkFolder, PackFile, keep_identity, outside, this_machine, this_tool
    from unseen.desk.seal_pack import Surroundings, seal_pack

    hand, work, named = _hand(by), LocalWorkFolder(folder), _named(authorities)
    target = out or folder.with_name(f"{folder.name}.pack.age")
    if target.exists():
        raise BadRequest(f"{shown(target)} is there already.", hint="Name another file with --out.")
    locked = work.keys()
    sealed = seal_pack(
        work,
        locked.unlocked(ask_passphrase()),
        PackFile(target),
        recipients=to or (),
        authorities=named,
        hand=hand,
        outside=outside(),
        surroundings=Surroundings(tool=this_tool(), environment=this_machine()),
    )
    identity = keep_identity(target, locked.identity)
    manifest = sealed.manifest
    say(f"Sealed: {shown(target)} (items: {len(manifest.items)}, entries of the log: {manifest.custody.entries}).")
    say(f"Your key, locked by your passphrase: {shown(identity)}. Keep both files.")
    say(f"It is signed by {manifest.sealing.signer}.")
    say("Give these digits to whoever is to know that it was you, on another way than the pack.")
    _tell_answers(sealed.answers, [a.name for a in manifest.sealing.authorities])


@app.command()
def stamp(
    pack: _Pack,
    identity: _Identity = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Stamp everything anew, before the timestamps that it has end.")
    ] = False,
    authorities: _Authorities = None,
) -> None:
    """Ask for timestamps that are still pending, or renew those that will end.

    Exit code 1 where one is still pending.
    """
    from unseen.compose_evidence import PackFile, outside, read_identity
    from unseen.desk.stamp_pack import renew_pack, stamp_pack

    if renew:
        named = _named(authorities)
        if not named:
            raise BadRequest("Renewing needs an authority.", hint="Name one with --authorities.")
        opener = read_identity(pack, identity, ask_passphrase)
        answers = renew_pack(PackFile(pack), opener, named, outside=outside())
        _tell_answers(answers, list(answers.stamps) or [n.authority.name for n in named])
        return
    stamped = stamp_pack(PackFile(pack), read_identity(pack, identity, ask_passphrase), outside=outside())
    if not stamped.was_pending:
        say("No timestamp that this pack names is pending.")
        return
    _tell_answers(stamped.answers, stamped.was_pending)


@app.command()
def verify(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="A sealed pack, or the folder it was opened into.")],
    identity: _Identity = None,
    signer: Annotated[
        str | None, typer.Option("--signer", metavar="KEY", help="The signer's key: 64 digits, or a PEM file.")
    ] = None,
    ca: Annotated[
        list[Path] | None, typer.Option("--ca", metavar="FILE", help="Root certificates of authorities you trust, PEM.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as one JSON object, for programs.")] = False,
) -> None:
    """Check a pack, without any network: each check, against what, and its result.

    Exit code 1 where a check failed or a timestamp is pending.
    """
    from unseen.compose_evidence import PackFile, folder_files, read_identity, read_trust
    from unseen.desk.check_pack import check_folder, check_pack

    trust = read_trust(signer, ca or ())
    if pack.is_dir():
        report = check_folder(folder_files(pack), trust)
    else:
        report = check_pack(PackFile(pack), read_identity(pack, identity, ask_passphrase), trust)
    if show_report(report, as_json=as_json):
        raise typer.Exit(FOUND)


@app.command("open")
def open_(
    pack: _Pack,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The new folder to write it into, in clear.")],
    identity: _Identity = None,
) -> None:
    """Write what is in a pack into a folder, in clear; its README says how to check it without Unseen."""
    from unseen.compose_evidence import OpenedFolder, PackFile, read_identity
    from unseen.desk.check_pack import open_pack

    opener = read_identity(pack, identity, ask_passphrase)
    with OpenedFolder(folder) as target:
        open_pack(PackFile(pack), opener, target)
    say(f"Opened into {shown(folder)}. It is not checked by that: unseen evidence verify {shown(folder)}")
    remark("Nothing in this folder is encrypted any more; delete it when you are done.")


def _hand(by: str | None) -> "Hand":
    from unseen.compose_evidence import hand_of
    from unseen.config import load_config

    return hand_of(by or load_config().operator)


def _named(path: Path | None) -> "tuple[NamedAuthority, ...]":
    from unseen.compose_evidence import read_authorities
    from unseen.config import load_config

    return read_authorities(path or load_config().timestamp_authorities)


def _origin(url: str | None, device: str | None) -> "Origin":
    from unseen.evidence.records import Origin

    if url is not None and device is None:
        return Origin(kind="url", where=url)
    if device is not None and url is None:
        return Origin(kind="device", where=device)
    raise BadRequest("Say where it was found: either --url or --device.", hint="--device 'my phone', for example.")


def _traces(path: Path) -> "tuple[Trace, ...]":
    """A picture's fingerprints; none of one that cannot be read, which is evidence all the same."""
    from unseen.cli.pictures import fingerprints_of
    from unseen.compose import limits_of
    from unseen.config import load_config
    from unseen.evidence.records import Trace
    from unseen.fingerprint.decoder_pool import DecoderPool

    limits = limits_of(load_config())
    with DecoderPool(limits, workers=1) as decoder:
        try:
            picture = fingerprints_of(path, limits=limits, decoder=decoder)
        except BadMedia as error:
            remark(f"No fingerprint of it can be compared. {error.what}")
            return ()
    return tuple(Trace(kind=print_.kind.value, code=print_.hex, quality=print_.quality) for print_ in picture.to_bank)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequest("That is no time with a time zone.", hint="Write it like 2026-11-22T23:05+08:00.")
    return moment.astimezone(UTC)


def _tell_answers(answers: "Answers", asked: "list[str] | tuple[str, ...]") -> None:
    """Say whose timestamps are there and whose are pending; ends with exit code 1 where one is."""
    for name in asked:
        if name in answers.failures:
            say(f"PENDING: {name} has not stamped it. {answers.failures[name]}")
        else:
            say(f"{name} has stamped it.")
    if answers.clock_ahead is not None and abs(answers.clock_ahead.total_seconds()) > _CLOCK_S:
        off = answers.clock_ahead.total_seconds()
        remark(f"This computer's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the authority's.")
        remark("The timestamps are right; what was written down before has this computer's time. Set the clock.")
    if not asked:
        say("PENDING: no timestamp authority was named, so nobody else vouches for the time.")
    if answers.failures or not asked:
        say("Until then only your own word says when it was sealed. Ask again: unseen evidence stamp")
        raise typer.Exit(FOUND)
