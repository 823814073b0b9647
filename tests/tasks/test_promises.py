"""What holds for every act: once, in order, seen by those who may, and whatever is drawn."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from bpmn.release import Release
from cases.finding import Kind
from cases.issue_list import FindingsOpen
from cases.refusals import CaseChanged, CaseError, KeyUsedOtherwise, NoSuchTask, NotPermitted, RehearsalOnly, Unknown
from cases.rights import Clearance
from persistence.columns import new_id
from persistence.overviews import FindingFilters, list_findings
from persistence.tables import (
    findings,
    idempotency,
    instances,
    issue_lists,
    messages,
    recusals,
    reviews,
    settings,
)
from persistence.visibility import visible_findings
from tasks.between_cases import hear_messages, wake_due
from tasks.office import Answer
from tasks.open_list import open_list
from tasks.releases import everything_shipped
from tests.architecture.checkout import ROOT
from tests.support.city import CHECKED, ISSUED_ON, City

PROGRESS = {"text": "本周清退资金三笔，共一万二千元。"}


def together(*calls: Callable[[], Answer]) -> list[Answer | CaseError]:
    """Run *calls* at the same moment, each in a thread of its own; return what each of them got."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Answer]) -> Answer | CaseError:
        start.wait()
        try:
            return call()
        except CaseError as refused:
            return refused

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# --- once -----------------------------------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_answer_and_one_event(city: City) -> None:
    number = city.numbers[0]
    first = city.perform("u11handler", "report_progress", number, PROGRESS, key="k1")
    city.perform("u11leader", "report_progress", number, PROGRESS)

    again = city.perform("u11handler", "report_progress", number, PROGRESS, key="k1")

    assert again == first
    assert city.events(number).count("ProgressReported") == 2
    assert city.count(idempotency) == 1


@pytest.mark.parametrize("other", ["body", "act", "number", "evidence"])
def test_the_same_key_for_something_else_is_refused(sqlite_city: Callable[[str], City], other: str) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    file = city.keep("进展照片.png")
    city.perform("u11handler", "report_progress", number, PROGRESS, key="k1", attachments=(file,))

    act, on, given, files = "report_progress", number, dict(PROGRESS), (file,)
    if other == "body":
        given = {"text": "本周没有进展，原因是账户冻结。"}
    elif other == "act":
        act = "claim_task"
    elif other == "number":
        on = city.numbers[1]
    else:
        files = (replace(file, kind="REPORT"),)

    with pytest.raises(KeyUsedOtherwise):
        city.perform("u11handler", act, on, given, key="k1", attachments=files)


def test_a_key_is_a_persons_own(city: City) -> None:
    number = city.numbers[0]
    city.perform("u11handler", "report_progress", number, PROGRESS, key="k1")
    city.perform("u11leader", "report_progress", number, {"text": "责任领导已到现场核对资金清退情况。"}, key="k1")

    assert city.events(number).count("ProgressReported") == 2


@pytest.mark.parametrize("with_version", [False, True])
def test_two_threads_with_one_key_have_one_effect_and_one_answer(city: City, with_version: bool) -> None:
    number = city.numbers[0]
    actor = city.actor("u11handler")
    version = city.version_of(number) if with_version else None

    got = together(*[
        lambda: city.office.perform(actor, "report_progress", number, PROGRESS, key="k1", version=version)
    ] * 3)  # fmt: skip

    assert [type(one) for one in got] == [Answer] * 3, got
    assert got[0] == got[1] == got[2]
    assert city.events(number).count("ProgressReported") == 1


def test_of_two_people_at_once_the_loser_hears_who_and_when(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number, version = city.numbers[0], city.version_of(city.numbers[0])
    told = {"verdict": "returned", "comment": CHECKED, "criteria_conclusions": ["1 未见银行回单"]}
    actors = [city.actor(login) for login in ("verifier1", "verifier2")]

    got = together(*[
        lambda actor=actor: city.office.perform(actor, "verify_rectification", number, told, version=version)
        for actor in actors
    ])  # fmt: skip

    (refused,) = [one for one in got if isinstance(one, CaseChanged)]
    (answered,) = [one for one in got if isinstance(one, Answer)]
    row = city.finding(number)
    winner = city.column(select(reviews.c.person_name).where(reviews.c.act == "verify_rectification"))
    assert [refused.facts["who"]] == winner
    assert refused.facts["what"] == "verify_rectification"
    assert refused.facts["when"] is not None
    assert (answered.version, row.returns) == (version + 1, 1)


def test_eight_people_at_once_lose_nothing(city: City) -> None:
    number = city.numbers[0]
    actors = [city.actor(login) for login in ("u11handler", "u11leader", "u11chief")] * 2

    got = together(*[lambda a=a: city.office.perform(a, "report_progress", number, PROGRESS) for a in actors])

    kept = [one for one in got if isinstance(one, Answer)]
    assert city.events(number).count("ProgressReported") == len(kept) >= 1
    assert {type(one) for one in got} <= {Answer, CaseChanged}
    assert city.complaints() == []


def test_a_stale_version_is_refused_before_anything_else(city: City) -> None:
    number, version = city.numbers[0], city.version_of(city.numbers[0])
    city.act("u11leader", "report_progress", number, text=PROGRESS["text"])

    with pytest.raises(CaseChanged) as refused:
        city.perform("u11handler", "report_progress", number, PROGRESS, version=version)

    assert refused.value.facts["who"] == city.actor("u11leader").name
    city.perform("u11handler", "report_progress", number, PROGRESS, version=version + 1)


def test_a_moment_other_than_now_is_for_rehearsals(city: City) -> None:
    number = city.numbers[0]
    city.perform("u11handler", "report_progress", number, PROGRESS, at=city.office.now() + timedelta(days=3))
    city.change(delete(settings).where(settings.c.name == "rehearsal"))

    with pytest.raises(RehearsalOnly):
        city.perform("u11handler", "report_progress", number, PROGRESS, at=city.office.now() + timedelta(days=3))


def test_kill_9_in_the_middle_of_acts_leaves_nothing_half_done(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    url = str(city.office.database._url)
    folder = Path(url.removeprefix("sqlite:///")).parent
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.tasks.busy_officer", url, str(folder / "files"), number],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert worker.stdout is not None
    answered = [worker.stdout.readline().split() for _ in range(7)]

    os.kill(worker.pid, signal.SIGKILL)
    answered += [line.split() for line in worker.stdout.read().splitlines() if line.count(" ") == 1]
    worker.wait()
    worker.stdout.close()

    assert city.complaints() == []
    kept = city.events(number).count("ProgressReported")
    assert len(answered) <= kept <= len(answered) + 1, "answered is durable, and at most one act was not answered"
    for key, version in answered[-3:]:
        again = city.perform("u11handler", "report_progress", number, {"text": f"进展 {key}，已清退资金3笔。"}, key=key)
        assert again.version == int(version)
    assert city.events(number).count("ProgressReported") == kept


# --- in which order messages come -----------------------------------------------------------------------------------


def publish(city: City) -> None:
    """Bring the list up to its publication."""
    own = city.list_number
    for login in ("u11chief", "u11member", "superior1"):
        city.act(login, "sign_receipt", own)
    city.go_to(ISSUED_ON + timedelta(days=120))
    city.act("discipline1", "check_midterm", own, verdict="on_track", record=CHECKED)
    city.act("u11chief", "sign_progress_report", own, files=[city.keep("进展报告.png", "REPORT")], pledge=True,
             summary="3个问题均已按方案整改，资金清退到位，制度修订3项。", )  # fmt: skip
    city.act("office1", "evaluate_rectification", own, grade="good", score=95, comment=CHECKED)
    city.act("office1", "publish_result", own, scope=["party"], published_on=city.today.isoformat())


@pytest.mark.parametrize("first", ["publication", "sign_off"])
def test_a_list_waits_for_its_last_finding_whatever_comes_first(sqlite_city: Callable[[str], City], first: str) -> None:
    city = sqlite_city("rectifying")
    *others, last = city.numbers
    for number in others:
        city.bring(number, "sign_off")
        city.sign_off(number)

    if first == "publication":
        publish(city)
        assert city.waits_for(city.list_number) == []
        city.bring(last, "sign_off")
        city.sign_off(last)
    else:
        city.bring(last, "sign_off")
        city.sign_off(last)
        publish(city)
    city.office.settle(100)

    assert city.waits_for(city.list_number) == ["archive_list"]
    city.act("office1", "archive_list", city.list_number, archive_number="XC-2026-1", comment=CHECKED)
    assert city.column(select(issue_lists.c.state)) == ["archived"]
    assert city.complaints() == []


def test_a_list_is_archived_only_when_all_are_signed_off(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    city.change(update(findings).values(state="signed_off"))  # as it looks to the publication
    publish(city)
    city.change(update(findings).where(findings.c.number == city.numbers[1]).values(state="open"))

    with pytest.raises(FindingsOpen):
        city.act("office1", "archive_list", city.list_number, archive_number="XC-2026-1", comment=CHECKED)


def test_a_return_in_the_joint_review_stops_all_and_the_next_plan_goes_to_all(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    own = city.list_number
    city.submit_plan()
    assert city.waits_for(own).count("review_plan") == 4
    city.review_plan("discipline1")

    city.review_plan("organisation1", verdict="returned")

    assert "review_plan" not in city.waits_for(own)
    assert "submit_plan" in city.waits_for(own)
    with pytest.raises(NoSuchTask):
        city.review_plan("office1")
    city.submit_plan()
    assert city.waits_for(own).count("review_plan") == 4
    city.review_plan()
    assert city.column(select(issue_lists.c.plan_approved_at)) != [None]
    assert city.complaints() == []


def test_a_message_that_fails_holds_up_nobody_else(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("issued")
    bad, good = (city.id_of(number) for number in city.numbers[:2])
    for case, name in ((bad, "no_such_message"), (good, "look_again")):
        city.change(insert(messages).values(id=new_id(), case_id=case, name=name, facts={}, told_at=city.office.now()))

    heard = hear_messages(city.office, 10)

    assert heard == 1
    assert city.column(select(messages.c.failures).where(messages.c.taken_at.is_(None))) == [1]


def test_a_damaged_process_holds_up_no_other_timer(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    bad, good = city.numbers[:2]
    city.change(update(instances).where(instances.c.case_id == city.id_of(bad)).values(state=b"damaged"))

    city.office.now = lambda: city.finding(good).issued_at + timedelta(days=200)
    wake_due(city.office)

    assert city.finding(good).overdue_since is not None
    assert "CaseFaulted" in city.events(bad)


# --- who sees -------------------------------------------------------------------------------------------------------


def refusal(city: City, login: str, number: str) -> tuple[type[Exception], object]:
    """Return what *login* is told who wants to report progress."""
    with pytest.raises(CaseError) as refused:
        city.perform(login, "report_progress", number, PROGRESS)
    return type(refused.value), refused.value.facts


def seen(city: City, login: str) -> list[str]:
    """Return the numbers on the ledger list of *login*."""
    with city.office.read() as conn:
        return sorted(
            line.number for line in list_findings(conn, visible_findings(city.actor(login)), FindingFilters())
        )


@pytest.mark.parametrize("login", ["u12handler", "superior2", "sysadmin1", "secadmin1", "auditor1"])
def test_somebody_elses_number_answers_like_one_that_was_never_given_out(city: City, login: str) -> None:
    assert refusal(city, login, city.numbers[0]) == refusal(city, login, "XC2099-001-001") == (Unknown, {})
    assert refusal(city, login, city.list_number) == (Unknown, {})
    assert seen(city, login) == []


def test_whoever_sees_a_finding_and_may_not_act_is_told_so(city: City) -> None:
    assert refusal(city, "superior1", city.numbers[0])[0] is NotPermitted
    assert refusal(city, "u11member", city.numbers[0])[0] is NotPermitted


def test_before_the_feedback_the_unit_sees_nothing(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")

    assert refusal(city, "u11handler", city.numbers[0]) == (Unknown, {})
    assert seen(city, "u11chief") == []
    assert seen(city, "office1") == city.numbers


def test_a_recused_person_sees_it_no_more(city: City) -> None:
    one, *others = city.numbers
    person = city.actor("verifier1").person_id
    recused = {"person_id": person, "reason": "近亲属", "valid_from": date(2026, 1, 1), "valid_until": None}
    city.change(insert(recusals).values(id=new_id(), case_id=city.id_of(one), unit_id=None, **recused))
    assert seen(city, "verifier1") == others
    assert refusal(city, "verifier1", one) == (Unknown, {})

    city.change(insert(recusals).values(id=new_id(), case_id=None, unit_id=11, **recused))

    assert seen(city, "verifier1") == []
    assert seen(city, "verifier2") == city.numbers


def test_what_is_secret_is_read_by_those_who_may_read_secrets(city: City) -> None:
    secret, *others = city.numbers
    city.change(update(findings).where(findings.c.number == secret).values(confidentiality=int(Clearance.SECRET)))

    assert seen(city, "u11handler") == seen(city, "office1") == others
    assert seen(city, "signer1") == city.numbers
    assert refusal(city, "office1", secret) == (Unknown, {})


# --- whatever is drawn ----------------------------------------------------------------------------------------------

HEAD = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="urn:xiaohao:processes">
  <bpmn:process id="{process}" name="直通" isExecutable="true"><bpmn:extensionElements><spiffworkflow:properties>
  <spiffworkflow:property name="type" value="{type}"/><spiffworkflow:property name="facts" value="{facts}"/>
  </spiffworkflow:properties></bpmn:extensionElements><bpmn:startEvent id="begun"/>"""
FACTS = (
    "number, kind, category, amount_yuan, headcount, is_key, is_systemic, plan_approved, milestones_left, submissions,"
    " review_verdict, signature_verdict, verification_verdict, look_back_ready, look_back_result, look_back_confirmed,"
    " sign_off_verdict, budget_checked"
)


def drawn(*steps: tuple[str, str], process: str = "close_finding", kind: str = "finding", facts: str = FACTS) -> bytes:
    """Return a diagram of user tasks (id, role) in one line."""
    text, before = HEAD.format(process=process, type=kind, facts=facts), "begun"
    for task, role in steps:
        text += (
            f'<bpmn:userTask id="{task}" name="{task}"><bpmn:extensionElements><spiffworkflow:properties>'
            f'<spiffworkflow:property name="role" value="{role}"/>'
            '<spiffworkflow:property name="stage" value="sign_off"/>'
            f"</spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>"
            f'<bpmn:sequenceFlow id="to_{task}" sourceRef="{before}" targetRef="{task}"/>'
        )
        before = task
    end = '<bpmn:endEvent id="over"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name='
    end += '"outcome" value="signed_off"/></spiffworkflow:properties></bpmn:extensionElements></bpmn:endEvent>'
    end += f'<bpmn:sequenceFlow id="last" sourceRef="{before}" targetRef="over"/></bpmn:process></bpmn:definitions>'
    return (text + end).encode()


def with_drawing(content: bytes, name: str = "close_finding", **forms: bytes) -> Release:
    """Return the shipped release with one process drawn anew."""
    files = {f"processes/{name}.bpmn": content} | {f"forms/{form}.json": text for form, text in forms.items()}
    return everything_shipped().with_files(files)


WAY = {
    "submit_rectification": "handler",
    "review_rectification": "responsible_leader",
    "sign_rectification": "chief",
    "verify_rectification": "verifier",
    "prepare_look_back": "inspection_office",
    "record_look_back": "look_back_team",
    "confirm_look_back": "look_back_team",
    "sign_off": "leading_group",
}


@pytest.mark.parametrize(
    "left_out",
    [
        set(WAY) - {"sign_off"},
        {"submit_rectification"},
        {"verify_rectification"},
        {"prepare_look_back", "record_look_back", "confirm_look_back"},
        {"confirm_look_back"},
    ],
    ids=["everything", "submission", "verification", "look_back", "confirmation"],
)
def test_a_diagram_that_skips_a_fact_can_not_sign_off(sqlite_city: Callable[[str], City], left_out: set[str]) -> None:
    city = sqlite_city("registered")
    city.publish(with_drawing(drawn(*[step for step in WAY.items() if step[0] not in left_out])))
    number = city.issue()[0]
    assert city.column(select(instances.c.process).where(instances.c.case_id == city.id_of(number))) == [
        "close_finding"
    ]

    for act in [act for act in WAY if act not in left_out and act != "sign_off"]:
        try:
            city.next_step(number, act)
        except CaseError:
            break  # stopped already: what is left out is missed even earlier

    with pytest.raises(CaseError):
        city.sign_off(number)
    assert city.finding(number).state == "open"


def test_a_diagram_that_gives_the_sign_off_to_the_handler_does_not_make_him_one(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    city.publish(with_drawing(drawn(*{**WAY, "sign_off": "handler"}.items())))
    number = city.issue()[0]
    for act in list(WAY)[:-1]:
        city.next_step(number, act)
    assert city.waits_for(number) == ["sign_off"]

    with pytest.raises(NotPermitted):
        city.sign_off(number, login="u11handler")
    with pytest.raises(CaseError):
        city.sign_off(number)
    assert city.finding(number).state == "open"


def test_a_form_that_answers_with_facts_of_the_rules_moves_only_the_diagram(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("registered")
    form = b'{"type": "object", "properties": {"sign_off_verdict": {"type": "string"}, "state": {"type": "string"}}}'
    city.publish(with_drawing(drawn(("tick_box", "handler")), fill_form=form, tick_box=form))
    number = city.issue()[0]

    city.perform("u11handler", "fill_form", number, {"sign_off_verdict": "signed", "state": "signed_off"})

    assert city.finding(number).state == "open"
    assert "SignedOff" not in city.events(number)


def test_a_form_that_asks_less_does_not_lift_what_the_act_needs(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("registered")
    nothing = b'{"type": "object", "properties": {}}'
    shipped = everything_shipped()
    city.publish(shipped.with_files({path: nothing for path in shipped.files if path.startswith("forms/")}))
    number = city.issue([Kind.IMMEDIATE])[0]
    city.accept(number)

    with pytest.raises(CaseError):
        city.perform("u11handler", "submit_rectification", number, {"completion": "已完成"})
    with pytest.raises(CaseError):
        city.submit(number, files=[])
    assert city.waits_for(number) == ["submit_rectification"]


def check_budget(name: str) -> Release:
    """Return the shipped release with a new user task before the submission of a finding."""
    text = everything_shipped()["processes/close_finding.bpmn"].decode()
    task = (
        f'<bpmn:userTask id="check_budget" name="{name}"><bpmn:documentation>核对预算。</bpmn:documentation>'
        '<bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="role" value="handler"/>'
        '<spiffworkflow:property name="stage" value="issued"/>'
        '<spiffworkflow:property name="form" value="check_budget"/>'
        "</spiffworkflow:properties></bpmn:extensionElements><bpmn:incoming>in_budget</bpmn:incoming>"
        "<bpmn:outgoing>accept_finding_to_plan_needed</bpmn:outgoing></bpmn:userTask>"
        '<bpmn:sequenceFlow id="in_budget" sourceRef="accept_finding" targetRef="check_budget"/>'
    )
    text = re.sub(
        r'(<bpmn:sequenceFlow id="accept_finding_to_plan_needed" )sourceRef="accept_finding"',
        task + r'\1sourceRef="check_budget"', text,
    )  # fmt: skip
    accept = text.index('id="accept_finding"')
    text = text[:accept] + text[accept:].replace(
        "accept_finding_to_plan_needed</bpmn:outgoing>", "in_budget</bpmn:outgoing>", 1
    )
    form = (
        b'{"type": "object", "title": "t", "properties": {"budget": {"type": "integer", "title": "b", "minimum": 1}},'
        b' "required": ["budget"]}'
    )
    return everything_shipped().with_files(
        {"processes/close_finding.bpmn": text.encode(), "forms/check_budget.json": form}
    )


def test_a_running_case_keeps_its_release_and_the_next_one_follows_the_new(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    running, other, _ = city.numbers
    city.change(update(findings).where(findings.c.number == other).values(state="registered"))
    city.office.now = lambda: city.finding(running).issued_at + timedelta(days=1)
    city.publish(check_budget("核对预算"))
    key = city.id_of(other)
    for number in (running, other):
        assert city.waits_for(number) == ["accept_finding"]
    city.change(update(instances).where(instances.c.case_id == key).values(status="cancelled"))
    city.change(
        insert(messages).values(id=new_id(), case_id=key, name="begin_cycle", facts={}, told_at=city.office.now())
    )
    city.change(update(findings).where(findings.c.number == other).values(state="open"))
    city.office.settle()

    assert city.accept(running).open_acts == ("submit_rectification",)
    fresh = select(instances.c.release_id).where(instances.c.case_id == key, instances.c.status == "running")
    assert city.column(fresh) == [check_budget("核对预算").id]


def test_a_task_that_an_administrator_drew_works_through_its_own_form(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    city.publish(check_budget("核对预算"))
    number = city.issue([Kind.IMMEDIATE])[0]
    assert city.accept(number).open_acts == ("fill_form",)

    with pytest.raises(CaseError):
        city.act("u11handler", "fill_form", number, budget=0)
    with pytest.raises(CaseError):
        city.act("u11leader", "fill_form", number, budget=5)
    city.act("u11handler", "fill_form", number, budget=5)

    assert city.column(select(reviews.c["items"]).where(reviews.c.act == "check_budget")) == [{"budget": 5}]
    assert city.waits_for(number) == ["submit_rectification"]
    city.bring(number, "sign_off")
    assert city.sign_off(number).state == "signed_off"


def test_a_task_that_was_drawn_into_the_way_of_a_list_works_too(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("registered")
    text = drawn(("ask_archive", "inspection_office"), process="close_issue_list", kind="issue_list",
                 facts="number, findings, receipts, reviewers")  # fmt: skip
    form = b'{"type": "object", "properties": {"shelf": {"type": "string", "title": "s"}}, "required": ["shelf"]}'
    city.publish(with_drawing(text, "close_issue_list", fill_form=form))
    opened = open_list(city.office, city.actor("office1"), unit_id=12, round_id=1, title="徐庄镇清单")

    city.act("office1", "fill_form", opened.number, shelf="3排2号")

    assert city.column(select(reviews.c["items"]).where(reviews.c.act == "ask_archive")) == [{"shelf": "3排2号"}]
    assert city.waits_for(opened.number) == []
