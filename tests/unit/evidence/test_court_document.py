"""The document for a court: read from its pages, as a judge would."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import ImageChops

from support.authority import running_authority
from support.evidence import CHINA, Maker, checked, named
from unseen.base import BadPack, Misconfigured
from unseen.desk.custody_log import Said, write_down
from unseen.desk.export_evidence import ForCourt, Wish, export_folder, export_pack
from unseen.evidence.court.countries import country, country_codes
from unseen.evidence.court.words import words
from unseen.evidence.records import Trace
from unseen.evidence.verify import Trust
from unseen.vault import PackFile, folder_files

PLACES = [(code, language) for code in country_codes() for language in country(code).languages]
CODE = "c0ffee" * 10 + "beef"  # a fingerprint's, in hex
NAME = "截图 \u202egnp.#set page() \U0001f600 한국 Straße é\n.png"
LONG = "https://example.org/" + "x" * 10_000


@pytest.fixture(scope="module")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """A pack with what people really have, and what somebody hostile would put there; no timestamp."""
    maker = Maker(folder=tmp_path_factory.mktemp("court"))
    maker.add(NAME, b"\x89PNG\0 not a picture", traces=(Trace(kind="pdq", code=CODE, quality=90),))
    maker.add(LONG, "她说“你好”".encode(), "text/plain")
    write_down(maker.work, Said(noted="23:05 看到\nsecond line #evil <b>"), maker.hand)
    maker.seal()
    return maker


def exported(maker: Maker, place: str, language: str | None = None, **trust: Any) -> ForCourt:
    court = country(place)
    wish = Wish(country=court, language=court.language(language))
    now = datetime.now(UTC)
    return export_pack(PackFile(maker.pack), maker.keys.identity, Trust(now=now, **trust), wish)


def pages(document: bytes) -> Iterator[pypdfium2.PdfPage]:
    yield from pypdfium2.PdfDocument(document)


def texts(document: bytes) -> list[str]:
    """Each page as it reads, without the places where lines may break."""
    return [
        page.get_textpage().get_text_bounded().replace("\u200b", "").replace("\r\n", "\n") for page in pages(document)
    ]


def flat(document: bytes) -> str:
    """All of it, without the ends of lines."""
    return squeezed("".join(texts(document)))


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize(("place", "language"), PLACES)
def test_each_court_gets_its_language_and_english_and_every_page_says_no_legal_advice(
    maker: Maker, place: str, language: str
) -> None:
    court = country(place)
    made = exported(maker, place, language)
    read = flat(made.document)
    footers = [words(one).notice["footer"] for one in (language, "en")]
    assert all(any(footer in page for footer in footers) for page in texts(made.document))
    for spoken in (language, "en"):
        said = words(spoken)
        expected = [said.notice["pending_none"], court.certificate.title[spoken], *said.limits["items"]]
        expected += [element.asks[spoken] for element in court.certificate.elements]
        expected += [said.confidence[fact.confidence] for fact in court.facts]
        assert [text for text in expected if squeezed(text) not in read] == []
    assert made.figures.items[0].original.sha256 in read
    assert made.figures.signature in read


@pytest.mark.parametrize("place", country_codes())
def test_a_rule_that_nobody_confirmed_is_printed_as_to_be_checked(maker: Maker, place: str) -> None:
    court = country(place)
    said = words(court.languages[0])
    doubted = [f for f in court.facts if f.confidence.is_to_be_checked]
    asked = [e for e in court.certificate.elements if court.fact(e.fact).confidence.is_to_be_checked]
    mark = f"[{said.label['to_be_checked']}]"
    printed = flat(exported(maker, place).document).count(squeezed(mark))
    assert printed == len(doubted) + len(asked)


@pytest.mark.parametrize(("place", "language"), PLACES)
def test_nothing_runs_off_a_page(maker: Maker, place: str, language: str) -> None:
    for page in pages(exported(maker, place, language).document):
        picture = page.render(scale=1).to_pil().convert("L")
        ink = ImageChops.invert(picture).getbbox()
        assert ink is not None
        margin_points = 40
        assert ink[0] >= margin_points
        assert ink[2] <= picture.width - margin_points


def test_what_somebody_hostile_named_a_file_is_text_and_nothing_else(maker: Maker) -> None:
    read = flat(exported(maker, "us").document)
    assert "截图[U+202E]gnp.#setpage()[U+1F600]한국Straßeé[U+000A].png" in read
    assert read.count("x") >= len(LONG) - 30  # over several pages, and none of it cut off
    assert "secondline#evil<b>" in read


def test_no_fingerprint_of_likeness_is_in_what_a_court_gets(maker: Maker) -> None:
    made = exported(maker, "us")
    assert made.figures.items[0].traces[0].code == CODE
    assert CODE not in flat(made.document)
    assert CODE.encode() not in made.case_uco


def test_a_timestamp_that_holds_is_told_with_its_time_and_one_that_is_missing_as_pending(tmp_path: Path) -> None:
    maker = Maker(folder=tmp_path)
    maker.add("a.txt", b"a", "text/plain")
    with running_authority(tmp_path / "authority") as server:
        there = named(server, name="there")
        maker.seal(there, named(server, name="away", path="no-such.cnf"))
    made = exported(maker, "us", signer=maker.keys.signer.public)
    read = "\n".join(texts(made.document))
    (stamped,) = made.figures.stamped
    assert made.figures.pending == ("away",)
    said = words("en").notice["pending_some"].format(authorities="away", stamped="there")
    assert squeezed(said) in flat(made.document)
    assert squeezed(words("en").notice["pending"].split(".")[1]) not in flat(made.document)
    assert f"holds: {stamped.at:%Y-%m-%d}" in read
    assert there.authority.roots[0] in flat(made.document)
    assert words("en").notice["unconfirmed_signer"][:60] not in read


def test_of_a_pack_that_does_not_hold_nothing_is_made(maker: Maker) -> None:
    folder = maker.open("changed")
    log = folder / "data" / "custody.jsonl"
    log.write_bytes(log.read_bytes().replace(b"evil", b"good"))
    assert checked(folder).result == "FAILED"
    wish = Wish(country=country("us"), language="en")
    with pytest.raises(BadPack, match="no document was made"):
        export_folder(folder_files(folder), Trust(now=datetime.now(UTC)), wish)


def test_the_same_pack_at_the_same_time_gives_the_same_bytes(maker: Maker) -> None:
    wish = Wish(country=country("cn"), language="zh-Hans")
    trust = Trust(now=datetime(2026, 11, 22, tzinfo=UTC))
    one, two = (export_pack(PackFile(maker.pack), maker.keys.identity, trust, wish) for _ in range(2))
    assert one.document == two.document
    assert one.case_uco == two.case_uco


def test_without_the_extra_it_says_what_to_install(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(Misconfigured, match="Typst") as missing:
        exported(maker, "us")
    assert "unseen[court]" in (missing.value.hint or "")


def test_a_pack_of_many_exhibits_is_told_in_full(tmp_path: Path) -> None:
    maker = Maker(folder=tmp_path, rules=CHINA)
    for number in range(60):
        maker.add(f"{number}.png", b"\x89PNG\0" + bytes([number]))
    maker.seal()
    made = exported(maker, "us")
    read = flat(made.document)
    assert all(item.original.sha256 in read for item in made.figures.items)
    assert "Exhibits1-60" in read


def test_the_pdf_is_one_for_archives_and_has_its_fonts_in_it(maker: Maker) -> None:
    document = exported(maker, "kr").document
    assert b"pdfaid:part" in document
    assert b"/FontFile" in document
    assert pypdfium2.PdfDocument(BytesIO(document)).get_metadata_dict()["Title"] == words("ko").title["document"]


def test_the_data_for_investigators_names_each_exhibit_and_the_whole_custody_log(maker: Maker) -> None:
    made = exported(maker, "us")
    graph = json.loads(made.case_uco)["@graph"]
    files = [node for node in graph if node["@type"] == "uco-observable:File"]
    hashes = [
        h["uco-types:hashValue"]["@value"] for f in files for h in f["uco-core:hasFacet"][1]["uco-observable:hash"]
    ]
    assert hashes[::2] == [item.original.sha256 for item in made.figures.items]
    actions = [node for node in graph if node["@type"] == "case-investigation:InvestigativeAction"]
    assert len(actions) == len(made.figures.entries) == 5
    informed = [action.get("case-investigation:wasInformedBy", {}).get("@id") for action in actions]
    assert informed == [None, *(action["@id"] for action in actions[:-1])]
