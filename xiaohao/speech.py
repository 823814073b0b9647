"""How commands speak: for people in sentences, for programs one JSON document on stdout and nothing else there."""

import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from cases.ids import ids_as_text
from cases.moments import on_paper
from cases.refusals import CaseError, FormIncomplete
from config.messages import say

REFUSED = 1
BROKEN = 3  # the command could not say what it found
AsJson = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]


class ShownByDefault(TyperGroup):
    """Commands of which ``show`` is meant when none is named: ``signals 2026-0001`` is ``signals show 2026-0001``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``show`` in front of what names no command."""
        named = not args or args[0] in self.commands or args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if named else ["show", *args])


def language() -> str:
    """Return the language of the terminal: Chinese unless it is set to English."""
    asked = os.environ.get("XIAOHAO_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if asked.lower().startswith("en") else "zh"


def tell(as_json: bool, document: Any, lines: Iterable[str]) -> None:
    """Print *document* as JSON, or *lines* for people."""
    if as_json:
        print(json.dumps(ids_as_text(document), ensure_ascii=False, indent=1, default=_plain))
        return
    for line in lines:
        print(line)


def sentence(key: str, **facts: object) -> str:
    """Return a sentence of the command line (``cli.*``) in the language of the terminal."""
    return say(language(), f"cli.{key}", **facts)


def on_screen(moment: datetime | None) -> str:
    """Return a moment as people in Shanghai read it."""
    return on_paper(moment, language()) if moment else ""


def said(refusal: CaseError) -> str:
    """Return the sentence of a refusal in the language of the terminal."""
    from web.refusals import sentence as in_words

    return in_words(language(), refusal)


def refuse(refusal: CaseError, as_json: bool) -> NoReturn:
    """Say why something was refused, in one sentence, and end with 1."""
    from web.refusals import field_sentence  # not before it is needed: it brings the web server

    text = said(refusal)
    problem: dict[str, Any] = {"code": refusal.code, "text": text}
    if isinstance(refusal, FormIncomplete):
        fields = {field: field_sentence(language(), code) for field, code in refusal.errors.items()}
        problem["errors"] = {field: {"code": refusal.errors[field], "text": words} for field, words in fields.items()}
        text += " " + " ".join(f"{field}: {words}" for field, words in fields.items())
    fail(text, as_json, problem)


def fail(text: str, as_json: bool, problem: Mapping[str, Any] | None = None) -> NoReturn:
    """Say what went wrong and end with 1."""
    if as_json:
        shown = {"refused": dict(problem or {"text": text})}
        print(json.dumps(shown, ensure_ascii=False, indent=1, default=_plain), flush=True)
    else:
        print(text, file=sys.stderr)
    raise SystemExit(REFUSED)


def no_room(refusal: CaseError) -> NoReturn:
    """Say on the error output that nothing more can be written to the output, and end with 3: the command broke down.

    1 would say that something was found or refused, which nobody could have read.
    """
    with suppress(OSError):
        print(said(refusal), file=sys.stderr)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what its buffer still holds has nowhere to go
    raise SystemExit(BROKEN)


def passphrase(*, ask: bool, twice: bool) -> str:
    """Return the passphrase of the environment, else of whoever sits here, if *ask*; "" for none.

    Raises PassphraseMissing where nobody sits here.
    """
    given = os.environ.get("XIAOHAO_BACKUP_PASSPHRASE", "")
    if given or not ask:
        return given
    if not sys.stdin.isatty():
        from xiaohao.passphrase import PassphraseMissing

        raise PassphraseMissing()
    return str(typer.prompt(sentence("passphrase"), hide_input=True, confirmation_prompt=twice, err=True))


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} does not go into JSON")
