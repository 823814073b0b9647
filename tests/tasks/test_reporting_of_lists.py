"""How a list reports is set by the office, read by its papers, its page and its figures, and by nothing else."""

import pytest
from sqlalchemy import select

from cases.figures import Rounding
from cases.refusals import FormIncomplete, NotPermitted
from persistence.overviews import Reporting, reporting_of
from persistence.tables import issue_lists, ledger
from tasks.papers_out import list_values
from tests.support.city import City


def list_id(city: City) -> int:
    (found,) = city.column(select(issue_lists.c.id).where(issue_lists.c.number == city.list_number))
    return int(found)


def reporting(city: City) -> Reporting:
    with city.office.read() as conn:
        return reporting_of(conn, list_id(city))


def test_the_papers_of_a_list_print_the_completion_that_it_chose(city: City) -> None:
    city.act("office1", "set_reporting", city.list_number, completion="done_cut", rounding="cut")

    with city.office.read() as conn:
        formulas = list_values(conn, city.actor("office1"), city.list_number, city.today).formulas

    assert [one.name for one in formulas] == ["done_cut", "on_time", "money"]
    assert {one.rounding for one in formulas} == {Rounding.CUT}
    events = city.column(select(ledger.c.event).where(ledger.c.case_id == list_id(city)))
    assert events[-1] == "ReportingSet"


def test_what_is_not_given_stays(city: City) -> None:
    city.act("office1", "set_reporting", city.list_number, completion="money")
    city.act("office1", "set_reporting", city.list_number, rounding="cut")

    assert (reporting(city).completion, reporting(city).rounding) == ("money", "cut")


def test_an_audits_list_speaks_words_of_audits_only(city: City) -> None:
    city.act("office1", "set_reporting", city.list_number, source="audit")
    assert reporting(city).status_family == "audit_c"
    city.act("office1", "set_reporting", city.list_number, status_family="audit_a")
    assert reporting(city).status_family == "audit_a"

    with pytest.raises(FormIncomplete):
        city.act("office1", "set_reporting", city.list_number, status_family="environment")
    city.act("office1", "set_reporting", city.list_number, source="inspection")

    assert (reporting(city).source, reporting(city).status_family) == ("inspection", "")


@pytest.mark.parametrize("given", [{}, {"completion": "all_of_it"}])
def test_a_formula_that_nobody_knows_is_refused(city: City, given: dict[str, str]) -> None:
    with pytest.raises(FormIncomplete):
        city.perform("office1", "set_reporting", city.list_number, given)


def test_the_unit_does_not_choose_its_own_formula(city: City) -> None:
    with pytest.raises(NotPermitted):
        city.act("u11chief", "set_reporting", city.list_number, completion="done_or_basic")
