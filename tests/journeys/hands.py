"""A person at a screen: signs in, opens the form of an act, fills in what it asks, sends it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.browser import Page

Answer = str | bool | Sequence[str]


class Person:
    """Somebody signed in; *address* is that of the house."""

    def __init__(self, page: Page, address: str, login: str, password: str) -> None:
        self.page, self.address = page, address
        page.goto(f"{address}/sign-in")
        page.get_by_label("登录名").fill(login)
        page.get_by_label("密码").fill(password)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{address}/")

    def act(
        self, number: str, act: str, answers: Mapping[str, Answer] | None = None, files: Sequence["File"] = ()
    ) -> None:
        """Do an act on a finding or a list and wait until the page says that it was done."""
        room = "findings" if number.count("-") == 2 else "lists"
        self.page.goto(f"{self.address}/{room}/{number}/acts/{act}")
        for file in files:
            self._attach(file)
        for name, answer in (answers or {}).items():
            self._fill(name, answer)
        self.page.locator("form.act .act-send").click()
        self.page.wait_for_load_state("networkidle")
        if self.page.locator("form.act .hints").count():  # what the system would point to was shown: go on
            self.page.locator("form.act .act-send").click()
        self.page.wait_for_selector(".done, [role=alert], .notice-done, .act-done, [role=status]:has-text('已办理')")
        wrong = self.page.locator("form.act .field-error, form.act .notice-overdue")
        assert wrong.count() == 0, f"{act} {number}: {wrong.all_inner_texts()}"

    def _fill(self, name: str, answer: Answer) -> None:
        fields = self.page.locator(f'form.act [name="{name}"]')
        kind = fields.first.get_attribute("type")
        if kind in ("radio", "checkbox"):
            for value in ("true",) if answer is True else (answer,) if isinstance(answer, str) else answer or ():
                self.page.locator(f'form.act [name="{name}"][value="{value}"]').check()
        elif fields.first.evaluate("field => field.tagName") == "SELECT":
            fields.first.select_option(str(answer))
        else:
            fields.first.fill(str(answer))

    def _attach(self, file: "File") -> None:
        rows = self.page.locator(".file-row")
        before = rows.count()
        self.page.set_input_files('form.act input[name="upload"]', file.path)
        row = rows.nth(before)
        row.wait_for()
        if file.kind:
            row.locator('select[name^="kind."]').select_option(file.kind)
        if file.measure:
            row.locator('select[name^="measure."]').select_option(index=file.measure)


class File:
    """A file to attach, with what the uploader says of it; *measure* counts from 1."""

    def __init__(self, path: Path, kind: str = "", measure: int = 0) -> None:
        self.path, self.kind, self.measure = path, kind, measure
