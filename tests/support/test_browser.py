import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.browser import OFFICE_SCREEN, Page, Visits

VENDOR = Path(__file__).parents[2] / "web" / "static" / "vendor"

DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">
  <bpmn:process id="close_finding" isExecutable="true"><bpmn:userTask id="sign_off" name="销号"/></bpmn:process>
  <bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p" bpmnElement="close_finding">
    <bpmndi:BPMNShape id="s" bpmnElement="sign_off">
      <dc:Bounds x="100" y="100" width="100" height="80"/></bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</bpmn:definitions>"""

MARK = '<link rel="icon" href="data:,">'  # else the browser asks for one, some time, and complains

PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>销号</title><link rel="icon" href="data:,">
<meta name="htmx-config" content='{"allowEval": false, "includeIndicatorStyles": false}'>
<link rel="stylesheet" href="/vendor/tabler.min.css"><link rel="stylesheet" href="/vendor/bpmn-viewer.css">
<script src="/vendor/htmx.min.js" defer></script><script src="/vendor/bpmn-viewer.min.js" defer></script>
<script src="/page.js" defer></script></head>
<body><button id="ask" class="btn" hx-get="/answer.html" hx-target="#answer">
<svg class="icon"><use href="/vendor/icons.svg#send"/></svg>提交</button>
<div id="answer"></div><div id="diagram" style="height: 400px"></div></body></html>"""

PAGE_SCRIPT = """const viewer = new BpmnViewer({ container: "#diagram" });
fetch("/diagram.bpmn").then((answer) => answer.text()).then((xml) => viewer.importXML(xml))
  .then(() => { viewer.get("canvas").zoom("fit-viewport"); document.body.dataset.drawn = "yes"; });"""


class Strict(SimpleHTTPRequestHandler):
    """Serves a folder under the policy of our pages: no script but ours, none inline, no eval."""

    policy = (
        "default-src 'self'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:"
    )

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The address of a small site made of the vendored files."""
    (tmp_path / "vendor").symlink_to(VENDOR)
    (tmp_path / "index.html").write_text(PAGE)
    (tmp_path / "page.js").write_text(PAGE_SCRIPT)
    (tmp_path / "diagram.bpmn").write_text(DIAGRAM)
    (tmp_path / "answer.html").write_text(f"{MARK}<p>已提交</p>")
    (tmp_path / "outside.html").write_text(
        f"{MARK}<img src='http://elsewhere.invalid/pixel.png'><script>alert(1)</script>"
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_vendored_files_work_under_our_content_policy(page: Page, site: str) -> None:
    page.goto(site)

    page.wait_for_selector("body[data-drawn=yes]")
    page.click("#ask")

    page.wait_for_selector("#answer >> text=已提交")
    assert page.locator("[data-element-id=sign_off]").is_visible()
    assert page.locator("#ask svg use").bounding_box() != {"x": 0, "y": 0, "width": 0, "height": 0}


def test_the_mark_of_bpmn_io_stays_visible(page: Page, site: str) -> None:
    page.goto(site)
    page.wait_for_selector("body[data-drawn=yes]")

    mark = page.locator(".bjs-powered-by")

    box = mark.bounding_box()
    assert mark.is_visible()
    assert box
    assert box["width"] > 20
    assert page.evaluate(
        "([x, y]) => !!document.elementFromPoint(x, y).closest('.bjs-powered-by')",
        [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
    )


def test_a_page_that_asks_outside_or_breaks_the_policy_is_complained_about(visits: Visits, site: str) -> None:
    page = visits.begin()

    page.goto(f"{site}/outside.html")
    page.wait_for_load_state("networkidle")

    complaints = "\n".join(visits.complaints)
    assert "asked outside: http://elsewhere.invalid/pixel.png" in complaints
    assert "inline script" in complaints
    visits.complaints.clear()


def test_people_are_signed_in_apart_from_each_other(visits: Visits, site: str) -> None:
    li, zhou = visits.begin(), visits.begin("en")
    for page in (li, zhou):
        page.goto(f"{site}/answer.html")

    li.evaluate("document.cookie = 'session=li'")

    assert "session=li" in li.evaluate("document.cookie")
    assert zhou.evaluate("document.cookie") == ""
    assert zhou.evaluate("navigator.language") == "en"
    assert tuple(li.evaluate("[innerWidth, innerHeight]")) == OFFICE_SCREEN
