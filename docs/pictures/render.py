"""Draws the pictures of this folder from their diagrams: ``python docs/pictures/render.py``.

The browser files are those that the pages use, so a picture looks like the diagram on a finding's page. Needs Chromium
on the path and fonts with Chinese glyphs; nothing is fetched.
"""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
HOUSE = HERE.parent.parent
VIEWER = HOUSE / "web" / "static" / "vendor" / "bpmn-viewer.min.js"
DIAGRAMS = (
    HERE / "whole_chain.bpmn",
    HOUSE / "bpmn" / "processes" / "close_finding.bpmn",
    HOUSE / "bpmn" / "processes" / "close_issue_list.bpmn",
)

DRAW = """async (xml) => {
    const viewer = new BpmnViewer({container: '#canvas'});
    await viewer.importXML(xml);
    return (await viewer.saveSVG()).svg;
}"""


def main() -> None:
    """Write one SVG for each diagram."""
    with sync_playwright() as playwright:
        # Without a sandbox because containers run as root; the page shows files of this repository only.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        for diagram in DIAGRAMS:
            HERE.joinpath(f"{diagram.stem}.svg").write_text(_svg(page, diagram), "utf-8")
        browser.close()


def _svg(page: Page, diagram: Path) -> str:
    page.set_content('<div id="canvas" style="width: 1500px; height: 800px"></div>')
    page.add_script_tag(path=VIEWER)
    return _with_lasting_ids(_with_margin(str(page.evaluate(DRAW, diagram.read_text("utf-8")))), diagram.stem)


def _with_margin(svg: str, margin: int = 12) -> str:
    """Put white paper under *svg*, a little larger than the drawing: on a dark page black lines would be lost."""
    x, y, width, height = (float(number) for number in re.findall(r'viewBox="([^"]+)"', svg)[0].split())
    x, y, width, height = x - margin, y - margin, width + 2 * margin, height + 2 * margin
    paper = f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="#fff"/>'
    head = f'width="{width:g}" height="{height:g}" viewBox="{x:g} {y:g} {width:g} {height:g}"'
    svg = re.sub(r'width="[^"]+" height="[^"]+" viewBox="[^"]+"', head, svg, count=1)
    return re.sub(r"(<svg [^>]*>)", lambda tag: tag[1] + paper, svg, count=1)


def _with_lasting_ids(svg: str, name: str) -> str:
    """Number the arrow heads, which the viewer names at random: a picture changes only when its diagram does."""
    markers = dict.fromkeys(re.findall(r"marker-[0-9a-z]{25}", svg))
    for number, marker in enumerate(markers, 1):
        svg = svg.replace(marker, f"{name}-{number}")
    return svg


if __name__ == "__main__":
    main()
