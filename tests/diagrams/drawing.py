"""A diagram as it is drawn: boxes, labels and lines by element id, read from the file alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from lxml import etree

HOUSE = Path(__file__).parents[2]
PROCESSES = tuple(sorted(HOUSE.joinpath("bpmn", "processes").glob("*.bpmn")))
PICTURES = tuple(sorted(HOUSE.joinpath("docs", "pictures").glob("*.bpmn")))

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
BPMNDI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DI = "{http://www.omg.org/spec/DD/20100524/DI}"

Point = tuple[float, float]
Line = tuple[Point, Point]


@dataclass(frozen=True)
class Box:
    """A rectangle in the unit of the diagram, y growing downwards."""

    x: float
    y: float
    width: float
    height: float

    def meets(self, other: "Box") -> bool:
        """Whether they share more than a border."""
        return (
            self.x < other.x + other.width
            and other.x < self.x + self.width
            and self.y < other.y + other.height
            and other.y < self.y + self.height
        )

    def touches(self, point: Point, by: float = 1) -> bool:
        """Whether *point* lies on the border, or off it by no more than *by*."""
        outer = Box(self.x - by, self.y - by, self.width + 2 * by, self.height + 2 * by)
        inner = Box(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)
        return outer.holds(point) and not inner.holds(point)

    def holds(self, point: Point) -> bool:
        """Whether *point* lies inside."""
        return self.x < point[0] < self.x + self.width and self.y < point[1] < self.y + self.height


@dataclass(frozen=True)
class Edge:
    """A line of the diagram from border to border."""

    id: str
    source: str
    target: str
    points: tuple[Point, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its straight pieces."""
        return tuple(pairwise(self.points))


class Drawing:
    """One file, as a person sees it."""

    def __init__(self, path: Path) -> None:
        self.root = etree.parse(path).getroot()
        self.shapes = {
            shape.get("bpmnElement", ""): _box(shape.find(f"{DC}Bounds"))
            for shape in self.root.iter(f"{BPMNDI}BPMNShape")
        }
        self.labels = {
            drawn.get("bpmnElement", ""): _box(drawn.find(f"{BPMNDI}BPMNLabel/{DC}Bounds"))
            for tag in ("BPMNShape", "BPMNEdge")
            for drawn in self.root.iter(BPMNDI + tag)
            if drawn.find(f"{BPMNDI}BPMNLabel") is not None
        }
        flows = {flow.get("id"): flow for tag in ("sequenceFlow", "messageFlow") for flow in self.root.iter(BPMN + tag)}
        self.edges = tuple(
            Edge(
                id=edge.get("bpmnElement", ""),
                source=flows[edge.get("bpmnElement")].get("sourceRef", ""),
                target=flows[edge.get("bpmnElement")].get("targetRef", ""),
                points=tuple((float(p.get("x", "")), float(p.get("y", ""))) for p in edge.iter(f"{DI}waypoint")),
            )
            for edge in self.root.iter(f"{BPMNDI}BPMNEdge")
        )
        self.flows = frozenset(flows)
        self.pools = {pool.get("id", "") for pool in self.root.iter(f"{BPMN}participant")}
        self.hosts = {
            node.get("id", ""): node.get("attachedToRef", "") for node in self.root.iter(f"{BPMN}boundaryEvent")
        }

    def nodes(self) -> Iterator[etree._Element]:
        """Every task, event and gateway."""
        for process in self.root.iter(f"{BPMN}process"):
            for child in process:
                if isinstance(child.tag, str) and child.get("id") and child.tag != f"{BPMN}sequenceFlow":
                    yield child


def _box(bounds: etree._Element | None) -> Box:
    assert bounds is not None
    x, y, width, height = (float(bounds.get(name, "")) for name in ("x", "y", "width", "height"))
    return Box(x, y, width, height)
