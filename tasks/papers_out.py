"""整理成文: the values of the papers of a list or a finding, gathered for somebody with the rights of that person.

Reads only. A list of thousands is read with one query per table, never one per finding.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, select

from cases.figures import printed_of
from cases.finding import Kind, State
from cases.known_words import required
from cases.moments import day_on_paper, shanghai_date
from cases.refusals import Unknown
from cases.reporting import kind_word, status_word
from cases.rights import Actor, outside
from config.messages import say
from documents.papers.values import FindingValues, LedgerLine, ListValues, Opinion
from persistence import dossiers, figures, log
from persistence.figures import FigureFilters
from persistence.ledger import of_case
from persistence.overdue import overdue_on
from persistence.tables import (
    evidence,
    extensions,
    findings,
    issue_lists,
    measures,
    posts,
    progress_reports,
    reviews,
    rounds,
    submissions,
    units,
)
from persistence.visibility import visible_findings, visible_lists

F = findings.c
WAN = Decimal(10_000)
NOT_LASTING = ("revoked", "recurred")
UNIT_ACTS = ("review_rectification", "sign_rectification")
_STATUS = {State.REGISTERED: "未交办", State.SUSPENDED: "中止", State.SIGNED_OFF: "已销号"}


def list_values(conn: Connection, actor: Actor, number: str, today: date) -> ListValues:
    """Return what the papers of the list *number* say to *actor*. Raises Unknown."""
    row = dossiers.find_case(conn, issue_lists, number, visible_lists(actor))
    if row is None:
        raise Unknown()
    told = {event.event: event.body for event in of_case(conn, row.id)}  # of several the last one stands
    planned, reported = (told.get(name, {}) for name in ("PlanSubmitted", "ProgressReportSigned"))
    visible = visible_findings(actor)
    return ListValues(
        number=row.number,
        title=row.title,
        unit=_name(conn, units, row.unit_id),
        office=_name(conn, units, row.office_unit_id),
        round_name=_name(conn, rounds, row.round_id),
        feedback_on=row.feedback_on,
        as_of=today,
        chief=_chief(conn, row.unit_id),
        plan_adopted_on=_day(_said(planned, "adopted_on")),
        plan_summary=_said(planned, "summary"),
        report_summary=_said(reported, "summary"),
        lines=ledger_lines(conn, visible & (findings.c.list_id == row.id), today),
        tally=figures.tally(conn, visible, FigureFilters(today, list_id=row.id)),
        checkpoint=checkpoint_sentence(conn, today),
        superior=_superior(conn, row.unit_id),
        formulas=printed_of(row.completion, row.rounding),
        places=dict(conn.execute(select(F.number, F.place).where(F.list_id == row.id, visible)).tuples().all()),
    )


def unit_of_list(conn: Connection, actor: Actor, number: str) -> str:
    """Return the unit of a list that *actor* may see. Raises Unknown."""
    row = dossiers.find_case(conn, issue_lists, number, visible_lists(actor))
    if row is None:
        raise Unknown()
    return _name(conn, units, row.unit_id)


def office_of(conn: Connection, round_id: int | None) -> str:
    """Return who inspected in a round; of several rounds in the newest."""
    wanted = select(rounds.c.office_unit_id).order_by(rounds.c.year.desc(), rounds.c.id.desc())
    if round_id is not None:
        wanted = wanted.where(rounds.c.id == round_id)
    return _name(conn, units, conn.scalar(wanted.limit(1)))


def checkpoint_sentence(conn: Connection, today: date, language: str = "zh") -> str:
    """Return up to where the log was sealed when a paper was made, so that the paper can be held against it later."""
    sealed, day = log.latest(conn), day_on_paper(today, language)
    if sealed is None:
        return say(language, "paper.no_checkpoint", day=day)
    return say(language, "paper.checkpoint", day=day, size=sealed.size, root=sealed.root)


# --- the ledger -----------------------------------------------------------------------------------------------------


def ledger_lines(conn: Connection, condition: ColumnElement[bool], today: date) -> tuple[LedgerLine, ...]:
    """Return the 32 columns of every finding that *condition* lets through, by number."""
    leader, handler, lead = posts.alias("leader"), posts.alias("handler"), units.alias("lead")
    query = (
        select(findings, units.c.name.label("unit_name"), leader.c.title.label("leader_title"),
               handler.c.title.label("handler_title"), lead.c.name.label("lead_name"),
               issue_lists.c.status_family.label("family"), overdue_on(today).label("is_overdue"))
        .outerjoin(units, units.c.id == F.unit_id)
        .outerjoin(issue_lists, issue_lists.c.id == F.list_id)
        .outerjoin(leader, leader.c.id == F.leader_post_id)
        .outerjoin(handler, handler.c.id == F.handler_post_id)
        .outerjoin(lead, lead.c.id == F.lead_unit_id)
        .where(condition)
        .order_by(F.number)
    )  # fmt: skip
    beside = _Beside(conn, select(F.id).where(condition))
    return tuple(_line(row, beside) for row in conn.execute(query))


class _Beside:
    """What hangs on the findings of a list, by finding, oldest first."""

    def __init__(self, conn: Connection, wanted: Select[Any]) -> None:
        def grouped(table: Table, order: str = "id") -> Mapping[int, list[Row[Any]]]:
            key = table.c.finding_id if "finding_id" in table.c else table.c.case_id
            found: dict[int, list[Row[Any]]] = defaultdict(list)
            for row in conn.execute(select(table, key.label("of")).where(key.in_(wanted)).order_by(table.c[order])):
                found[row.of].append(row)
            return found

        self.measures = grouped(measures, "seq")
        self.progress = grouped(progress_reports)
        self.submissions = grouped(submissions)
        self.evidence = grouped(evidence)
        self.reviews = grouped(reviews)
        self.extensions = grouped(extensions)


def _line(row: Row[Any], beside: _Beside) -> LedgerLine:
    written: Mapping[str, str] = row.written or {}
    submitted = [one for one in beside.submissions.get(row.id, []) if one.cycle == row.cycle]
    reported = beside.progress.get(row.id, [])
    files = [one for one in beside.evidence.get(row.id, []) if one.cycle == row.cycle and one.withdrawn_at is None]
    judged = [one for one in beside.reviews.get(row.id, []) if one.cycle == row.cycle]
    last = submitted[-1] if submitted else None
    return LedgerLine(
        seq=row.seq,
        number=row.number,
        aspect=row.aspect,
        category=row.category,
        title=row.title,
        detail=row.detail,
        amount=in_wan(row.amount_yuan),
        headcount="" if row.headcount is None else str(row.headcount),
        kind=_kind(row.family, row.kind),
        target=row.target,
        measures=tuple(one.text for one in beside.measures.get(row.id, [])),
        responsible_leader=row.leader_title or row.leader_text,
        lead_org=row.lead_name or row.lead_unit_text,
        responsible_org=row.responsible_unit_text or row.unit_name or "",
        responsible_person=row.handler_title or row.handler_text,
        phone=written.get("phone", ""),
        starts_on=_iso(row.starts_on or _shanghai(row.issued_at)),
        due=_iso(row.due_on) or row.due_text,
        progress=reported[-1].text if reported else written.get("progress", ""),
        status=_status(row),
        done_on=_iso(_shanghai(last.at)) if last else "",
        result=last.completion if last else written.get("result", ""),
        recovered=in_wan(last.recovered_yuan) if last else "",
        person_actions=written.get("person_actions", ""),
        regulations=tuple(one.filename for one in files if one.kind == "REGULATION"),
        evidence_refs=tuple(one.filename for one in files),
        unfinished_reason="" if row.state == State.SIGNED_OFF else written.get("unfinished_reason", ""),
        next_steps="" if row.state == State.SIGNED_OFF else written.get("next_steps", ""),
        extensions=_extended(beside.extensions.get(row.id, [])) or written.get("extensions", ""),
        review_opinion=_last(judged, "verify_rectification") or written.get("review_opinion", ""),
        sign_off=_signed(row, judged),
        remark=written.get("remark", ""),
    )


def _kind(family: str | None, kind: str) -> str:
    return kind_word(family, required(Kind, kind)) if family else say("zh", f"kind.{kind}")


def _status(row: Row[Any]) -> str:
    """Return the state in the words of a ledger; a claim that nobody has verified is no completion."""
    if row.family:
        state, kind = required(State, row.state), required(Kind, row.kind)
        return status_word(row.family, state, kind, accepted_at=row.accepted_at, basic_done=row.basic_done)
    if row.state != State.OPEN:
        return _STATUS[required(State, row.state)]
    if row.basic_done:
        return "基本完成"
    return "已提交待核查" if row.submitted_at else "整改中（逾期）" if row.is_overdue else "整改中"


def _extended(rows: Iterable[Row[Any]]) -> str:
    return "；".join(f"延至{one.until}（{one.reason}）" for one in rows if one.verdict == "approved")


def _last(judged: Iterable[Row[Any]], act: str) -> str:
    found = [f"{say('zh', f'verdict.{one.verdict}')}：{one.comment}" for one in judged if one.act == act]
    return found[-1] if found else ""


def _signed(row: Row[Any], judged: Iterable[Row[Any]]) -> str:
    if row.state != State.SIGNED_OFF:
        return ""
    sheets = [one.sheet_number for one in judged if one.act == "sign_off" and one.sheet_number]
    written = (row.written or {}).get("sign_off", "")
    return " ".join(part for part in (_iso(_shanghai(row.signed_off_at)), *sheets[-1:]) if part) or written or "已销号"


# --- one finding ----------------------------------------------------------------------------------------------------


def finding_values(conn: Connection, actor: Actor, number: str, today: date) -> FindingValues:
    """Return what the papers about the finding *number* say to *actor*, of its present cycle. Raises Unknown."""
    visible = visible_findings(actor)
    row = dossiers.find_case(conn, findings, number, visible)
    if row is None:
        raise Unknown()
    facts = dossiers.finding_dossier(conn, row, warned=outside(actor, row.unit_path))

    def present(name: str) -> list[dict[str, Any]]:
        return [one for one in facts[name] if one["cycle"] == facts["cycle"]]

    listed = conn.execute(select(issue_lists).where(issue_lists.c.id == row.list_id)).one()
    submitted = present("submissions")[-1:]
    done: Mapping[str, str] = submitted[0]["measures_done"] if submitted else {}
    files = [one for one in present("evidence") if one["withdrawn_at"] is None]
    visits = [one for one in present("look_backs") if one["confirmed_at"]]
    opened = select(findings.c.number, findings.c.title).where(visible, findings.c.parent_id == row.id)
    return FindingValues(
        number=number,
        unit=facts["unit"] or "",
        office=facts["office_unit"] or "",
        round_name=_name(conn, rounds, listed.round_id),
        feedback_on=listed.feedback_on,
        kind=_kind(listed.status_family, facts["kind"]),
        due_on=facts["due_on"],
        leader=facts["leader_post"] or facts["leader_text"],
        handler=facts["handler_post"] or facts["handler_text"],
        amount=_with_unit(facts["amount_yuan"]),
        recovered=_with_unit(submitted[0]["recovered_yuan"] if submitted else None),
        title=facts["title"],
        detail=facts["detail"],
        criteria=tuple(filter(None, (facts["target"], *(one["text"] for one in facts["criteria"])))),
        measures=tuple(_with_result(one, done) for one in facts["measures"]),
        completion=submitted[0]["completion"] if submitted else "",
        evidence=tuple(_file(one) for one in files),
        unit_opinions=_opinions(present("reviews"), *UNIT_ACTS, since=submitted),
        verifications=_opinions(present("reviews"), "verify_rectification", since=submitted),
        look_backs=tuple(_visit(one) for one in visits if not one["durability"]),
        decisions=_opinions(present("reviews"), "sign_off", since=submitted),
        signed_off_on=_shanghai(facts["signed_off_at"]) if facts["state"] == State.SIGNED_OFF else None,
        checkpoint=checkpoint_sentence(conn, today),
        submitted_on=_shanghai(submitted[0]["at"]) if submitted else None,
        conclusions=_conclusions(facts["criteria"], present("reviews"), submitted),
        adopted=tuple(_adopted(one) for one in files if one["adopted"] is not None),
        later_visits=tuple(_visit(one) for one in visits if one["durability"]),
        new_facts=tuple(f"{one.number}　{one.title}" for one in conn.execute(opened.order_by(findings.c.number))),
        taken_back=tuple(_taken_back(one) for one in facts["cycles"] if one["because"] in NOT_LASTING),
    )


def _conclusions(
    of: Iterable[Mapping[str, Any]], given: Iterable[Mapping[str, Any]], since: list[dict[str, Any]]
) -> tuple[str, ...]:
    """Return criterion by criterion what the last verification of this submission found."""
    found = [one for one in given if one["act"] == "verify_rectification" and since and one["at"] >= since[0]["at"]]
    concluded: Mapping[str, str] = (found[-1]["items"] or {}) if found else {}
    return tuple(
        f"{one['text']}：{say('zh', 'paper.criterion_' + concluded[str(one['seq'])])}"
        for one in of
        if str(one["seq"]) in concluded
    )


def _adopted(one: Mapping[str, Any]) -> str:
    because = f"（{one['adopted_reason']}）" if one["adopted_reason"] else ""
    return f"{one['filename']}：{say('zh', 'verdict.adopted' if one['adopted'] else 'verdict.rejected')}{because}"


def _taken_back(cycle: Mapping[str, Any]) -> str:
    opened = shanghai_date(cycle["opened_at"])
    return f"{day_on_paper(opened, 'zh')}：{say('zh', 'because.' + cycle['because'])}。{cycle['reason']}".rstrip("。")


def _with_result(measure: Mapping[str, Any], done: Mapping[str, str]) -> str:
    result = done.get(str(measure["seq"]), "")
    return f"{measure['text']}（{result}）" if result else str(measure["text"])


def _file(one: Mapping[str, Any]) -> str:
    dated = f"，{one['effective_on']}" if one["effective_on"] else ""
    return f"{one['filename']}（{say('zh', 'evidence_kind.' + one['kind'])}{dated}）"


def _opinions(given: Iterable[Mapping[str, Any]], *acts: str, since: list[dict[str, Any]]) -> tuple[Opinion, ...]:
    """Return the verdicts on the submission that stands, not those on one that was returned."""
    first = since[0]["at"] if since else None
    return tuple(
        Opinion(
            f"{say('zh', 'verdict.' + one['verdict'])}。{one['comment']}",
            _who(one["post_title"], one["person_name"]),
            shanghai_date(one["at"]),
            one["sheet_number"] or "",
        )
        for one in given
        if one["act"] in acts and first is not None and one["at"] >= first
    )


def _visit(one: Mapping[str, Any]) -> Opinion:
    days = "至".join(dict.fromkeys(day_on_paper(day, "zh") for day in (one["started_on"], one["ended_on"]) if day))
    parts = (say("zh", f"method.{one['method']}"), one["place"], days, one["sample"])
    result = say("zh", f"verdict.{one['result']}")
    told = f"{'，'.join(part for part in parts if part)}。{one['record']}结论：{result}。"
    return Opinion(told, "、".join(filter(None, one["inspectors"])), shanghai_date(one["confirmed_at"]))


def _who(post: str, name: str) -> str:
    return name if not post or post in name else f"{post}　{name}"


# --- words ----------------------------------------------------------------------------------------------------------


def in_wan(yuan: Decimal | None) -> str:
    """Return *yuan* in 万元, exactly."""
    return "" if yuan is None else f"{(yuan / WAN).normalize():f}"


def _with_unit(yuan: Decimal | None) -> str:
    return f"{in_wan(yuan)}万元" if yuan is not None else ""


def _name(conn: Connection, table: Table, key: int | None) -> str:
    return str(conn.scalar(select(table.c.name).where(table.c.id == key)) or "") if key is not None else ""


def _chief(conn: Connection, unit_id: int) -> str:
    post = select(posts.c.title).where(
        posts.c.unit_id == unit_id, posts.c.role == "chief", posts.c.valid_until.is_(None)
    )
    return str(conn.scalar(post.order_by(posts.c.id).limit(1)) or "")


def _superior(conn: Connection, unit_id: int) -> str:
    post = select(posts.c.title).join(units, units.c.superior_post_id == posts.c.id).where(units.c.id == unit_id)
    return str(conn.scalar(post) or "")


def _said(body: Mapping[str, Any], name: str) -> str:
    """Return a fact of an event, wherever its record keeps it."""
    for place in (body, *(each for each in body.values() if isinstance(each, Mapping))):
        if name in place:
            return str(place[name])
    return ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _shanghai(moment: datetime | None) -> date | None:
    return shanghai_date(moment) if moment else None


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
