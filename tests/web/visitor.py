"""One person before the pages: cookies, the token that forms carry, and what a form of an act sends."""

import io
import re
from typing import Any

import httpx
from fastapi.testclient import TestClient
from sqlalchemy import select

from cases.moments import shanghai_date
from persistence.tables import measures
from tasks.work import Attachment
from tests.web.city import CHECKED, PNG, City, password_of
from web.settings import WebSettings

PLAIN = WebSettings()


class Visitor:
    """A browser without the browser; it shows what a person sends and gets."""

    def __init__(self, city: City, login: str | None = None, *, settings: WebSettings = PLAIN) -> None:
        self.city = city
        self.client = TestClient(
            city.app(settings),
            base_url=settings.base_url,
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        if login:
            assert self.sign_in(login).status_code == 303

    def get(self, path: str, **more: Any) -> httpx.Response:
        answer: httpx.Response = self.client.get(path, **more)
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Send a form with the token of the page that it stands on."""
        answer: httpx.Response = self.client.post(path, data={"csrf": self.token} | (data or {}), **more)
        return answer

    @property
    def token(self) -> str:
        page = self.get("/password")
        return token_in(page if page.status_code == 200 else self.get("/sign-in"))

    def sign_in(self, login: str, password: str | None = None) -> httpx.Response:
        data = {"csrf": token_in(self.get("/sign-in")), "login": login, "password": password or password_of(login)}
        answer: httpx.Response = self.client.post("/sign-in", data=data)
        return answer

    def act(self, path: str, form: httpx.Response, **given: Any) -> httpx.Response:
        """Send the form of an act as *form* shows it, with what was filled in."""
        kept = {name: hidden(form, name) for name in ("csrf", "key", "version", "task", "back")}
        answer: httpx.Response = self.client.post(path, data=kept | given)
        return answer


def token_in(page: httpx.Response) -> str:
    """Return the CSRF token of the first form on *page*."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found, page.text[:500]
    return found[1]


def hidden(page: httpx.Response, name: str) -> str:
    """Return the value of a hidden field of the act's form on *page*."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text[page.text.index('id="act"') :])
    assert found, name
    return found[1]


def proof(city: City, finding_id: int) -> tuple[Attachment, ...]:
    """Return one kept piece of result evidence for each measure of a finding."""
    kept = city.attachments.keep(io.BytesIO(PNG), "缴款凭证.png", limit_bytes=10_000)
    with city.office.read() as conn:
        ids = list(conn.scalars(select(measures.c.id).where(measures.c.finding_id == finding_id)))
    return tuple(
        Attachment(kept.sha256, kept.size, kept.media_type, f"缴款凭证{n}.png", kind="FUND_RECEIPT", measure_id=key)
        for n, key in enumerate(ids, 1)
    )


def bring_to_sign_off(city: City, number: str, finding_id: int) -> None:
    """Let every hand do its part, so that only the leading group is left. The finding is IMMEDIATE."""
    act = city.act
    act("u11handler", "accept_finding", number)
    city.office.perform(
        city.actor("u11handler"), "submit_rectification", number,
        {"completion": "资金已全部清退上缴财政专户，责任人已作出处理", "measures_done": ["1 已清退", "2 已修订"]},
        attachments=proof(city, finding_id),
    )  # fmt: skip
    act("u11leader", "review_rectification", number, verdict="agreed", comment=CHECKED)
    act("u11chief", "sign_rectification", number, verdict="agreed", pledge=True, comment=CHECKED)
    met = [str(seq) for seq in range(1, 8)]
    act("verifier1", "verify_rectification", number, verdict="confirmed", comment=CHECKED, criteria_met=met,
        criteria_conclusions=["1 已查看缴款凭证"])  # fmt: skip
    people = [str(city.actor(login).person_id) for login in ("lookback1", "lookback2")]
    today = shanghai_date(city.office.now()).isoformat()
    act("office1", "prepare_look_back", number, inspectors=people, method="on_site", place="集团财务部",
        starts_on=today, sample="抽取3笔凭证核对")  # fmt: skip
    act("lookback1", "record_look_back", number, method="on_site", place="集团财务部", started_on=today,
        ended_on=today, sample="抽取3笔凭证核对", record="现场查看了3笔凭证原件和银行回单，金额一致，制度已上墙。",
        result="held")  # fmt: skip
    act("lookback2", "confirm_look_back", number, verdict="confirmed", comment=CHECKED)
