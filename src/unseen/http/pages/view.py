"""Renders a template in a language, with the headers that every page has."""

from functools import cache, partial
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from unseen.http.pages.assets import assets
from unseen.http.pages.languages import LANGUAGES, Language, translations
from unseen.http.pages.minors import where

#: Nothing from elsewhere, nothing inline, no frame around it.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: On the page that reads her files: its worker, her pictures as the page shows them to her, and one place to send to.
FILES_POLICY: Final = POLICY.replace(
    "img-src 'self';", "img-src 'self' blob:; media-src blob:; worker-src 'self'; connect-src 'self';"
)
_HEADERS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "X-Robots-Tag": "noindex",
}


def page(
    language: Language,
    template: str,
    *,
    here: str,
    status: int = 200,
    policy: str = POLICY,
    **values: Any,  # noqa: ANN401  (what a template takes)
) -> HTMLResponse:
    """The page.  ``here``: its address below the language, to be read in another; a form's answer names the form's."""
    text = rendered(language, template, here=here, at=f"/{language.code}/", **values)
    headers = {"Content-Security-Policy": policy, "Content-Language": language.code}
    return HTMLResponse(text, status, _HEADERS | headers)


def rendered(language: Language, template: str, **values: Any) -> str:  # noqa: ANN401  (what a template takes)
    """The text of a template in a language."""
    return (
        _environment(language)
        .get_template(template)
        .render(
            language=language,
            languages=LANGUAGES.values(),
            asset={name: f"/assets/{asset.name}" for name, asset in assets().items()},
            **values,
        )
    )


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("unseen.http.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    words = translations(language)
    environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    environment.filters["day"] = language.day
    environment.filters["where"] = partial(where, language=language)
    return environment
