"""What papers say of findings that went their way, to whom, and that our own ledger comes back without effect."""

from collections.abc import Callable

import pytest

from cases.refusals import Unknown
from documents.intake import read_ledger
from documents.papers import sheets, words
from documents.papers.values import FindingValues, ListValues
from persistence.log import seal_log
from persistence.tables import findings
from tasks.import_list import import_list
from tasks.papers_out import finding_values, list_values
from tests.support.city import CHECKED, KEYS, City


def on_list(city: City, login: str = "office1") -> ListValues:
    with city.office.read() as conn:
        return list_values(conn, city.actor(login), city.list_number, city.today)


def on_finding(city: City, number: str, login: str = "office1") -> FindingValues:
    with city.office.read() as conn:
        return finding_values(conn, city.actor(login), number, city.today)


def test_importing_our_own_ledger_changes_nothing(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    city.sign_off(city.numbers[0])
    exported = sheets.ledger_sheet(on_list(city))
    before, lists = city.ask(findings.select().order_by(findings.c.id)), city.list_number

    intake = read_ledger("整改台账.xlsx", exported)
    again = import_list(city.office, city.actor("office1"), "整改台账.xlsx", exported)

    assert [found.number for found in intake.findings] == city.numbers
    assert not intake.rejected
    assert again.created == ()
    assert len(again.known) == len(before)
    assert city.ask(findings.select().order_by(findings.c.id)) == before
    assert city.list_number == lists


def test_the_line_of_a_finding_says_what_was_done_and_when_it_was_signed_off(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    number = city.numbers[0]
    day = city.today
    city.sign_off(number)

    values = on_list(city)
    line, other = values.lines[0], values.lines[1]

    assert (line.number, line.kind, line.status) == (number, "立行立改", "已销号")
    assert line.sign_off == f"{day} 〔2026〕5号"
    assert line.measures == ("清退到位", "修订制度")
    assert "资金已全部清退" in line.result
    assert len(line.evidence_refs) == 2
    assert line.review_opinion == f"属实：{CHECKED}"
    assert (other.status, other.sign_off) == ("已提交待核查", "")
    assert values.plan_summary.startswith("党委专题研究")
    assert values.plan_adopted_on is not None
    assert (values.tally.total, values.tally.done) == (3, 1)


def test_the_sign_off_sheet_carries_the_opinions_on_the_submission_that_stands(city_at: Callable[[str], City]) -> None:
    city = city_at("signing")
    number = city.numbers[0]
    open_sheet = on_finding(city, number)
    assert (len(open_sheet.unit_opinions), len(open_sheet.verifications), len(open_sheet.look_backs)) == (2, 1, 1)
    assert not open_sheet.decisions
    assert open_sheet.signed_off_on is None

    city.sign_off(number)
    sheet = on_finding(city, number)

    assert sheet.decisions[0].text == f"准予销号。{CHECKED}"
    assert sheet.decisions[0].seal == "〔2026〕5号"
    assert sheet.signed_off_on == city.today
    assert sheet.measures[0].startswith("清退到位")
    assert words.make("sign_off_sheet", sheet)


def test_an_opinion_on_a_submission_that_was_returned_is_not_printed(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    city.verify(number, "returned")
    assert len(on_finding(city, number).verifications) == 1
    city.submit(number)

    assert on_finding(city, number).verifications == on_finding(city, number).unit_opinions == ()


def test_papers_show_nobody_what_he_may_not_see(city_at: Callable[[str], City]) -> None:
    city = city_at("registered")
    number = city.numbers[0]

    for login in ("u11chief", "u12chief", "sysadmin1"):
        with pytest.raises(Unknown):
            on_list(city, login)
        with pytest.raises(Unknown):
            on_finding(city, number, login)
    city.issue()
    assert len(on_list(city, "u11chief").lines) == 3
    city.change(findings.update().where(findings.c.number == number).values(confidentiality=2))
    assert len(on_list(city, "u11chief").lines) == 2
    assert on_list(city, "u11chief").tally.total == 2


def test_a_visit_still_to_come_is_on_nobodys_sheet(city_at: Callable[[str], City]) -> None:
    city = city_at("verifying")
    number = city.numbers[0]
    city.bring(number, "record_look_back")

    assert on_finding(city, number, "u11chief").look_backs == ()


def test_the_paper_names_the_checkpoint_under_which_it_was_made(city_at: Callable[[str], City]) -> None:
    city = city_at("issued")
    with city.office.database.writing() as conn:
        sealed = seal_log(conn, KEYS, city.office.now())

    checkpoint = on_list(city).checkpoint

    assert sealed is not None
    assert sealed.root in checkpoint
    assert str(sealed.size) in checkpoint
