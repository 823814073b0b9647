"""A benchmark world becomes a database of the product: the rows that its acts would have written, with their moments.

Nothing here reads a label. What the format knows and the product keeps elsewhere is said at each place.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert

from cases.moments import SHANGHAI, shanghai_date
from persistence import tables as t
from persistence.columns import new_id
from xiaohao.bench_format import AccountKind, Finding, FundSource, IssueList, Place, Post, Review, Waiver, World

_ACCOUNTS = {
    AccountKind.TREASURY: "treasury",
    AccountKind.NON_TAX: "non_tax",
    AccountKind.DISCIPLINE: "discipline",
    AccountKind.OWN: "own",
    AccountKind.COLLECTIVE: "collective",
    AccountKind.PERSONAL: "original_payer",
    AccountKind.OUTSIDE: "other",
}
_FUNDS = {
    FundSource.FISCAL: "fiscal",
    FundSource.ENTERPRISE: "enterprise",
    FundSource.COLLECTIVE: "collective",
    FundSource.MASSES: "masses",
}
_WAIVERS = {"WRITE_OFF": "amount", "CORRECTED_AMOUNT": "amount", "NO_ACCOUNTABILITY": "accountability"}
_ACTIONS = {
    "TALK": "talk",
    "CRITICISM": "criticism",
    "ADMONITION": "admonition",
    "ORGANISATIONAL": "organisational",
    "DISMISSAL": "dismissal",
    "SANCTION": "sanction",
}
_DAY = timedelta(days=1)
Row = dict[str, Any]


@dataclass
class Rows:
    """What is to be put down, table by table, in the order in which foreign keys ask for it."""

    by_table: dict[Table, list[Row]] = field(default_factory=dict)

    def add(self, table: Table, **values: Any) -> int:
        """Take in a row and return its id."""
        values.setdefault("id", new_id()) if "id" in table.c else None
        self.by_table.setdefault(table, []).append(values)
        return int(values.get("id", 0))

    def write(self, conn: Connection) -> None:
        """Put everything down."""
        for table in t.metadata.sorted_tables:
            rows = self.by_table.get(table, [])
            for columns in {tuple(sorted(row)) for row in rows}:
                conn.execute(insert(table), [row for row in rows if tuple(sorted(row)) == columns])


@dataclass
class Loaded:
    """Ids of what was loaded, by the codes of the world."""

    units: dict[str, int] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # path under files/ -> sha256


class Loading:
    """One world on its way into a database."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world = world
        self.directory = directory
        self.rows = Rows()
        self.ids = Loaded()
        self._measures: dict[tuple[int, int | None], int] = {}
        self.begun = min((each.inspection_from for each in world.lists), default=date(2020, 1, 1)) - 3650 * _DAY

    def into(self, conn: Connection) -> Loaded:
        """Write everything; return the ids."""
        self._tree()
        rounds = {
            each.code: self.rows.add(t.rounds, name=each.name, year=2025, office_unit_id=self.ids.units[each.office])
            for each in self.world.rounds
        }
        for each in self.world.lists:
            self._list(each, rounds[each.round])
        of_list = {each.number: each for each in self.world.lists}
        for finding in self.world.findings:
            self._finding(finding, of_list[finding.list])
        self._office()
        self.rows.write(conn)
        return self.ids

    # --- the tree -------------------------------------------------------------------------------------------------

    def _tree(self) -> None:
        waiting = list(self.world.units)
        while waiting:
            unit = next(u for u in waiting if u.parent is None or u.parent in self.ids.units)
            waiting.remove(unit)
            number = new_id()
            path = f"{self.ids.paths[unit.parent] if unit.parent else '/'}{number}/"
            self.ids.units[unit.code], self.ids.paths[unit.code] = number, path
            self.rows.add(
                t.units,
                id=number,
                parent_id=self.ids.units[unit.parent] if unit.parent else None,
                path=path,
                name=unit.name,
                short_name=unit.short_names[0] if unit.short_names else unit.name,
                kind=unit.kind,
                valid_from=self.begun,
            )
            for other in unit.short_names[1:]:
                self.rows.add(
                    t.unit_names, unit_id=number, name=unit.name, short_name=other, valid_from=self.begun,
                    valid_until=self.begun,
                )  # fmt: skip
        for post in self.world.posts:
            self._post(post)

    def _post(self, post: Post) -> None:
        """One person holds each post; the format knows people by their posts."""
        unit = self.ids.units[post.unit]
        self.ids.posts[post.code] = self.rows.add(
            t.posts, unit_id=unit, title=post.title, role=post.role, scope_unit_id=unit, valid_from=self.begun
        )
        person = self.rows.add(t.people, staff_number=post.code, name=post.title[:60])
        self.ids.people[post.code] = person
        self.rows.add(t.tenures, post_id=self.ids.posts[post.code], person_id=person, valid_from=self.begun)

    # --- lists ------------------------------------------------------------------------------------------------------

    def _case(self, kind: str, at: datetime) -> int:
        return self.rows.add(t.cases, kind=kind, changed_at=at, changed_by="benchmark", changed_act="benchmark")

    def _list(self, each: IssueList, round_id: int) -> None:
        unit = self.ids.units[each.unit]
        number = self.ids.lists[each.number] = self._case("issue_list", _noon(each.feedback_on))
        self.rows.add(
            t.issue_lists,
            id=number,
            number=each.number,
            round_id=round_id,
            unit_id=unit,
            unit_path=self.ids.paths[each.unit],
            office_unit_id=unit,
            title=each.number,
            source=each.source,
            state="open",
            feedback_on=each.feedback_on,
            plan_approved_at=each.plan_approved_at,
            report_due_on=each.report_due_on,
            created_at=_noon(each.inspection_to),
        )
        for again in each.entries or (None,):
            self._entry(
                "inspection", _noon(each.inspection_from), entered=_noon(each.feedback_on), list_id=number,
                until=each.inspection_to.isoformat(), again=again.isoformat() if again else None,
            )  # fmt: skip
        for rate in each.reported_rates:
            self._entry("report", rate.at, list_id=number, done=rate.done, total=rate.total, rate=str(rate.rate))
        for meeting in each.meetings:
            self._entry(
                "meeting", meeting.at, list_id=number, title=meeting.subject,
                chief_attended=each.chief in meeting.attended,
            )  # fmt: skip
        for signature in each.signatures:
            by_chief = signature.by == each.chief and signature.for_whom is None
            document = "plan" if signature.document == "plan" else "report"
            self._entry("signature", signature.at, list_id=number, document=document, by_chief=by_chief)
        for survey in each.surveys:
            percent = 100 * survey.satisfied // survey.answered if survey.answered else 0
            self._entry(
                "survey", survey.at, list_id=number, asked=survey.asked, answered=survey.answered, satisfied=percent
            )

    # --- findings ---------------------------------------------------------------------------------------------------

    def _finding(self, finding: Finding, of_list: IssueList) -> None:
        number = self.ids.findings[finding.number] = self._case("finding", finding.as_of)
        unit = of_list.unit
        submitted = max((each.at for each in finding.submissions), default=None)
        closed = finding.signed_off_at
        self.rows.add(
            t.findings,
            id=number,
            number=finding.number,
            list_id=self.ids.lists[finding.list],
            seq=str(finding.seq),
            unit_id=self.ids.units[unit],
            unit_path=self.ids.paths[unit],
            office_unit_id=self.ids.units[unit],
            aspect=finding.aspect,
            category=finding.category,
            title=finding.title,
            detail=finding.detail,
            amount_yuan=finding.amount_yuan,
            headcount=finding.headcount,
            kind=finding.kind,
            is_key=finding.is_key,
            is_systemic=finding.is_systemic,
            leader_post_id=self.ids.posts[finding.leader],
            handler_post_id=self.ids.posts[finding.handler],
            chief_post_id=self.ids.posts[of_list.chief],
            due_on=finding.due_on,
            first_due_on=finding.first_due_on,
            due_text="立行立改" if finding.source_kind == "IMMEDIATE" else "",
            state="signed_off" if finding.state == "signed_off" else "open",
            cycle=1,
            basic_done=finding.state == "basic_done",
            overdue_since=finding.due_on + _DAY if _is_late(finding, submitted) else None,
            issued_at=finding.issued_at,
            accepted_at=finding.accepted_at,
            submitted_at=submitted,
            progress_at=max((each.at for each in finding.progress), default=None),
            signed_off_at=closed,
        )
        self._plan(finding, number)
        self._course(finding, number)
        self._evidence(finding, number)
        self._registers(finding, number)

    def _plan(self, finding: Finding, number: int) -> None:
        done = {}
        for measure in finding.measures:
            row = self.rows.add(
                t.measures, finding_id=number, seq=measure.seq, text=measure.text, kind=measure.kind,
                due_on=measure.due_on,
            )  # fmt: skip
            self._measures[number, measure.seq] = row
            if measure.completion:
                done[str(row)] = measure.completion
        for seq, step in enumerate(finding.milestones, 1):
            self.rows.add(
                t.milestones, finding_id=number, seq=seq, text=step.text, due_on=step.due_on, held_at=step.held_at
            )
        for told in finding.submissions:
            self.rows.add(
                t.submissions, finding_id=number, cycle=1, person_id=self.ids.people[told.by],
                completion=told.completion, measures_done=done, recovered_yuan=told.recovered_yuan, at=told.at,
            )  # fmt: skip
            if told.claimed_heads is not None:
                amount = str(told.recovered_yuan or 0)
                self._entry("claimed_refund", told.at, finding_id=number, amount=amount, persons=told.claimed_heads)

    def _course(self, finding: Finding, number: int) -> None:
        for entry in finding.progress:
            self.rows.add(
                t.progress_reports, finding_id=number, cycle=1, person_id=self.ids.people[entry.by], text=entry.text,
                percent=entry.percent, at=entry.at,
            )  # fmt: skip
        for asked in finding.extensions:
            self.rows.add(
                t.extensions, finding_id=number, cycle=1, asked_by=self.ids.people[finding.handler],
                asked_at=asked.asked_at, from_due_on=asked.from_due_on, until=asked.until, reason=asked.reason,
                verdict=asked.verdict, decided_at=asked.decided_at, comment="",
                decided_by=self.ids.people[asked.decided_by] if asked.decided_by else None,
            )  # fmt: skip
        for visit in finding.visits:
            inspectors = [self.ids.people[code] for code in visit.inspectors]
            self.rows.add(
                t.look_backs, finding_id=number, cycle=1, durability=False, method=visit.method,
                inspectors=inspectors, place=visit.place, started_on=shanghai_date(visit.started_at),
                ended_on=shanghai_date(visit.ended_at), record=visit.record, result=visit.result,
                recorded_by=inspectors[0] if inspectors else None, recorded_at=visit.ended_at,
                confirmed_by=inspectors[-1] if inspectors else None, confirmed_at=visit.ended_at,
            )  # fmt: skip
            for photo in visit.photos:
                self._attach(number, photo, photo, visit.ended_at, inspectors[0], kind="ONSITE_RECORD")

    def _evidence(self, finding: Finding, number: int) -> None:
        ids: dict[str, int] = {}
        for piece in finding.evidence:
            ids[piece.id] = self._attach(
                number, piece.file, piece.filename, piece.uploaded_at, self.ids.people[piece.uploader],
                kind=piece.kind, purpose=piece.purpose, locator=piece.locator, effective_on=piece.effective_on,
                withdrawn_at=piece.withdrawn_at, replaces_id=ids.get(piece.replaces or ""),
                measure_id=self._measures.get((number, piece.measure)),
                cycle=2 if finding.reopened_at and piece.uploaded_at >= finding.reopened_at else 1,
            )  # fmt: skip
        by_file: dict[str, int] = {piece.file: ids[piece.id] for piece in finding.evidence}
        for review in finding.reviews:
            self._review(review, number, by_file)

    def _review(self, review: Review, number: int, by_file: Mapping[str, int]) -> None:
        person = self.ids.people[review.by]
        self.rows.add(
            t.reviews, case_id=number, cycle=1, act=review.act, person_id=person, person_name=review.by[:60],
            verdict=review.verdict, comment=review.comment, at=review.decided_at,
        )  # fmt: skip
        seconds = int((review.decided_at - review.opened_at).total_seconds())
        self.rows.add(
            t.page_views, case_id=number, person_id=person, opened_at=review.opened_at, seconds=max(seconds, 0)
        )
        for file in review.opened_files:
            if file in by_file:
                self.rows.add(t.file_openings, evidence_id=by_file[file], person_id=person, at=review.opened_at)

    def _attach(self, number: int, file: str, name: str, at: datetime, person: int, **more: Any) -> int:
        sha256 = self._blob(file)
        given = {"kind": "OTHER", "purpose": "RESULT", "locator": "", "cycle": 1} | more
        return self.rows.add(
            t.evidence, finding_id=number, sha256=sha256, filename=name, uploaded_by=person, uploaded_at=at,
            version=1, **given,
        )  # fmt: skip

    def _blob(self, file: str) -> str:
        if file not in self.ids.files:
            content = (self.directory / "files" / file).read_bytes()
            sha256 = hashlib.sha256(content).hexdigest()
            if sha256 not in self.ids.files.values():
                self.rows.add(
                    t.blobs, sha256=sha256, size=len(content), media_type="application/octet-stream",
                    stored_at=datetime(2020, 1, 1, tzinfo=UTC),
                )  # fmt: skip
            self.ids.files[file] = sha256
        return self.ids.files[file]

    # --- registers --------------------------------------------------------------------------------------------------

    def _registers(self, finding: Finding, number: int) -> None:
        units = {unit.code: unit.name for unit in self.world.units}
        place: Place | None = finding.place
        self._entry(
            "particulars", finding.issued_at, finding_id=number,
            place=place.name if place else "", latitude=str(place.lat) if place else None,
            longitude=str(place.lon) if place else None,
            fund=_FUNDS[finding.fund_source] if finding.fund_source else None, object="、".join(finding.objects),
            co_units="、".join(units.get(code, code) for code in finding.co_units), needs_on_site=finding.needs_onsite,
        )  # fmt: skip
        for receipt in finding.receipts:
            self._entry(
                "recovery", receipt.at, finding_id=number, amount=str(receipt.amount), payer=receipt.payer,
                account=receipt.payee_account, voucher=receipt.voucher,
            )  # fmt: skip
        for waiver in finding.waivers:
            if waiver.kind in _WAIVERS:
                amount = _waived(waiver, finding)
                self._entry(
                    "waiver", waiver.decided_at, finding_id=number, what=_WAIVERS[waiver.kind],
                    amount=None if amount is None else str(amount), reason=waiver.reason,
                )  # fmt: skip
        for said in finding.callbacks:
            self._entry("callback", said.at, finding_id=number, person=said.person, confirmed=said.confirmed)
        for action in finding.person_actions:
            self._entry(
                "person_action", action.at, finding_id=number, person=action.person, kind=_ACTIONS[action.kind],
                until=action.bars_until.isoformat() if action.bars_until else None, document=action.document,
            )  # fmt: skip
        for check in finding.self_checks:
            self._entry(
                "self_check", check.at, finding_id=number, scope=check.scope, checked=check.checked, found=check.found
            )
        for spot in finding.spot_checks:
            note = "；".join(f"{wrong.fact}：{wrong.reported} / {wrong.found}" for wrong in spot.mismatches)
            self._entry(
                "spot_check", spot.at, finding_id=number, asked=spot.facts, mismatches=len(spot.mismatches), note=note
            )
        for rule in finding.regulations:
            issued = rule.issued_on or shanghai_date(finding.as_of)
            if rule.number or rule.adopted_by or rule.distribution or rule.issued_on:
                self._entry(
                    "regulation", _noon(issued), finding_id=number, title=rule.name, number=rule.number,
                    adopted_by=rule.adopted_by, distribution="、".join(rule.distribution),
                )  # fmt: skip
            for used in rule.executions:
                self._entry(
                    "execution", used.at, finding_id=number, title=rule.name, kind=used.kind.lower(), note=used.text
                )

    def _office(self) -> None:
        world, units = self.world, {unit.code: unit.name for unit in self.world.units}
        early = _noon(self.begun)
        for account in world.accounts:
            self._entry(
                "account", early, number=account.number, holder=units.get(account.holder, account.holder),
                belongs=_ACCOUNTS[account.kind],
            )  # fmt: skip
        for affiliate in world.affiliates:
            self._entry("affiliate", _noon(affiliate.known_on), party=affiliate.party, affiliate=affiliate.of)
        for organisation in world.organisations:
            self._entry("organisation", early, name=organisation.name, short_names="、".join(organisation.short_names))
        for template in world.templates:
            self._entry(
                "approved_document",
                _noon(template.issued_on),
                title=template.name,
                text=template.text,
                reason="template",
            )
        for payment in world.payments:
            self._entry(
                "payment", payment.at, unit_id=self.ids.units[payment.unit], amount=str(payment.amount),
                payee=payment.payee, purpose=payment.purpose,
            )  # fmt: skip
        posts = {post.code: post.unit for post in world.posts}
        for appointed in world.appointments:
            unit = posts.get(appointed.person)
            self._entry(
                "appointment", appointed.at, unit_id=self.ids.units[unit] if unit else None,
                person=appointed.person, title=appointed.title, kind=appointed.kind.lower(),
            )  # fmt: skip
        for complaint in world.complaints:
            self._entry(
                "complaint", complaint.at, unit_id=self.ids.units[complaint.unit] if complaint.unit else None,
                source=complaint.channel.lower(), text=complaint.text, object="、".join(complaint.objects),
            )  # fmt: skip
        for line in world.registrations:
            self._entry(
                "issued_document", _noon(line.registered_on), unit_id=self.ids.units[line.unit], number=line.number,
                title=line.title, copied_on=line.copied_on.isoformat() if line.copied_on else None,
            )  # fmt: skip

    def _entry(self, register: str, at: datetime, *, entered: datetime | None = None, **values: Any) -> None:
        about = {name: values.pop(name, None) for name in ("finding_id", "list_id", "unit_id")}
        self.rows.add(
            t.register_entries, register=register, at=at, fields=values, person_id=0, entered_at=entered or at,
            place="", **about,
        )  # fmt: skip


def _is_late(finding: Finding, submitted: datetime | None) -> bool:
    return shanghai_date(submitted or finding.as_of) > finding.due_on


def _waived(waiver: Waiver, finding: Finding) -> Decimal | None:
    """Return what need not come back; of a corrected amount the format keeps what is left to recover."""
    if waiver.kind == "CORRECTED_AMOUNT" and waiver.amount is not None and finding.amount_yuan is not None:
        return finding.amount_yuan - waiver.amount
    return waiver.amount


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), SHANGHAI)
