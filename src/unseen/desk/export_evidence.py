"""A sealed pack is put into the form that a court, and an investigator's tools, take."""

from dataclasses import dataclass

from unseen.desk.check_pack import contents_of
from unseen.desk.evidence_ports import SealedFile
from unseen.evidence.age import Identity
from unseen.evidence.contents import Contents, Files, take_in
from unseen.evidence.court.case_uco import case_uco_of
from unseen.evidence.court.countries import Country
from unseen.evidence.court.document import document_of
from unseen.evidence.court.figures import Figures, figures_of
from unseen.evidence.court.typeset import pdf_of
from unseen.evidence.verify import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class ForCourt:
    """What comes of it."""

    document: bytes  #: PDF/A
    case_uco: bytes  #: JSON-LD
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """For which court, in which of its languages."""

    country: Country
    language: str


def export_pack(pack: SealedFile, identity: Identity, trust: Trust, wish: Wish) -> ForCourt:
    """Check a sealed pack and tell of it; nothing of it is written anywhere.

    Raises: BadPack where a check fails, WrongKey, BadRequest, Misconfigured (the extra `court`).
    """
    return _exported(contents_of(pack, identity), trust, wish)


def export_folder(files: Files, trust: Trust, wish: Wish) -> ForCourt:
    """The same of a pack that was opened before.  Raises: BadPack, BadRequest, Misconfigured."""
    return _exported(take_in(files), trust, wish)


def _exported(contents: Contents, trust: Trust, wish: Wish) -> ForCourt:
    figures = figures_of(contents, trust)
    parts = document_of(figures, wish.country, wish.language)
    return ForCourt(document=pdf_of(parts, figures.made_at), case_uco=case_uco_of(figures), figures=figures)
