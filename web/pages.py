"""How a page is made: one template, plain facts, every word from the catalogues, times of Shanghai.

``show(request, "finding.html", facts…)`` is all that an endpoint calls. In templates: ``t(key, …)`` says a sentence in
the visitor's language, ``icon(name)`` draws one of the sprite; the others of `words` print days, moments and money.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cases.moments import SHANGHAI, day_on_paper, on_paper
from config.messages import knows, say
from config.signal_words import signal_sentence
from web.navigation import places_of
from web.signed_in import visitor_language

FOLDER = Path(__file__).parent
NO_STORE = "no-store"


def _icon(name: str, extra: str = "") -> Markup:
    return Markup(
        '<svg class="icon {}" aria-hidden="true"><use href="/static/vendor/icons.svg#{}"></use></svg>'
    ).format(extra, name)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["icon"] = _icon
    made.filters["first"] = lambda items: next(iter(items), None)  # of nothing: nothing, also where words are strict
    made.filters["last"] = lambda items: next(iter(list(items)[-1:]), None)
    made.filters["iso"] = lambda day: day.isoformat() if day else ""
    made.filters["short_moment"] = short_moment
    return made


def short_moment(moment: datetime | None) -> str:
    """Return *moment* for a dense row: month, day and minute of Shanghai."""
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}" if moment else ""


def money(amount: Decimal | None) -> str:
    """Return yuan as people write them."""
    return "" if amount is None else f"{amount:,.2f}"


_templates = _environment()


def words(language: str) -> dict[str, Callable[..., Any]]:
    """Return what templates call to speak *language*."""

    def word(section: str, name: object) -> str:
        """Say a word of a closed set (a stage, a role, a kind); one that a release invented is shown as it stands."""
        key = f"{section}.{name}"
        return say(language, key) if knows(key) else str(name)

    return {
        "signal_sentence": lambda hit: signal_sentence(language, hit["signal"], hit["facts"]),
        "t": lambda key, **facts: say(language, key, **facts),
        "word": word,
        "day": lambda day: day_on_paper(day, language) if isinstance(day, date) else "",
        "moment": lambda moment: on_paper(moment, language) if moment else "",
        "money": money,
    }


def show(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """Return the page *template* in the language of whoever asks; what it shows is not kept by browsers or proxies."""
    language = visitor_language(request)
    person = getattr(request.state, "person", None)
    shown = {
        "language": language,
        "person": person,
        "csrf": person.session.csrf if person else "",
        "places": places_of(person, request.url.path) if person else (),
        "path": request.url.path,
        "query": str(request.url.query),
        **words(language),
        **facts,
    }
    text = _templates.get_template(template).render(shown)
    return HTMLResponse(text, status, {"Cache-Control": NO_STORE, "Content-Language": language, "Vary": "Cookie"})
