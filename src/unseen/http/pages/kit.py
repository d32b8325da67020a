"""The kit: her pages' way to fingerprints as one file, which works without any network and saves a file for a helper.

All languages, the style and the scripts are inside, and its own policy lets it load and send nothing.
"""

import base64
import hashlib
from typing import Final

from markupsafe import Markup

from unseen.case.minors import checked_on
from unseen.http.pages.assets import assets, bundle
from unseen.http.pages.languages import ENGLISH, LANGUAGES, translations
from unseen.http.pages.minors import services_for
from unseen.http.pages.view import rendered

_NEEDS_SCRIPT: Final = "This step needs scripts (JavaScript), and a browser of the last few years."


def kit_page() -> str:
    """The whole file.  Raises: Misconfigured where what browsers load was not built."""
    style = assets()["style.css"].content.decode()
    # Inside a page, a script ends at the first such tag, also at one within a string.
    scripts = [
        source.decode().replace("</script", "<\\/script")
        for source in (assets()["exit.js"].content, bundle()["kit.js"].content)
    ]
    return rendered(
        ENGLISH,
        "kit.html",
        policy=_policy(style, scripts),
        style=Markup(style),  # noqa: S704  (our own file)
        scripts=[Markup(script) for script in scripts],  # noqa: S704  (our own files)
        needs_script=[(language, translations(language).gettext(_NEEDS_SCRIPT)) for language in LANGUAGES.values()],
        pages=[
            (
                language,
                Markup(  # noqa: S704  (a page of ours)
                    rendered(
                        language,
                        "kit-language.html",
                        asked={"mode": "kit"},
                        offers_contact=False,
                        services=services_for(language),
                        checked_on=checked_on(),
                    )
                ),
            )
            for language in LANGUAGES.values()
        ],
    )


def _policy(style: str, scripts: list[str]) -> str:
    hashes = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {hashes}; worker-src blob:; img-src blob:; "
        "media-src blob:; form-action 'none'; base-uri 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
