"""Letters, in the language of the page that the contact was given on.  They say nothing that others must not read."""

from unseen.case.contact import RecoveryLink
from unseen.desk.ports import Letter
from unseen.desk.recovery_links import Writer
from unseen.http.pages.languages import ENGLISH, LANGUAGES
from unseen.http.pages.view import rendered


def letters_of(public_url: str) -> Writer:
    """What writes letters whose links lead to ``public_url``."""

    def link_letter(link: RecoveryLink, token: str, code: str) -> Letter:
        language = LANGUAGES.get(code, ENGLISH)
        url = f"{public_url}/{language.code}/link/{token}"
        text = rendered(language, "letter-link.txt", url=url, opens=link.opens_at.date())
        subject, _, body = text.strip().partition("\n")
        return Letter(subject=subject, text=body.strip() + "\n")

    return link_letter
