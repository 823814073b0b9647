"""What is shipped is drawn so that a person can read it."""

import re
from itertools import combinations

import pytest

from tests.diagrams.drawing import BPMN, PICTURES, PROCESSES, Box, Drawing, Line

HAN = re.compile(r"[\u4e00-\u9fff]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")


@pytest.fixture(params=PROCESSES + PICTURES, ids=lambda path: path.stem)
def drawing(request: pytest.FixtureRequest) -> Drawing:
    return Drawing(request.param)


def test_every_element_is_drawn_and_nothing_else(drawing: Drawing) -> None:
    nodes = {node.get("id") for node in drawing.nodes()}

    assert set(drawing.shapes) == nodes | drawing.pools
    assert {edge.id for edge in drawing.edges} == drawing.flows


def test_every_element_says_in_chinese_what_it_is_and_why(drawing: Drawing) -> None:
    for node in drawing.nodes():
        documentation = node.findtext(f"{BPMN}documentation") or ""

        assert HAN.search(node.get("name", "")), node.get("id")
        assert len(HAN.findall(documentation)) >= 6, node.get("id")
        assert not HALF_WIDTH.search(node.get("name", "") + "\n" + documentation), node.get("id")


def test_a_choice_says_on_its_arrows_what_was_chosen(drawing: Drawing) -> None:
    for gateway in drawing.root.iter(f"{BPMN}exclusiveGateway"):
        ways = [flow for flow in drawing.root.iter(f"{BPMN}sequenceFlow") if flow.get("sourceRef") == gateway.get("id")]

        assert all(HAN.search(way.get("name", "")) for way in ways), gateway.get("id")


def test_names_fit_into_their_boxes(drawing: Drawing) -> None:
    for node in drawing.nodes():
        if drawing.shapes[node.get("id", "")].width == 100:  # a task; the others have a label beside them
            assert len(node.get("name", "")) <= 8, node.get("name")


def test_nothing_stands_outside_the_picture(drawing: Drawing) -> None:
    for name, box in [*drawing.shapes.items(), *drawing.labels.items()]:
        assert box.x >= 0, name
        assert box.y >= 0, name
    assert all(x >= 0 and y >= 0 for edge in drawing.edges for x, y in edge.points)


def test_no_two_shapes_lie_on_each_other(drawing: Drawing) -> None:
    shapes = [(name, box) for name, box in drawing.shapes.items() if name not in drawing.pools]

    for (a, box), (b, other) in combinations(shapes, 2):
        if drawing.hosts.get(a) != b and drawing.hosts.get(b) != a:
            assert not box.meets(other), (a, b)


def test_no_label_covers_a_shape_a_line_or_another_label(drawing: Drawing) -> None:
    shapes = {name: box for name, box in drawing.shapes.items() if name not in drawing.pools}

    for name, label in drawing.labels.items():
        for other, box in shapes.items():
            assert not label.meets(box), (name, other)
        for other, box in drawing.labels.items():
            assert name == other or not label.meets(box), (name, other)
        for edge in drawing.edges:
            assert not any(passes(line, label) for line in edge.lines), (name, edge.id)


def test_arrows_begin_and_end_on_borders_and_run_straight(drawing: Drawing) -> None:
    for edge in drawing.edges:
        source, target = drawing.shapes[edge.source], drawing.shapes[edge.target]

        assert source.touches(edge.points[0]), edge.id
        assert target.touches(edge.points[-1]), edge.id
        assert all(x1 == x2 or y1 == y2 for (x1, y1), (x2, y2) in edge.lines), edge.id


def test_no_arrow_runs_through_a_shape(drawing: Drawing) -> None:
    for edge in drawing.edges:
        for name, box in drawing.shapes.items():
            if name not in drawing.pools | {edge.source, edge.target}:
                if drawing.hosts.get(edge.source) == name:
                    continue
                assert not any(passes(line, box) for line in edge.lines), (edge.id, name)


def test_no_two_arrows_cross(drawing: Drawing) -> None:
    """Arrows to the same target may share a line: that is how returns come back."""
    for a, b in combinations(drawing.edges, 2):
        if a.target != b.target:
            assert not any(cross(one, two) for one in a.lines for two in b.lines), (a.id, b.id)


def test_the_way_forward_reads_from_left_to_right(drawing: Drawing) -> None:
    """Only named arrows go back, so that a reader sees why."""
    for edge in drawing.edges:
        goes_back = drawing.shapes[edge.target].x < drawing.shapes[edge.source].x
        flow = next(flow for flow in drawing.root.iter() if flow.get("id") == edge.id)

        assert not goes_back or flow.get("name"), edge.id


def passes(line: Line, box: Box) -> bool:
    """Whether the level or upright *line* runs through the inside of *box*."""
    (x1, y1), (x2, y2) = line
    left, right = sorted((x1, x2))
    top, bottom = sorted((y1, y2))
    return left < box.x + box.width and box.x < right + 0.001 and top < box.y + box.height and box.y < bottom + 0.001


def cross(one: Line, two: Line) -> bool:
    """Whether a level and an upright line cut each other inside both."""
    (a, b), (c, d) = one, two
    if (a[0] == b[0]) == (c[0] == d[0]):
        return False
    upright, level = (one, two) if a[0] == b[0] else (two, one)
    (x, y1), (_, y2) = upright
    (x1, y), (x2, _) = level
    return min(x1, x2) < x < max(x1, x2) and min(y1, y2) < y < max(y1, y2)
