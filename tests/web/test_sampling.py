"""The sampling desk: what an officer, and two people in the field, see and send."""

import io
import json
from pathlib import Path

import pytest
from docx import Document

from cases.sampling import exported
from tests.support import city as cities
from tests.tasks.test_sampling import DIFFERS, WENT, assign, draw, drawn, person, record, seen
from tests.web.city import City
from tests.web.visitor import Visitor
from xiaohao.command import main


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A city whose three findings were signed off."""
    url = cities.sqlite_copy(tmp_path / "city", "signed_off")
    opened = cities.open_city(url, tmp_path / "city" / "files", now=cities.NOON)
    city = City(opened.office, opened.attachments, opened.passwords)
    city.go_on()
    return city


def test_an_officer_draws_assigns_and_closes_and_somebody_in_the_field_records(city: City) -> None:
    officer = Visitor(city, "office1")
    assert "抽取新样本" in officer.get("/samples").text
    live = officer.get("/samples/frame", params={"unit": "1", "size_by": "confidence", "excluded_permille": "500"}).text
    assert "抽样框现有 3 个" in live
    assert "至少抽取 2 个" in live
    unsaid = officer.post("/samples", {"unit": "1", "seed": "种子"})
    assert unsaid.status_code == 422
    told = {"unit": "1", "seed": "种子", "purpose": "上半年抽样", "share_percent": "100", "risk_size": "0"}
    made = officer.post("/samples", told)
    place = made.headers["location"].partition("?")[0]
    number = place.rpartition("/")[2]
    assert made.status_code == 303

    inspectors = [str(person(city, login)) for login in WENT]
    given = {"act": "assign_sampled", "numbers": city.numbers, "inspectors": inspectors}
    assert officer.post(place, given).status_code == 303
    assert "回头看二组组长" in officer.get(place).text

    field = Visitor(city, WENT[0])
    for finding in city.numbers:
        form = {
            "result": "checked", "visited_on": city.today.isoformat(), "place": "集团财务部", "visitors": inspectors,
            "fact.0": "租金已收回", "dossier.0": "3笔共12万元", "found.0": "银行流水3笔", "agrees.0": "yes",
        }  # fmt: skip
        assert "卷宗记载" in field.get(f"{place}/{finding}").text
        half = field.post(f"{place}/{finding}", form | {"fact.1": "只写了事实"})
        assert half.status_code == 422
        assert "只写了事实" in half.text
        assert field.post(f"{place}/{finding}", form).status_code == 303
    assert "相符" in field.get(f"{place}/{city.numbers[0]}").text
    page = officer.get(place).text
    assert "不符 0 个（0.0%）" in page
    assert "不实的有 0 至 0 个" in page
    closing = {"act": "close_sample", "comment": "随机抽取的三个问题逐项核对，全部相符"}
    assert officer.post(place, closing).status_code == 303
    assert "已结项" in officer.get(place).text
    appendix = officer.get(f"{place}/appendix.docx")
    assert appendix.status_code == 200
    text = "".join(paragraph.text for paragraph in Document(io.BytesIO(appendix.content)).paragraphs)
    assert "不实的有 0 至 0 个" in text
    out = exported(json.loads(officer.get(f"/samples/{number}/export.json").text))
    assert out.same_again()
    assert officer.get(f"/samples/{number}/frame.txt").text.split() == city.numbers


def test_the_unit_and_those_not_sent_see_nothing_of_a_sample(city: City) -> None:
    sample = draw(city)
    first, *_ = drawn(city, sample)
    assign(city, sample, [first])
    paths = ("", f"/{first}", "/export.json", "/frame.txt", "/appendix.docx", "/files/1")
    for login in ("u11chief", "u11handler", "lookback2"):
        visitor = Visitor(city, login)
        assert [visitor.get(f"/samples/{sample}{path}").status_code for path in paths] == [404] * len(paths)
    sent = Visitor(city, WENT[0])
    assert [sent.get(f"/samples/{sample}{path}").status_code for path in paths] == [200, 200, 404, 404, 404, 404]
    assert "抽取依据" not in sent.get(f"/samples/{sample}").text
    assert Visitor(city, "u11chief").get("/samples").status_code == 404


def test_what_differs_is_marked_as_a_lead(city: City) -> None:
    sample = draw(city)
    assign(city, sample)
    record(city, sample, drawn(city, sample)[0], DIFFERS)
    page = Visitor(city, "office1").get(f"/samples/{sample}").text
    assert str(DIFFERS["found"]) in page
    assert "需核查的疑点，不是结论" in page


def test_a_campaign_is_opened_from_the_units_that_are_due(city: City) -> None:
    city.go_to("2027-02-01")
    officer = Visitor(city, "office1")
    assert "江夏国有资产" in officer.get("/campaigns").text
    opened = officer.post("/campaigns", {"unit": str(cities.UNIT), "purpose": "回头看", "seed": "种子"})
    assert opened.status_code == 303
    page = officer.get("/campaigns").text
    assert "目前没有到期的单位" in page
    assert "0 / 2" in page
    assert "再检查中" in officer.get(opened.headers["location"]).text


def test_a_sample_is_drawn_again_without_a_database(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = seen(city, draw(city))
    assert found is not None
    text = Visitor(city, "office1").get(f"/samples/{found.row.number}/export.json").text
    monkeypatch.setenv("XIAOHAO_DATA", str(tmp_path / "nothing"))

    def again(content: str) -> tuple[int, str]:
        file = tmp_path / "sample.json"
        file.write_text(content, encoding="utf-8")
        monkeypatch.setattr("sys.argv", ["xiaohao", "sample", "again", "--file", str(file), "--json"])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), capsys.readouterr().out

    code, out = again(text)
    assert (code, json.loads(out)["same"]) == (0, True)
    code, out = again(json.dumps(json.loads(text) | {"seed": "anders"}))
    assert (code, json.loads(out)["same"]) == (1, False)
    assert again("[]")[0] == 1
    assert not (tmp_path / "nothing").exists()
