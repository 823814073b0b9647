"""Pages of findings and lists: what one sees, what one sends, and what comes back when it is refused."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from persistence.tables import drafts, evidence, findings, issue_lists
from tests.support import city as cities
from tests.tasks.test_undecided import suspect
from tests.web.city import CHECKED, PNG, City, fresh_city
from tests.web.visitor import Visitor, bring_to_sign_off, hidden


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = fresh_city(tmp_path)
    yield made
    made.office.database.dispose()


def path_of(number: str, act: str) -> str:
    return f"/findings/{number}/acts/{act}"


def file_fields(visitor: Visitor, content: bytes = PNG, name: str = "缴款凭证.png") -> dict[str, str]:
    """Upload a file and return the fields of its row."""
    rows = visitor.post("/files", files={"upload": (name, content)})
    return dict(re.findall(r'type="hidden" name="((?:file|token)[^"]*)" value="([^"]*)"', rows.text))


def test_other_peoples_numbers_read_like_numbers_that_do_not_exist(city: City) -> None:
    number = city.issue()[0]
    stranger = Visitor(city, "u12handler")

    theirs, none = stranger.get(f"/findings/{number}"), stranger.get("/findings/XC2099-001-001")

    assert (theirs.status_code, none.status_code) == (404, 404)
    assert re.sub(r'value="[^"]*"', "", theirs.text) == re.sub(r'value="[^"]*"', "", none.text)
    assert stranger.get(path_of(number, "accept_finding")).status_code == 404
    assert stranger.get(f"/lists/{city.list_number}").status_code == 404
    assert "共 0 条" in stranger.get("/findings").text


def test_before_the_feedback_the_unit_sees_nothing(city: City) -> None:
    number = city.numbers[0]

    assert Visitor(city, "u11chief").get(f"/findings/{number}").status_code == 404
    assert Visitor(city, "office1").get(f"/findings/{number}").status_code == 200


def test_administrators_read_no_findings(city: City) -> None:
    number = city.issue()[0]

    for login in ("sysadmin1", "secadmin1", "auditor1"):
        visitor = Visitor(city, login)
        assert visitor.get(f"/findings/{number}").status_code == 404
        assert "超标准发放" not in visitor.get("/findings").text


def test_the_desk_shows_what_waits_and_the_form_to_do_it(city: City) -> None:
    number = city.issue()[0]

    page = Visitor(city, "u11handler").get("/")

    assert f">{number}<" in page.text
    assert "剩" in page.text
    assert 'id="act"' in page.text
    assert "签收问题" in page.text


LATE = re.compile(r'class="row row-overdue"[^>]*>.*?class="number">([^<]+)<', re.S)


@pytest.mark.parametrize("login", ["u11handler", "u11leader", "u11chief", "verifier1", "office1", "signer1"])
def test_the_filter_of_what_is_late_holds_the_rows_that_say_so(login: str, tmp_path: Path) -> None:
    """A verification has a day of its own: late by that, not by the day of its finding; and the other way round."""
    made = cities.open_city(cities.sqlite_copy(tmp_path / "city", "rectifying"), tmp_path / "city" / "files")
    city = City(made.office, made.attachments, made.passwords, made.url, made.files)
    suspected = suspect(city)
    for day in ("2026-04-20", "2026-07-10"):  # behind the day of the verification; behind that of the findings
        city.go_to(day)
        desk = Visitor(city, login)
        everything, late = desk.get("/").text, desk.get("/?show=overdue").text

        marked = LATE.findall(everything)
        assert LATE.findall(late) == marked
        assert late.count('class="row ') == len(marked)
        assert (f"<b>{len(marked)}</b></a>" in everything.split('class="chips"')[1].split("</nav>")[0]) == bool(marked)
    if login == "verifier1":
        assert suspected in marked


def test_the_mid_term_day_says_where_it_was_counted_without_a_notice_of_holidays(city: City) -> None:
    city.issue()
    days = {"feedback_on": date(2097, 12, 2), "midterm_on": date(2098, 1, 20), "report_due_on": date(2098, 3, 31)}
    with city.office.database.writing() as conn:
        conn.execute(update(issue_lists).values(**days))

    assert "2098年1月20日（预估）" in Visitor(city, "office1").get(f"/lists/{city.list_number}").text


def test_doing_an_act_on_the_desk_leads_on_to_the_next_task(city: City) -> None:
    city.issue()
    visitor = Visitor(city, "u11handler")
    desk = visitor.get("/")
    first = re.findall(r'class="number">([^<]+)<', desk.text)[0]

    done = visitor.act(path_of(first, "accept_finding"), desk, comment="")

    assert done.status_code == 303
    assert "open=" in done.headers["location"]
    after = visitor.get(done.headers["location"])
    assert f"已办理：{first} 签收问题" in after.text
    assert "签收" in visitor.get("/done").text


def test_a_stale_page_gets_409_with_who_and_its_text_back(city: City) -> None:
    number = city.issue()[0]
    city.act("u11handler", "accept_finding", number)
    visitor = Visitor(city, "u11handler")
    form = visitor.get(path_of(number, "report_progress"))
    city.act("u11leader", "report_progress", number, text="责任领导已到现场核对资金清退情况。")

    refused = visitor.act(path_of(number, "report_progress"), form, text="本周清退资金三笔，共一万二千元。")

    assert refused.status_code == 409
    assert "江夏国资集团分管副书记" in refused.text
    assert "填报进展" in refused.text
    assert "本周清退资金三笔，共一万二千元。" in refused.text
    again = visitor.act(path_of(number, "report_progress"), refused, text="本周清退资金三笔，共一万二千元。")
    assert again.status_code == 303


def test_errors_stand_beside_their_fields_and_nothing_written_is_lost(city: City) -> None:
    number = city.issue()[0]
    visitor = Visitor(city, "u11handler")
    city.act("u11handler", "accept_finding", number)
    form = visitor.get(path_of(number, "ask_extension"))

    refused = visitor.act(path_of(number, "ask_extension"), form, until="明年", reason="太短")

    assert refused.status_code == 422
    assert "有 2 处需要修改" in refused.text
    assert "请填写日期，如 2026-03-31" in refused.text
    assert 'value="明年"' in refused.text
    assert ">太短</textarea>" in refused.text


def test_sending_the_same_form_twice_has_one_effect(city: City) -> None:
    number = city.issue()[0]
    visitor = Visitor(city, "u11handler")
    form = visitor.get(path_of(number, "accept_finding"))

    answers = [visitor.act(path_of(number, "accept_finding"), form, comment="") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    page = visitor.get(f"/findings/{number}").text
    assert page.count("<b>签收</b>") == 1


def test_a_draft_comes_back_and_goes_when_it_was_submitted(city: City) -> None:
    number = city.issue()[0]
    city.act("u11handler", "accept_finding", number)
    visitor = Visitor(city, "u11handler")
    visitor.post(f"{path_of(number, 'report_progress')}/draft", {"text": "写到一半的进展情况"})

    form = visitor.get(path_of(number, "report_progress"))

    assert ">写到一半的进展情况</textarea>" in form.text
    assert "已取出" in form.text
    visitor.act(path_of(number, "report_progress"), form, text="写完了：清退资金三笔，存入财政专户。")
    with city.office.read() as conn:
        assert conn.execute(select(drafts)).all() == []


def submitted(visitor: Visitor, number: str, **more: str) -> dict[str, str]:
    return {
        "completion": "资金已全部清退上缴财政专户，责任人已作出处理。",
        "measures_done.1": "已清退",
        "measures_done.2": "已修订",
    } | more


def accepted(city: City) -> str:
    number = city.numbers[0]
    city.act("office1", "settle_finding", number, kind="IMMEDIATE")
    city.issue()
    city.act("u11handler", "accept_finding", number)
    return number


def test_a_rectification_is_submitted_with_evidence_through_its_form(city: City) -> None:
    number = accepted(city)
    visitor = Visitor(city, "u11handler")
    form = visitor.get(path_of(number, "submit_rectification"))
    files = file_fields(visitor)
    place = files["file"]
    measure = re.search(r'name="known_measure" value="(\d+)\|1 ', form.text)
    assert measure

    done = visitor.act(
        path_of(number, "submit_rectification"), form, **submitted(visitor, number), **files,
        **{f"kind.{place}": "FUND_RECEIPT", f"purpose.{place}": "RESULT", f"measure.{place}": measure[1]},
    )  # fmt: skip

    assert done.status_code == 303, done.text
    with city.office.read() as conn:
        row = conn.execute(select(evidence)).one()
    assert (row.filename, row.kind, str(row.measure_id)) == ("缴款凭证.png", "FUND_RECEIPT", measure[1])


def test_a_file_without_a_kind_is_asked_about_and_stays_chosen(city: City) -> None:
    number = accepted(city)
    visitor = Visitor(city, "u11handler")
    form = visitor.get(path_of(number, "submit_rectification"))

    refused = visitor.act(
        path_of(number, "submit_rectification"), form, **submitted(visitor, number), **file_fields(visitor)
    )

    assert refused.status_code == 422
    assert "请为每份材料选择种类" in refused.text
    assert "<b>缴款凭证.png</b>" in refused.text


def test_nobody_names_a_file_that_somebody_else_uploaded(city: City) -> None:
    number = accepted(city)
    theirs = file_fields(Visitor(city, "u12handler"))
    visitor = Visitor(city, "u11handler")
    form = visitor.get(path_of(number, "submit_rectification"))

    refused = visitor.act(path_of(number, "submit_rectification"), form, **submitted(visitor, number), **theirs)

    assert refused.status_code == 422
    with city.office.read() as conn:
        assert conn.execute(select(evidence)).all() == []


def test_a_page_dressed_as_a_picture_is_refused_when_it_is_chosen(city: City) -> None:
    visitor = Visitor(city, "u11handler")

    rows = visitor.post("/files", files={"upload": ("现场照片.png", b"<html><script>alert(1)</script></html>")})

    assert "field-error" in rows.text
    assert "token." not in rows.text


def test_evidence_is_downloaded_and_never_run(city: City) -> None:
    number = city.numbers[0]
    city.act("office1", "settle_finding", number, kind="IMMEDIATE")
    city.issue()
    with city.office.read() as conn:
        finding_id = conn.scalar(select(findings.c.id).where(findings.c.number == number))
    assert finding_id is not None
    bring_to_sign_off(city, number, finding_id)
    with city.office.read() as conn:
        piece = conn.scalars(select(evidence.c.id)).first()
    reader = Visitor(city, "signer1")

    file = reader.get(f"/evidence/{piece}")
    shown = reader.get(f"/evidence/{piece}/inline")

    assert file.content == PNG
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert file.headers["content-type"] == "application/octet-stream"
    assert shown.headers["content-type"] == "image/png"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert Visitor(city, "u12handler").get(f"/evidence/{piece}").status_code == 404


def test_a_batch_tells_the_fate_of_each_finding(city: City) -> None:
    ready, waiting, _ = city.numbers
    city.act("office1", "settle_finding", ready, kind="IMMEDIATE")
    city.issue()
    with city.office.read() as conn:
        finding_id = conn.scalar(select(findings.c.id).where(findings.c.number == ready))
    assert finding_id is not None
    bring_to_sign_off(city, ready, finding_id)
    signer = Visitor(city, "signer1")
    chosen = {"number": [ready, waiting, "XC2099-001-001"]}

    preview = signer.post("/batch-sign-off", chosen)
    bare = signer.post("/batch-sign-off", chosen | {"go": "1"})
    decision = {"go": "1", "comment": CHECKED, "sheet_number": "临巡领〔2026〕8号"}
    done = signer.post("/batch-sign-off", chosen | decision)

    assert "可以销号（1）" in preview.text
    assert "将跳过（2）" in preview.text
    assert bare.status_code == 422
    assert "必填" in bare.text
    results = re.findall(r'href="/findings/([^"]+)">.*?(✓ 已销号|✕ 未销号)', done.text)
    assert results == [(ready, "✓ 已销号"), (waiting, "✕ 未销号"), ("XC2099-001-001", "✕ 未销号")]
    assert "没有这个编号，或者您无权查看" in done.text
    with city.office.read() as conn:
        states = dict(conn.execute(select(findings.c.number, findings.c.state)).tuples().all())
    assert (states[ready], states[waiting]) == ("signed_off", "open")


def test_the_ledger_is_narrowed_by_its_address(city: City) -> None:
    first, *_ = city.issue()
    with city.office.database.writing() as conn:
        late = city.today - timedelta(days=3)
        conn.execute(update(findings).where(findings.c.number == first).values(overdue_since=late, due_on=late))
    visitor = Visitor(city, "office1")

    page = visitor.get("/findings?overdue=1&kind=PHASED")

    assert first in page.text
    assert "共 1 条 · 逾期 1 条" in page.text
    assert 'href="/findings?kind=PHASED"' in page.text
    assert "共 3 条" in visitor.get("/findings?state=nonsense&unit=x&after=zz").text


def test_what_a_finding_lacks_is_settled_on_its_lists_page(city: City) -> None:
    number = city.numbers[0]
    visitor = Visitor(city, "office1")
    page = visitor.get(f"/lists/{city.list_number}")
    assert "还有 3 个问题未落实责任岗位或时限" in page.text
    assert f'hx-get="/findings/{number}/settle"' in page.text
    form = visitor.get(f"/findings/{number}/settle").text
    posts = {
        name: re.search(rf'name="{name}".*?<option value="(\d+)"', form, re.S)
        for name in ("leader", "handler", "chief")
    }
    chosen = {name: found[1] for name, found in posts.items() if found}

    wrong = visitor.post(f"/findings/{number}/settle", chosen | {"due_on": "尽快"})
    saved = visitor.post(f"/findings/{number}/settle", chosen | {"due_on": "2027-03-31"})

    assert wrong.status_code == 422
    assert "请填写日期" in wrong.text
    assert "已保存，责任和时限齐全" in saved.text
    assert "还有 2 个问题" in visitor.get(f"/lists/{city.list_number}").text


def test_the_menu_offers_only_what_the_person_may_do_now(city: City) -> None:
    number = accepted(city)

    handler = Visitor(city, "u11handler").get(f"/findings/{number}").text
    office = Visitor(city, "office1").get(f"/findings/{number}").text
    member = Visitor(city, "u11member").get(f"/findings/{number}").text

    assert f"{number}/acts/ask_extension" in handler
    assert f"{number}/acts/suspend_finding" not in handler
    assert f"{number}/acts/suspend_finding" in office
    assert "/acts/" not in member


def test_only_eligible_people_are_offered_for_a_look_back(city: City) -> None:
    number = city.numbers[0]
    city.act("office1", "settle_finding", number, kind="IMMEDIATE")
    city.issue()
    with city.office.read() as conn:
        finding_id = conn.scalar(select(findings.c.id).where(findings.c.number == number))
    assert finding_id is not None
    bring_to_sign_off(city, number, finding_id)
    signer = Visitor(city, "signer1")
    form = signer.get(path_of(number, "sign_off"))
    signer.act(path_of(number, "sign_off"), form, verdict="signed", comment=CHECKED, sheet_number="8号")
    city.act("office1", "open_durability", number)

    form = Visitor(city, "office1").get(path_of(number, "start_durability"))

    offered = re.findall(r'name="inspectors" value="(\d+)"', form.text)
    expected = [str(city.actor(login).person_id) for login in ("lookback1", "lookback2", "verifier1")]
    assert set(expected) <= set(offered)
    assert str(city.actor("u11handler").person_id) not in offered
    assert str(city.actor("signer1").person_id) not in offered


def test_a_diagram_is_given_with_the_way_that_was_taken(city: City) -> None:
    number = accepted(city)
    visitor = Visitor(city, "u11handler")

    page = visitor.get(f"/findings/{number}").text
    drawn = visitor.get(f"/findings/{number}/diagram/close_finding")

    assert "&#34;accept_finding&#34;: 1" in page
    assert drawn.headers["content-type"].startswith("application/xml")
    assert b"accept_finding" in drawn.content
    assert visitor.get(f"/findings/{number}/diagram/close_issue_list").status_code == 404


def test_every_page_reads_english_too(city: City) -> None:
    number = accepted(city)
    visitor = Visitor(city, "u11handler")
    visitor.post("/my-language", {"language": "en"})

    for path in ("/", "/findings", "/lists", "/done", f"/findings/{number}", path_of(number, "ask_extension")):
        page = visitor.get(path)
        assert page.status_code == 200
        assert page.headers["content-language"] == "en"
    assert "Ask for an extension" in page.text
    assert hidden(page, "key")


def test_a_number_that_no_column_holds_narrows_nothing_and_breaks_nothing(city: City) -> None:
    office = Visitor(city, "office1")
    for query in ("unit=99999999999999999999", "list_id=99999999999999999999", "after=|99999999999999999999"):
        assert office.get(f"/findings?{query}").status_code == 200, query
