"""Random people do random things to one finding: whatever they try, what is promised holds after each step."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from cases.moments import shanghai_date
from cases.refusals import CaseError
from persistence import case_store
from persistence.people import staff_of
from persistence.tables import reviews
from persistence.verification import verify
from tests.support.city import CHECKED, NOON, City, open_city, sqlite_copy

PEOPLE = (
    "u11handler", "u11leader", "u11chief", "u11member", "u12handler", "office1", "team1", "verifier1", "verifier2",
    "lookback1", "lookback2", "lookback3", "signer1", "signer2", "discipline1", "sysadmin1",
)  # fmt: skip
VERDICTS = ("agreed", "returned", "confirmed", "false", "signed", "held", "approved", "refused", "waived")
REASON = "省高院二审尚未开庭，资产过户须待判决生效后办理"


class OneFinding(RuleBasedStateMachine):
    """One finding of the city, and everybody who could want something of it."""

    @initialize(
        which=st.sampled_from([0, 2]), stage=st.sampled_from(["rectifying", "verifying", "verifying", "signing"])
    )
    def begin(self, which: int, stage: str) -> None:
        self.folder = TemporaryDirectory(prefix="xiaohao-hands-")
        place = Path(self.folder.name) / "city"
        self.city: City = open_city(sqlite_copy(place, stage), place / "files", now=NOON)
        self.number = self.city.numbers[which]

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.city.office.database.dispose()
            self.folder.cleanup()

    def attempt(self, login: str, act: str, **given: Any) -> None:
        """Do an act; to be refused is an answer as well."""
        files = given.pop("files", ())
        try:
            self.city.perform(login, act, self.number, given, attachments=tuple(files))
        except CaseError:
            return

    # --- what people do ---------------------------------------------------------------------------------------------

    @rule()
    def the_right_person_does_what_comes_next(self) -> None:
        waiting = [act for act in self.city.waits_for(self.number) if act != "decide_extension"]
        if waiting:
            try:
                self.city.next_step(self.number, waiting[0])
            except CaseError:
                return

    @rule(login=st.sampled_from(PEOPLE), verdict=st.sampled_from(VERDICTS), comment=st.sampled_from([CHECKED, "同意"]))
    def somebody_does_what_comes_next(self, login: str, verdict: str, comment: str) -> None:
        waiting = self.city.waits_for(self.number)
        if waiting:
            today = self.city.today.isoformat()
            self.attempt(
                login, waiting[0], verdict=verdict, result=verdict, comment=comment, pledge=True, sheet_number="5号",
                criteria_met=self.city.criteria(self.number), criteria_conclusions=["1 已查看凭证"], method="on_site",
                place="财务部", started_on=today, ended_on=today, sample="抽取3笔凭证", starts_on=today,
                record="到财务部查阅第3号凭证，走访2名职工，资金确已清退到位。", completion=CHECKED,
                measures_done=["1 已清退", "2 已修订"], inspectors=["13", "14"],
            )  # fmt: skip

    @rule(login=st.sampled_from(PEOPLE), verdict=st.sampled_from(["signed", "returned"]))
    def somebody_signs_off(self, login: str, verdict: str) -> None:
        self.attempt(login, "sign_off", verdict=verdict, comment=CHECKED, sheet_number="〔2026〕5号")

    @rule(login=st.sampled_from(PEOPLE), kind=st.sampled_from(["FUND_RECEIPT", "REPORT"]))
    def somebody_reports(self, login: str, kind: str) -> None:
        self.attempt(login, "report_progress", text="本周清退资金三笔。", files=[self.city.keep("进展.png", kind)])

    @rule(login=st.sampled_from(PEOPLE), verb=st.sampled_from(["claim_task", "release_task"]))
    def somebody_takes_or_gives_back(self, login: str, verb: str) -> None:
        self.attempt(login, verb)

    @rule(login=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE))
    def somebody_hands_over(self, login: str, to: str) -> None:
        self.attempt(login, "hand_over", person=str(self.city.actor(to).person_id), reason=REASON)

    @rule(login=st.sampled_from(PEOPLE), verb=st.sampled_from(["suspend_finding", "resume_finding", "revoke_sign_off"]))
    def somebody_stops_it_or_begins_again(self, login: str, verb: str) -> None:
        self.attempt(login, verb, because="litigation" if verb == "suspend_finding" else "recurred", comment=CHECKED)

    @rule(login=st.sampled_from(PEOPLE), verb=st.sampled_from(["confirm_correction", "decide_correction"]))
    def somebody_consents(self, login: str, verb: str) -> None:
        self.attempt(login, verb, verdict="approved", comment=CHECKED)

    @rule(login=st.sampled_from(["u11handler", "u12handler", "signer1"]))
    def somebody_asks_for_time(self, login: str) -> None:
        self.attempt(login, "ask_extension", until="2026-09-30", reason=REASON)

    @rule(login=st.sampled_from(["signer1", "u11chief"]), verdict=st.sampled_from(["approved", "refused"]))
    def somebody_decides_on_time(self, login: str, verdict: str) -> None:
        self.attempt(login, "decide_extension", verdict=verdict, comment=CHECKED)

    @rule(login=st.sampled_from(PEOPLE), place=st.integers(0, 1))
    def somebody_waives(self, login: str, place: int) -> None:
        measure = str(self.city.measures(self.number)[place])
        self.attempt(login, "decide_waiver", measure=measure, verdict="waived", comment=CHECKED)

    # --- what holds -------------------------------------------------------------------------------------------------

    @precondition(lambda self: hasattr(self, "city"))
    @invariant()
    def the_task_list_is_what_the_engine_waits_for(self) -> None:
        office, case_id = self.city.office, self.city.id_of(self.number)
        with office.read() as conn:
            shown = {(task.instance_id, task.id, task.act) for task in case_store.tasks_of(conn, case_id)}
            waits = {
                (stored.id, task.id, task.act)
                for stored in case_store.live_instances(conn, case_id)
                for task in office.engine(conn, stored.release_id).look(office.unseal(conn, stored)).open_tasks
            }
        assert shown == waits

    @precondition(lambda self: hasattr(self, "city"))
    @invariant()
    def the_ledger_verifies(self) -> None:
        verdict = verify(self.city.office.database, self.city.office.keyring)
        assert verdict.clean, verdict.problems

    @precondition(lambda self: hasattr(self, "city"))
    @invariant()
    def nothing_is_signed_off_without_the_facts(self) -> None:
        row = self.city.finding(self.number)
        if row.state != "signed_off":
            return
        with self.city.office.read() as conn:
            found = case_store.find_finding(conn, self.number)
            assert found is not None
            staff = staff_of(conn, row.unit_path, shanghai_date(row.signed_off_at))
            facts = case_store.dossier(conn, found[1], staff=staff)
            signed = select(reviews.c.person_id).where(
                reviews.c.case_id == row.id, reviews.c.cycle == row.cycle, reviews.c.act == "sign_off",
                reviews.c.verdict == "signed",
            )  # fmt: skip
            (signer,) = conn.scalars(signed)
        assert facts.verified is not None
        assert facts.looked_back is not None
        assert facts.submitted_at is not None
        assert facts.submitted_at <= min(facts.verified.at, facts.looked_back.at)
        assert len(set(facts.looked_back.persons)) >= 2
        assert signer not in facts.rectified_by | facts.checked_by | staff
        assert not facts.rectified_by & {*facts.verified.persons, *facts.looked_back.persons}
        assert (facts.milestones_left, list(facts.criteria_open)) == (0, [])


OneFinding.TestCase.settings = settings(
    max_examples=5, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOneFinding = OneFinding.TestCase
