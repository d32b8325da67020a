"""Renders a template in a language, with the headers that every page has."""

from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from unseen.http.pages.assets import assets
from unseen.http.pages.languages import LANGUAGES, Language, translations

#: Nothing from elsewhere, nothing inline, no frame around it.
POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "X-Robots-Tag": "noindex",
}


def page(language: Language, template: str, *, here: str, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401  (what a template takes)
    """The page.  ``here``: its address below the language, to be read in another; a form's answer names the form's."""
    text = (
        _environment(language)
        .get_template(template)
        .render(
            language=language,
            languages=LANGUAGES.values(),
            here=here,
            at=f"/{language.code}/",
            asset={name: f"/assets/{asset.name}" for name, asset in assets().items()},
            **values,
        )
    )
    return HTMLResponse(text, status, _HEADERS | {"Content-Language": language.code})


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
    return environment
