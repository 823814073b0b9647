"""``xiaohao signals backtest``: what other thresholds would have made of the past; nothing changes by it."""

import sys
from datetime import date, timedelta
from typing import Any

from cases.moments import shanghai_date
from cases.refusals import FormIncomplete
from config.messages import say
from tasks.backtest.comparing import Found
from tasks.backtest.running import NothingChanged, Step, steps
from tasks.kept_releases import release_kept
from tasks.office import Office
from tasks.rule_tables import differing
from xiaohao.speech import language, sentence, tell


def back_test(office: Office, written: list[str], since: date | None, as_json: bool) -> None:
    """Print what the settings *written* (``PR-17.project_days=20``) change. Raises FormIncomplete, NothingChanged."""
    with office.read() as conn:
        release_id = office.release_in_force(conn)
        changes = differing(release_kept(conn, release_id), dict(_setting(each) for each in written))
    if not changes:
        raise NothingChanged()
    begin = since or shanghai_date(office.now()) - timedelta(days=365)
    step = Step(0, 0, 0, Found())
    for step in steps(office, changes, begin, release_id):
        print(sentence("back_test_progress", done=step.looked_at, total=step.total), file=sys.stderr)
    tell(as_json, _document(changes, begin, step), _lines(step))


def _setting(written: str) -> tuple[str, str]:
    name, sign, value = written.partition("=")
    if not sign:
        raise FormIncomplete({written: "wrong"})
    return name.strip(), value.strip()


def _document(changes: dict[str, str], since: date, step: Step) -> dict[str, Any]:
    found = step.found
    return {
        "changes": changes,
        "since": since,
        "findings": step.looked_at,
        "signals": found.of_signals(),
        "routes": found.of_ways(),
        "samples": found.samples,
    }


def _lines(step: Step) -> list[str]:
    lines = [sentence("back_test_done", count=step.looked_at)]
    for signal, changes in step.found.of_signals().items():
        for change, decisions in changes.items():
            counts = "  ".join(f"{_word(decision)} {count}" for decision, count in decisions.items())
            lines.append(f"{signal}  {_word('new_ones' if change == 'new' else change)}  {counts}")
    for way, ends in step.found.of_ways().items():
        counts = "  ".join(f"{_word(f'end_{end}')} {count}" for end, count in ends.items())
        lines.append(f"{way.replace('>', ' → ')}  {counts}")
    return lines


def _word(key: str) -> str:
    return say(language(), f"back_test.{key}")
