"""Plan, report and result bear the first responsible person's own signature, never that of a deputy."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cases.sign_off import DeputyMayNotSign
from tests.support.city import CHECKED, ISSUED_ON, City
from tests.tasks.test_independence import hold

DEPUTY = "u11member"


def test_no_deputy_signs_a_result_and_he_may_send_it_back(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    number = city.numbers[0]
    hold(city, DEPUTY, "chief", unit=11, deputy=True)
    city.bring(number, "sign_rectification")

    with pytest.raises(DeputyMayNotSign):
        city.act(DEPUTY, "sign_rectification", number, verdict="agreed", pledge=True, comment=CHECKED)
    city.act(DEPUTY, "sign_rectification", number, verdict="returned", comment=CHECKED)
    city.bring(number, "sign_rectification")
    city.sign(number)

    assert city.waits_for(number) == ["verify_rectification"]


def test_no_deputy_hands_in_a_plan(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("issued")
    hold(city, DEPUTY, "chief", unit=11, deputy=True)
    plan = {"summary": "党委专题研究，逐项明确措施、责任和完成时限。", "adopted_on": str(city.today)}

    with pytest.raises(DeputyMayNotSign):
        city.act(DEPUTY, "submit_plan", city.list_number, files=[city.keep("方案.png", "PLAN")], **plan)
    city.submit_plan()


def test_no_deputy_signs_a_report(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("rectifying")
    hold(city, DEPUTY, "chief", unit=11, deputy=True)
    report: dict[str, Any] = {"summary": "三个问题均已按方案推进，清退资金到位。" * 2, "pledge": True}
    own = city.list_number
    for login in ("u11chief", "u11member", "superior1"):
        city.act(login, "sign_receipt", own)
    city.go_to(ISSUED_ON + timedelta(days=120))
    city.act("discipline1", "check_midterm", own, verdict="on_track", record=CHECKED)

    with pytest.raises(DeputyMayNotSign):
        city.act(DEPUTY, "sign_progress_report", own, files=[city.keep("报告.png", "REPORT")], **report)
