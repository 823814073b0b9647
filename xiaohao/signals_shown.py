"""What the signals say of a finding or a list: as it was kept, and as it is at this moment. Looking keeps nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from cases.moments import shanghai_date
from cases.refusals import Unknown
from cases.signals import look
from cases.signals.snapshot import Answer, Hit, ListSnapshot, Snapshot
from config.messages import say
from config.signal_words import signal_sentence
from persistence.snapshots import list_snapshot_of, snapshot_of
from persistence.tables import findings, issue_lists, signal_hits, suspicions
from tasks.office import Office
from tasks.signals import table_in_force
from xiaohao.speech import language, sentence

_KEPT = ("cycle", "signal", "severity", "rule_version", "facts", "quotes", "raised_at", "decision", "reason")


def signals_of(office: Office, conn: Connection, number: str, at: datetime, *, now: bool) -> dict[str, Any]:
    """Return the hits kept of *number* and how they stand at *at*; with *now*, what shows then. Raises Unknown."""
    snapshot = _snapshot(conn, number, at)
    table, _ = table_in_force(office, conn)
    answer = look(snapshot, table)
    unsure = {signal: list(one.lacks) for signal, one in answer.unsure.items()}
    if now:
        return {"number": number, "as_of": at, "signals": [_of_hit(hit) for hit in answer.hits], "unsure": unsure}

    case_id = snapshot.finding_id if isinstance(snapshot, Snapshot) else snapshot.list_id
    about = signal_hits.c.finding_id if isinstance(snapshot, Snapshot) else signal_hits.c.list_id
    found = conn.execute(select(signal_hits).where(about == case_id).order_by(signal_hits.c.id))
    rows = [dict(row) for row in found.mappings()]
    hits = [{name: row[name] for name in _KEPT} | _said(row) | _standing(row, snapshot, answer) for row in rows]
    known = conn.execute(select(suspicions).where(suspicions.c.case_id == case_id)).one_or_none()
    score = {"score": known.score, "route": known.route, "as_of": known.as_of} if known is not None else {}
    return {"number": number, **score, "signals": hits, "unsure": unsure}


def in_lines(document: Mapping[str, Any], *, now: bool) -> list[str]:
    """Return what people read of it."""
    lines = [sentence("signals_now")] if now else []
    if "score" in document:
        route = say(language(), f"suspicion.route_{document['route']}")
        lines.append(
            sentence("signals_scored", score=document["score"], route=route, on=shanghai_date(document["as_of"]))
        )
    lines += [f"{hit['signal']} {hit['severity']}  {hit['sentence']}{_after(hit)}" for hit in document["signals"]]
    if not document["signals"]:
        lines.append(sentence("no_signals"))
    comma = "、" if language() == "zh" else ", "
    for signal, lacks in document["unsure"].items():
        words = comma.join(say(language(), f"signal_lacks.{name}") for name in lacks)
        lines.append(sentence("signal_unsure", signal=signal, lacks=words))
    return lines


def _snapshot(conn: Connection, number: str, at: datetime) -> Snapshot | ListSnapshot:
    finding = conn.scalar(select(findings.c.id).where(findings.c.number == number))
    if finding is not None:
        return snapshot_of(conn, finding, at)
    issue_list = conn.scalar(select(issue_lists.c.id).where(issue_lists.c.number == number))
    if issue_list is None:
        raise Unknown()
    return list_snapshot_of(conn, issue_list, at)


def _of_hit(hit: Hit) -> dict[str, Any]:
    shown = {"signal": hit.signal, "severity": hit.severity, "rule_version": hit.rule_version}
    return shown | {"facts": dict(hit.facts), "quotes": hit.quotes} | _said({"signal": hit.signal, "facts": hit.facts})


def _said(hit: Mapping[str, Any]) -> dict[str, str]:
    return {"sentence": signal_sentence(language(), hit["signal"], hit["facts"])}


def _standing(row: Mapping[str, Any], snapshot: Snapshot | ListSnapshot, answer: Answer) -> dict[str, Any]:
    """Return how a hit that was kept stands now: the same, other facts, gone, or exempt since by the list of papers."""
    shows = [hit for hit in answer.hits if hit.signal == row["signal"]]
    if any(hit.fingerprint == row["fingerprint"] for hit in shows):
        return {"stands": "same"}
    exempt = _exempt(row["facts"], snapshot)
    if exempt:
        return {"stands": "exempt", "exempt": exempt}
    return {"stands": "other" if shows else "gone"}


def _exempt(facts: Mapping[str, Any], snapshot: Snapshot | ListSnapshot) -> list[str]:
    exhibits = snapshot.exhibits if isinstance(snapshot, Snapshot) else ()
    named = str(facts.get("files", ""))
    return sorted({one.filename for one in exhibits if one.exempt and f"《{one.filename}》" in named})


def _after(hit: Mapping[str, Any]) -> str:
    if hit.get("decision"):
        return sentence("signal_decided", decision=say(language(), f"signal_decision.{hit['decision']}"))
    files: Sequence[str] = hit.get("exempt", ())
    return sentence(f"signal_stands_{hit.get('stands', 'same')}", files="、".join(files))
