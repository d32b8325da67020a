"""Who helps where someone was under 18, by country.  Countries are named by Babel."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from unseen.http.pages.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Someone who may take such a case."""

    name: str  #: its own
    address: str | None = None  #: of its pages
    call: str | None = None
    places: tuple[str, ...] = ()  #: ISO 3166 codes; none: everywhere

    def where(self, language: Language) -> str:
        """The countries' names; empty for everywhere."""
        return ", ".join(language.locale.territories[place] for place in self.places)


CHECKED_ON: Final = date(2026, 11, 22)
SERVICES: Final = (
    Service(name="Take It Down (NCMEC)", address="https://takeitdown.ncmec.org"),
    Service(name="INHOPE", address="https://www.inhope.org"),
    Service(
        name="Report Remove (Childline, IWF)",
        address="https://www.iwf.org.uk/our-technology/report-remove/",
        places=("GB",),
    ),
    Service(name="12377", address="https://www.12377.cn", call="110", places=("CN",)),
    Service(name="디지털성범죄피해자지원센터", address="https://d4u.stop.or.kr", call="02-735-8994", places=("KR",)),
    Service(name="性影像處理中心", address="https://siarc.mohw.gov.tw", call="113", places=("TW",)),
    Service(name="eSafety", address="https://www.esafety.gov.au/report", places=("AU",)),
    Service(name="Cybertip.ca", address="https://cybertip.ca", places=("CA",)),
    Service(
        name="National Cyber Crime Reporting Portal", address="https://cybercrime.gov.in", call="1930", places=("IN",)
    ),
    Service(name="3018", call="3018", places=("FR",)),
)
