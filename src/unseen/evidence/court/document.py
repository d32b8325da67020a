"""The document for a court, in order: what was collected, how, by whom, what was checked, and what a person signs.

Each part says the same in one language: first the court's, then English.  The report of the check closes it.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from unseen.evidence.court.answers import answers_of, boot_of, clock_of, states, system_of
from unseen.evidence.court.blocks import Block, Pairs, Paragraph, Part, Points, Section, SignatureLines, Table, Tone
from unseen.evidence.court.countries import Country, Element
from unseen.evidence.court.figures import Figures
from unseen.evidence.court.words import Words, words
from unseen.evidence.court.written import digest, lines, listed, one_line, ranges
from unseen.evidence.layout import CUSTODY, part_path
from unseen.evidence.records import Entry, Item, Role
from unseen.evidence.report import said_time

_ENGLISH: Final = "en"
_HALF_DIGEST: Final = 32  #: hex digits that fit into a column


def document_of(figures: Figures, country: Country, language: str) -> tuple[Part, ...]:
    """The parts: one in ``language``, one in English where that is another language, and the report."""
    spoken = dict.fromkeys((language, _ENGLISH))
    return (*(_part(figures, country, one, first=one == language) for one in spoken), _annex(figures))


def _part(figures: Figures, country: Country, language: str, *, first: bool) -> Part:
    said = words(language)
    sections = (
        Section(title=said.section["summary"], blocks=_summary(figures, said, translated=not first)),
        Section(title=said.section["exhibits"], blocks=_exhibits(figures, said)),
        Section(title=said.section["method"], blocks=list(_methods(figures, said))),
        Section(title=said.section["integrity"], blocks=_integrity(figures, said)),
        Section(title=said.section["custody"], blocks=_custody(figures, said)),
        Section(title=said.section["certificate"], blocks=list(_certificate(figures, country, language))),
        Section(title=said.section["sources"], blocks=_sources(country, language)),
        Section(title=said.section["limits"], blocks=[Points(texts=said.limits["items"])]),
    )
    subtitle = said.title["made_for"].format(country=country.name[language])
    return Part(
        language=language,
        title=said.title["document"],
        subtitle=subtitle,
        header=_header(figures, said),
        sections=sections,
    )


def _summary(figures: Figures, said: Words, *, translated: bool) -> list[Block]:
    manifest, label, notice = figures.manifest, said.label, said.notice
    purpose, items = manifest.purpose, figures.items
    times = sorted(item.captured_at for item in items) or [manifest.sealed_at]
    rows = [
        (label["pack"], purpose.pack),
        (label["case"], one_line(purpose.case or label["no_case"])),
        (label["items"], str(len(items))),
        (label["operators"], listed(one_line(item.operator) for item in items)),
        (label["period"], " - ".join(said_time(time) for time in dict.fromkeys((times[0], times[-1])))),
        (label["sealed_at"], said_time(manifest.sealed_at)),
        (label["clock_ahead"], _ahead(manifest.clock_ahead_ms, said)),
        (label["sealed_by"], one_line(manifest.operator)),
        (label["originals"], label["originals_kept" if purpose.rules.keep_originals else "originals_digests"]),
        (label["outside_time"], ", ".join(one.name for one in figures.stamped) or label["stamp_pending"]),
    ]
    blocks: list[Block] = [Paragraph(text=notice["made"].format(made=said_time(figures.made_at)), tone=Tone.BOXED)]
    if pending := _pending(figures, said):
        blocks.append(Paragraph(text=pending, tone=Tone.WARNING))
    if not figures.signer_confirmed:
        blocks.append(Paragraph(text=notice["unconfirmed_signer"], tone=Tone.WARNING))
    if translated:
        blocks.append(Paragraph(text=notice["translation"]))
    return [*blocks, Pairs(rows=rows)]


def _pending(figures: Figures, said: Words) -> str | None:
    """What is said where not everybody who was asked vouches for the time."""
    names = ", ".join(figures.pending)
    if not figures.stamped:
        return said.notice["pending"].format(authorities=names or said.notice["pending_none"])
    stamped = ", ".join(one.name for one in figures.stamped)
    return said.notice["pending_some"].format(authorities=names, stamped=stamped) if names else None


def _ahead(milliseconds: int | None, said: Words) -> str:
    if milliseconds is None:
        return said.label["ahead_unknown"]
    return said.label["ahead"].format(seconds=f"{milliseconds / 1000:+.3f}")


def _exhibits(figures: Figures, said: Words) -> list[Block]:
    label = said.label
    rows = [
        (
            str(number),
            one_line(item.original.name),
            one_line(item.original.media_type),
            str(item.original.bytes),
            label["yes" if item.original.kept else "no"],
            digest(item.original.sha256, width=_HALF_DIGEST),
        )
        for number, item in enumerate(figures.items, start=1)
    ]
    head = [label[name] for name in ("number", "file", "media", "size", "kept", "digest")]
    return [Paragraph(text=said.text["exhibits"]), Table(head=head, rows=rows, widths=(6, 25, 14, 11, 12, 32))]


def _methods(figures: Figures, said: Words) -> Iterator[Block]:
    """Exhibits that came in the same way are told of together."""
    label = said.label
    yield Paragraph(text=said.text["method"])

    def way(pair: tuple[int, Item]) -> tuple[object, ...]:
        item = pair[1]
        return item.operator, item.method, item.tool, item.environment, item.time_source

    for _, run in groupby(enumerate(figures.items, start=1), key=way):
        pairs = list(run)
        item = pairs[0][1]
        yield Pairs(
            rows=[
                (label["exhibits_of"].format(numbers=ranges([number for number, _ in pairs])), one_line(item.operator)),
                (label["how"], one_line(item.method)),
                (label["tool"], one_line(f"{item.tool.name} {item.tool.version}")),
                (label["environment"], system_of(item.environment)),
                (label["clock"], clock_of(item.environment, said)),
                (label["boot"], boot_of(item.environment, said)),
                (label["time_source"], said.time_source[item.time_source.name]),
            ]
        )
        rows = [(str(n), one_line(one.origin.where), said_time(one.captured_at)) for n, one in pairs]
        yield Table(head=[label[name] for name in ("number", "where", "captured_at")], rows=rows, widths=(6, 64, 30))


def _integrity(figures: Figures, said: Words) -> list[Block]:
    label, manifest, notice = said.label, figures.manifest, said.notice
    signed = notice["confirmed_signer" if figures.signer_confirmed else "unconfirmed_signer"]
    rows = [
        (f"{label['manifest']}, SHA-256", digest(figures.manifest_sha256)),
        (f"{label['manifest']}, SHA-512", digest(figures.manifest_sha512)),
        (label["signature"], digest(figures.signature)),
        (label["signer"], digest(manifest.sealing.signer)),
        (label["custody_head"], digest(manifest.custody.head)),
        (label["bound"], str(len(manifest.files))),
    ]
    blocks: list[Block] = [Paragraph(text=said.text["integrity"]), Pairs(rows=rows), Paragraph(text=signed)]
    if figures.vouched:
        blocks.append(_timestamps(figures, said))
    return [*blocks, _stored(figures, said), Paragraph(text=said.text["check_it"])]


def _timestamps(figures: Figures, said: Words) -> Table:
    rows = [
        (
            one_line(f"{one.name}\n{one.url}".replace("\n", " ")),
            state,
            one.policy or "-",
            "\n".join(digest(root, width=_HALF_DIGEST) for root in one.roots),
        )
        for one, state in zip(figures.vouched, states(figures, said), strict=True)
    ]
    head = [said.label[name] for name in ("authority", "state", "policy", "root")]
    return Table(head=head, rows=rows, widths=(28, 22, 18, 32))


def _stored(figures: Figures, said: Words) -> Table:
    """What is in the pack of each exhibit, and the log."""
    custody = next(file for file in figures.manifest.files if file.path == CUSTODY)
    rows = [
        (part_path(number, part.name), said.role[part.role.name], digest(part.sha256, width=_HALF_DIGEST))
        for number, item in enumerate(figures.items, start=1)
        for part in item.parts
    ]
    rows.append((CUSTODY, said.role[Role.METADATA.name], digest(custody.sha256, width=_HALF_DIGEST)))
    return Table(head=[said.label[name] for name in ("stored", "role", "digest")], rows=rows, widths=(42, 26, 32))


def _custody(figures: Figures, said: Words) -> list[Block]:
    taken_in = 0
    rows = []
    for entry in figures.entries:
        taken_in += entry.added is not None
        rows.append((str(entry.number), said_time(entry.at), one_line(entry.operator), _told(entry, taken_in, said)))
    head = [said.label[name] for name in ("number", "time", "who", "what")]
    return [Paragraph(text=said.text["custody"]), Table(head=head, rows=rows, widths=(6, 22, 18, 54))]


def _told(entry: Entry, taken_in: int, said: Words) -> str:
    if entry.added is not None:
        return said.entry["added"].format(number=taken_in)
    if entry.noted is not None:
        return said.entry["noted"].format(text=lines(entry.noted))
    if entry.sealed is not None:
        sealing = entry.sealed
        return said.entry["sealed"].format(recipients=len(sealing.recipients), authorities=len(sealing.authorities))
    return said.entry["begun"]


def _certificate(figures: Figures, country: Country, language: str) -> Iterator[Block]:
    said, certificate = words(language), country.certificate
    answers = answers_of(figures, said)

    def row(element: Element) -> Sequence[str]:
        asks = _if_checked(element.asks[language], country, element.fact, said)
        return element.point, asks, "\n".join(answers[answer] for answer in element.answers)

    yield Paragraph(text=certificate.title[language], tone=Tone.BOXED)
    yield Paragraph(text=said.text["certificate"])
    head = [said.label[name] for name in ("point", "asks", "recorded")]
    yield Table(head=head, rows=[row(element) for element in certificate.elements], widths=(12, 36, 52))
    for statement in certificate.statements:
        yield Paragraph(text=statement[language])
    names = ("sign_name", "sign_position", "sign_place", "sign_date", "sign_signature")
    yield SignatureLines(labels=[said.label[name] for name in names])


def _if_checked(text: str, country: Country, fact: str, said: Words) -> str:
    if country.fact(fact).confidence.is_to_be_checked:
        return f"{text} [{said.label['to_be_checked']}]"
    return text


def _sources(country: Country, language: str) -> list[Block]:
    said = words(language)
    rows = [
        (
            fact.source,
            _if_checked(fact.says[language], country, fact.id, said),
            said.confidence[fact.confidence],
        )
        for fact in country.facts
    ]
    head = [said.label[name] for name in ("source", "what", "confidence")]
    return [Paragraph(text=said.text["sources"]), Table(head=head, rows=rows, widths=(30, 50, 20))]


def _annex(figures: Figures) -> Part:
    """The report, in the words of ``unseen evidence verify``."""
    said, report = words(_ENGLISH), figures.report
    rows = [(str(c.number), c.what, c.against, c.result.value, one_line(c.found)) for c in report.checks]
    head = [said.label[name] for name in ("number", "check", "against", "result", "found")]
    limits = [one_line(limit) for limit in report.not_covered]
    sections = (
        Section(title=said.section["integrity"], blocks=[Table(head=head, rows=rows, widths=(6, 24, 22, 14, 34))]),
        Section(title=said.section["limits"], blocks=[Points(texts=limits)]),
    )
    return Part(
        language=_ENGLISH, title=said.title["annex"], subtitle="", header=_header(figures, said), sections=sections
    )


def _header(figures: Figures, said: Words) -> str:
    return f"{said.label['pack']} {figures.manifest.purpose.pack}"
