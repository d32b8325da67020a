"""``unseen evidence export``: a sealed pack as a document for a court, and as data for investigators."""

from pathlib import Path
from typing import Annotated

import typer

from unseen.base import BadRequest
from unseen.cli.errors import FOUND
from unseen.cli.terminal import ask_passphrase, remark, say, shown


def export(
    pack: Annotated[Path, typer.Argument(metavar="PACK", help="A sealed pack, or the folder it was opened into.")],
    place: Annotated[str, typer.Option("--for", metavar="PLACE", help="Whose court: cn, us, uk, eu or kr.")],
    language: Annotated[
        str | None,
        typer.Option("--language", metavar="CODE", help="For eu: en, fr or de; others have one of their own."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The PDF; PACK.PLACE.pdf if not.")] = None,
    identity: Annotated[
        Path | None, typer.Option("--identity", help="The key that opens it; the one beside the pack if not given.")
    ] = None,
    signer: Annotated[
        str | None, typer.Option("--signer", metavar="KEY", help="The signer's key: 64 digits, or a PEM file.")
    ] = None,
    ca: Annotated[
        list[Path] | None, typer.Option("--ca", metavar="FILE", help="Root certificates of authorities you trust, PEM.")
    ] = None,
) -> None:
    """Write a PDF for a court, and CASE/UCO data for investigators beside it.

    The pack is checked first; of one that does not hold nothing is written. Names, addresses and
    notes from the pack are in both files, in clear; pictures and their fingerprints are not. It is
    not legal advice: a person who knows the facts signs it, after a lawyer has read it.
    Exit code 1 where a timestamp is still pending; the document says so then.
    """
    from unseen.compose_evidence import PackFile, folder_files, keep_private, read_identity, read_trust
    from unseen.desk.export_evidence import Wish, export_folder, export_pack
    from unseen.evidence.court.countries import country

    court = country(place)
    wish = Wish(country=court, language=court.language(language))
    document = out or pack.with_name(f"{pack.name.removesuffix('.age').removesuffix('.pack')}.{place}.pdf")
    if document.suffix != ".pdf":
        raise BadRequest("The document is a PDF.", hint="Give --out a name that ends in .pdf.")
    data = document.with_suffix(".jsonld")
    for path in (document, data):
        if path.exists():
            raise BadRequest(f"{shown(path)} is there already.", hint="Name another file with --out.")
    trust = read_trust(signer, ca or ())
    if pack.is_dir():
        made = export_folder(folder_files(pack), trust, wish)
    else:
        made = export_pack(PackFile(pack), read_identity(pack, identity, ask_passphrase), trust, wish)
    keep_private(document, made.document)
    keep_private(data, made.case_uco)
    say(f"For the court: {shown(document)}. For investigators: {shown(data)}.")
    remark("Both hold names, addresses and notes in clear. This is not legal advice; have a lawyer read it.")
    if made.figures.pending or not made.figures.vouched:
        say("PENDING: nobody else vouches for all of its time yet, and the document says so. unseen evidence stamp")
        raise typer.Exit(FOUND)
