"""Reads a diagram that anybody may have written: hardened XML first, then an allow-list of elements and attributes.

What this module refuses is unsafe or unreadable and is not even kept as a draft; what is merely wrong is told by
``bpmn/checker.py``. The result is our own small graph (`Diagram`, `Process`, `Node`, `Flow`); nobody else reads the
XML.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from lxml import etree

from bpmn.expressions import ExpressionRefused, compile_expression

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
DRAWING = frozenset(
    {
        "http://www.omg.org/spec/BPMN/20100524/DI",
        "http://www.omg.org/spec/DD/20100524/DC",
        "http://www.omg.org/spec/DD/20100524/DI",
    }
)
COLOURS = frozenset({"http://www.omg.org/spec/BPMN/non-normative/color/1.0", "http://bpmn.io/schema/bpmn/biocolor/1.0"})

LARGEST_FILE = 2_000_000  # bytes
MOST_NODES = 500  # things that are drawn: tasks, events, gateways
MOST_ELEMENTS = 20_000  # XML elements, drawing included
LONGEST_VALUE = 4_000  # characters of an attribute or a text

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}\Z", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,12})?\Z", re.ASCII)
_DECLARED = re.compile(r"""\A\ufeff?<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


class Kind(StrEnum):
    """What a node is, by the local name of its BPMN element."""

    START = "startEvent"
    END = "endEvent"
    USER_TASK = "userTask"
    MANUAL_TASK = "manualTask"
    SERVICE_TASK = "serviceTask"
    DECISION = "businessRuleTask"
    CALL = "callActivity"
    EXCLUSIVE = "exclusiveGateway"
    PARALLEL = "parallelGateway"
    EVENT_BASED = "eventBasedGateway"
    CATCH = "intermediateCatchEvent"
    THROW = "intermediateThrowEvent"
    BOUNDARY = "boundaryEvent"


PEOPLE = frozenset({Kind.USER_TASK, Kind.MANUAL_TASK})


@dataclass(frozen=True)
class Refusal:
    """One thing that may not stand in a diagram; *code* has a sentence in the catalogues under ``checker``."""

    element: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)


class DiagramRefused(ValueError):
    """The only exception of reading: *file* holds what may not be drawn; *refusals* has at least one."""

    def __init__(self, file: str, refusals: Iterable[Refusal]) -> None:
        self.file, self.refusals = file, tuple(refusals)
        self.element, self.code = self.refusals[0].element, self.refusals[0].code
        super().__init__(f"{file}: {self.element}: {self.code}")


@dataclass(frozen=True)
class Loop:
    """A multi-instance: one task per item of the fact *collection*, all at once or one after another."""

    collection: str
    item: str  # name of the item; a ``role`` of that name means that each item is a role
    sequential: bool
    until: str | None  # completion condition


@dataclass(frozen=True)
class Node:
    """One task, event or gateway."""

    id: str
    kind: Kind
    name: str = ""
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    event: str | None = None  # timer, message, terminate
    message: str | None = None
    attached_to: str | None = None
    interrupting: bool = True
    default: str | None = None  # id of the default flow
    calls: str | None = None  # id of the called process
    loop: Loop | None = None

    @property
    def deadline(self) -> str | None:
        """The deadline key of a timer event."""
        return self.properties.get("deadline") if self.event == "timer" else None


@dataclass(frozen=True)
class Flow:
    """One arrow."""

    id: str
    source: str
    target: str
    condition: str | None = None
    name: str = ""


@dataclass(frozen=True)
class Process:
    """One process as a graph; boundary events are nodes that hang on their task."""

    id: str
    name: str
    file: str
    properties: Mapping[str, str]
    nodes: Mapping[str, Node]
    flows: tuple[Flow, ...]
    executable: bool = True

    @property
    def type(self) -> str | None:
        """Which control points it must have: finding, issue_list, look_back, durability, extension or any."""
        return self.properties.get("type")

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The declared facts, in the order of the diagram."""
        return tuple(name.strip() for name in self.properties.get("facts", "").split(",") if name.strip())

    @cached_property
    def _outgoing(self) -> Mapping[str, tuple[Flow, ...]]:
        return {id: tuple(flow for flow in self.flows if flow.source == id) for id in self.nodes}

    @cached_property
    def _incoming(self) -> Mapping[str, tuple[Flow, ...]]:
        return {id: tuple(flow for flow in self.flows if flow.target == id) for id in self.nodes}

    def outgoing(self, id: str) -> tuple[Flow, ...]:
        """The arrows that leave the node *id*."""
        return self._outgoing[id]

    def incoming(self, id: str) -> tuple[Flow, ...]:
        """The arrows that reach the node *id*."""
        return self._incoming[id]

    def boundaries(self, id: str) -> tuple[Node, ...]:
        """The boundary events of the task *id*."""
        return tuple(node for node in self.nodes.values() if node.attached_to == id)


@dataclass(frozen=True)
class Diagram:
    """One file: its processes, and the XML that the engine's parser takes, both already judged."""

    file: str
    processes: tuple[Process, ...]
    tree: Any = field(repr=False, compare=False)  # lxml element; only bpmn/spiff.py touches it


def read_diagram(file: str, content: bytes) -> Diagram:
    """Return the diagram in *content*; *file* is only its name. Raises DiagramRefused."""
    root = read_xml(file, content)
    refusals = list(_judged(root))
    if refusals:
        raise DiagramRefused(file, refusals)

    messages = {element.get("id", ""): element.get("name", "") for element in root.iter(_bpmn("message"))}
    processes = [_process(file, element, messages, refusals) for element in root.iter(_bpmn("process"))]
    if not processes:
        refusals.append(Refusal("definitions", "process_missing"))
    if refusals:
        raise DiagramRefused(file, refusals)
    return Diagram(file, tuple(processes), root)


def read_xml(file: str, content: bytes) -> Any:
    """Return the root of *content* as lxml element: UTF-8, no DTD, no entities, no network, bounded. Raises
    DiagramRefused.

    The text is searched before it is parsed, so that the parser never sees a declaration that it would have to ignore.
    """

    def refuse(element: str, code: str, **facts: str) -> DiagramRefused:
        return DiagramRefused(file, [Refusal(element, code, facts)])

    if len(content) > LARGEST_FILE:
        raise refuse("xml", "file_too_large", limit=str(LARGEST_FILE))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as why:
        raise refuse("xml", "file_not_utf8") from why
    declared = _DECLARED.match(text)
    if declared and declared[1].lower() not in ("utf-8", "utf8"):
        raise refuse("xml", "file_not_utf8")
    upper = text.upper()
    if "<!DOCTYPE" in upper:
        raise refuse("DOCTYPE", "doctype")
    if "<!ENTITY" in upper:
        raise refuse("ENTITY", "doctype")

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as why:
        raise refuse("xml", "file_unreadable", reason=str(why)[:200]) from why

    tree: Any = root.getroottree()
    if tree.docinfo.doctype:
        raise refuse("DOCTYPE", "doctype")
    for count, node in enumerate(root.iter()):
        if count >= MOST_ELEMENTS:
            raise refuse("xml", "file_too_many_elements", limit=str(MOST_ELEMENTS))
        if node.tag is etree.Comment:
            continue
        if not isinstance(node.tag, str):  # processing instructions, entity references
            raise refuse(str(node)[:80], "file_instruction")
    if len(tree.xpath("/node()[not(self::comment())]")) != 1:
        raise refuse("xml", "file_instruction")
    return root


def _bpmn(name: str) -> str:
    return f"{{{BPMN}}}{name}"


# What may stand where: element -> (attributes, children). Names without a prefix are BPMN's; `#` allows text.
_NAMED = frozenset({"id", "name"})
_ANY_NODE = frozenset({"documentation", "extensionElements", "incoming", "outgoing"})
_GATEWAY = _NAMED | {"gatewayDirection"}
_EVENT = _ANY_NODE | {"timerEventDefinition", "messageEventDefinition"}
_TASK = _ANY_NODE | {"multiInstanceLoopCharacteristics"}
_TYPED = frozenset({"id", f"{{{XSI}}}type"})
_TEXT = frozenset({"#"})

_ALLOWED: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "definitions": (
        _NAMED | {"targetNamespace", "exporter", "exporterVersion", f"{{{XSI}}}schemaLocation"},
        frozenset({"process", "message", "collaboration", "documentation", "BPMNDiagram"}),
    ),
    "collaboration": (
        _NAMED,
        frozenset({"participant", "messageFlow", "documentation", "textAnnotation", "association"}),
    ),
    "participant": (_NAMED | {"processRef"}, frozenset({"documentation"})),
    "messageFlow": (_NAMED | {"sourceRef", "targetRef"}, frozenset({"documentation"})),
    "message": (_NAMED, frozenset({"documentation"})),
    "process": (
        _NAMED | {"isExecutable", "processType"},
        frozenset(
            {*Kind, "sequenceFlow", "laneSet", "textAnnotation", "association", "documentation", "extensionElements"}
        ),
    ),
    "laneSet": (_NAMED, frozenset({"lane", "documentation"})),
    "lane": (_NAMED, frozenset({"flowNodeRef", "documentation"})),
    "flowNodeRef": (frozenset(), _TEXT),
    "incoming": (frozenset(), _TEXT),
    "outgoing": (frozenset(), _TEXT),
    "documentation": (frozenset({"id", "textFormat"}), _TEXT),
    "textAnnotation": (frozenset({"id", "textFormat"}), frozenset({"text"})),
    "text": (frozenset(), _TEXT),
    "association": (frozenset({"id", "sourceRef", "targetRef", "associationDirection"}), frozenset()),
    "sequenceFlow": (_NAMED | {"sourceRef", "targetRef"}, frozenset({"conditionExpression", "documentation"})),
    "conditionExpression": (_TYPED, _TEXT),
    "extensionElements": (frozenset(), frozenset({"properties"})),
    "properties": (frozenset(), frozenset({"property"})),
    "property": (frozenset({"name", "value"}), frozenset()),
    "startEvent": (_NAMED, _ANY_NODE),
    "endEvent": (_NAMED, _ANY_NODE | {"terminateEventDefinition"}),
    "terminateEventDefinition": (frozenset({"id"}), frozenset()),
    "userTask": (_NAMED, _TASK),
    "manualTask": (_NAMED, _TASK),
    "multiInstanceLoopCharacteristics": (
        frozenset({"id", "isSequential"}),
        frozenset({"loopDataInputRef", "inputDataItem", "completionCondition"}),
    ),
    "loopDataInputRef": (frozenset(), _TEXT),
    "inputDataItem": (_NAMED, frozenset()),
    "completionCondition": (_TYPED, _TEXT),
    "serviceTask": (_NAMED, _ANY_NODE),
    "businessRuleTask": (_NAMED, _ANY_NODE),
    "callActivity": (_NAMED | {"calledElement"}, _ANY_NODE),
    "exclusiveGateway": (_GATEWAY | {"default"}, _ANY_NODE),
    "parallelGateway": (_GATEWAY, _ANY_NODE),
    "eventBasedGateway": (_GATEWAY, _ANY_NODE),
    "intermediateCatchEvent": (_NAMED, _EVENT),
    "intermediateThrowEvent": (_NAMED, _ANY_NODE),
    "boundaryEvent": (_NAMED | {"attachedToRef", "cancelActivity"}, _EVENT),
    "timerEventDefinition": (frozenset({"id"}), frozenset({"timeDate"})),
    "timeDate": (_TYPED, _TEXT),
    "messageEventDefinition": (frozenset({"id", "messageRef"}), frozenset()),
}
_SPIFF_ELEMENTS = frozenset({"properties", "property"})

_PLACES = frozenset({"process", "definitions", "collaboration", "laneSet"})  # what stands here can be seen on a drawing

# Properties by the elements that may carry them; an unknown one is a typing mistake that would silently do nothing.
_PROPERTIES: Mapping[str, frozenset[str]] = {
    "process": frozenset({"type", "facts"}),
    Kind.USER_TASK: frozenset({"role", "stage", "act", "form"}),
    Kind.MANUAL_TASK: frozenset({"role", "stage", "act", "form"}),
    Kind.SERVICE_TASK: frozenset({"operation"}),
    Kind.DECISION: frozenset({"decision"}),
    Kind.CATCH: frozenset({"deadline", "stage"}),
    Kind.BOUNDARY: frozenset({"deadline", "stage"}),
    Kind.END: frozenset({"outcome"}),
}


def _judged(root: Any) -> Iterator[Refusal]:
    """Yield what may not stand in the document, element by element."""
    if root.tag != _bpmn("definitions"):
        yield Refusal(_name_of(root), "element_not_allowed", {"tag": _local(root)})
        return

    nodes, seen = 0, set[str]()
    for element in root.iter(etree.Element):
        namespace, local = _split(element.tag)
        if namespace in DRAWING:
            yield from _drawing_judged(element)
            continue
        if (namespace != BPMN or local not in _ALLOWED or local in _SPIFF_ELEMENTS) and (
            namespace != SPIFF or local not in _SPIFF_ELEMENTS
        ):
            yield Refusal(_name_of(element), "element_not_allowed", {"tag": local})
            continue

        attributes, children = _ALLOWED[local]
        for name, value in element.attrib.items():
            if name not in attributes:
                yield Refusal(_name_of(element), "attribute_not_allowed", {"tag": local, "attribute": name})
            elif len(value) > LONGEST_VALUE:
                yield Refusal(_name_of(element), "value_too_long", {"tag": local})
        for child in element.iterchildren(etree.Element):
            child_namespace, child_local = _split(child.tag)
            known = child_namespace in DRAWING or child_local in _ALLOWED  # the others are told of by themselves
            if known and child_local not in children:
                yield Refusal(_name_of(child), "element_misplaced", {"tag": child_local, "parent": local})
        if "#" not in children and (element.text or "").strip():
            yield Refusal(_name_of(element), "text_misplaced", {"tag": local})
        if len(element.text or "") > LONGEST_VALUE:
            yield Refusal(_name_of(element), "value_too_long", {"tag": local})

        yield from _identifier_judged(element, local, seen)
        yield from _once_judged(element, local)
        nodes += local in frozenset(Kind)

    if nodes > MOST_NODES:
        yield Refusal("definitions", "too_many_nodes", {"limit": str(MOST_NODES)})


def _identifier_judged(element: Any, local: str, seen: set[str]) -> Iterator[Refusal]:
    id = element.get("id")
    if local in frozenset(Kind) | {"process", "sequenceFlow", "message"} and not id:
        yield Refusal(_name_of(element), "id_missing", {"tag": local})
    if id is None or local == "inputDataItem":  # an item is a name, not a thing: two loops may use the same
        return
    if not IDENTIFIER.match(id) or id in ("Start", "End"):  # the engine keeps these two for itself
        yield Refusal(id[:100] or local, "id_not_allowed", {"tag": local})
    if id in seen:
        yield Refusal(id, "id_twice", {"tag": local})
    seen.add(id)


def _once_judged(element: Any, local: str) -> Iterator[Refusal]:
    """Refuse a second child where readers of diagrams differ in which one counts."""
    names = [_split(child.tag)[1] for child in element.iterchildren(etree.Element)]
    several = {"incoming", "outgoing", "property", "documentation", "flowNodeRef", "lane"}
    if local not in ("definitions", "process", "collaboration"):
        for name in sorted({name for name in names if names.count(name) > 1} - several):
            yield Refusal(_name_of(element), "element_twice", {"tag": name})
    if {"timerEventDefinition", "messageEventDefinition"} <= set(names):
        yield Refusal(_name_of(element), "element_twice", {"tag": "eventDefinition"})
    if local in (Kind.CATCH, Kind.BOUNDARY) and not {"timerEventDefinition", "messageEventDefinition"} & set(names):
        yield Refusal(_name_of(element), "event_missing", {"tag": local})


def _drawing_judged(element: Any) -> Iterator[Refusal]:
    """Drawing cannot run, but its numbers are computed with and its colours reach the browser."""
    for name, value in element.attrib.items():
        namespace, local = _split(name)
        if namespace and namespace not in COLOURS:
            yield Refusal(_name_of(element), "attribute_not_allowed", {"tag": _local(element), "attribute": name})
        elif (namespace and not re.fullmatch(r"#[0-9A-Fa-f]{3,8}|[a-zA-Z]{1,30}", value)) or (
            local in ("x", "y", "width", "height") and not _NUMBER.match(value)
        ):
            yield Refusal(_name_of(element), "value_not_allowed", {"tag": _local(element), "attribute": local})
        elif len(value) > LONGEST_VALUE:
            yield Refusal(_name_of(element), "value_too_long", {"tag": _local(element)})
    for child in element.iterchildren(etree.Element):
        if _split(child.tag)[0] not in DRAWING:
            yield Refusal(_name_of(child), "element_misplaced", {"tag": _local(child), "parent": _local(element)})


def _process(file: str, element: Any, messages: Mapping[str, str], refusals: list[Refusal]) -> Process:
    nodes: dict[str, Node] = {}
    flows: list[Flow] = []
    for child in element.iterchildren(etree.Element):
        local = _local(child)
        if local in frozenset(Kind):
            node = _node(child, Kind(local), messages, refusals)
            nodes[node.id] = node
        elif local == "sequenceFlow":
            condition = child.find(_bpmn("conditionExpression"))
            flows.append(
                Flow(
                    id=child.get("id"),
                    source=child.get("sourceRef", ""),
                    target=child.get("targetRef", ""),
                    condition=None if condition is None else (condition.text or "").strip(),
                    name=child.get("name", ""),
                )
            )
    for flow in flows:
        if flow.condition:
            refusals += _language(flow.id, flow.condition)
        for end in (flow.source, flow.target):
            if end not in nodes:
                refusals.append(Refusal(flow.id, "flow_dangling", {"end": end[:100]}))
    for node in nodes.values():
        if node.kind is Kind.BOUNDARY and node.attached_to not in nodes:
            refusals.append(Refusal(node.id, "boundary_dangling"))
    return Process(
        id=element.get("id"),
        name=element.get("name", ""),
        file=file,
        properties=_properties(element, "process", refusals),
        nodes=nodes,
        flows=tuple(flows),
        executable=element.get("isExecutable", "true") == "true",
    )


def _node(element: Any, kind: Kind, messages: Mapping[str, str], refusals: list[Refusal]) -> Node:
    id = element.get("id")
    properties = _properties(element, kind, refusals)
    event = message = None
    for name in ("timer", "message", "terminate"):
        definition = element.find(_bpmn(f"{name}EventDefinition"))
        if definition is None:
            continue
        event = name
        if name == "message":
            message = messages.get(definition.get("messageRef", ""))
            if not message or not IDENTIFIER.match(message):
                refusals.append(Refusal(id, "message_unknown"))
        moment = definition.find(_bpmn("timeDate"))
        if moment is not None and (moment.text or "").strip() != properties.get("deadline"):
            # Stock tools read the date, we read the key: a date that says something else would be code.
            refusals.append(Refusal(id, "timer_without_key"))

    loop = element.find(_bpmn("multiInstanceLoopCharacteristics"))
    documentation = element.find(_bpmn("documentation"))
    return Node(
        id=id,
        kind=kind,
        name=element.get("name", ""),
        documentation="" if documentation is None else (documentation.text or "").strip(),
        properties=properties,
        event=event,
        message=message,
        attached_to=element.get("attachedToRef"),
        interrupting=element.get("cancelActivity", "true") == "true",
        default=element.get("default"),
        calls=element.get("calledElement"),
        loop=None if loop is None else _loop(id, loop, refusals),
    )


def _loop(id: str, element: Any, refusals: list[Refusal]) -> Loop:
    collection = (element.findtext(_bpmn("loopDataInputRef")) or "").strip()
    item = element.find(_bpmn("inputDataItem"))
    if not collection:
        refusals.append(Refusal(id, "loop_without_collection"))
    until = (element.findtext(_bpmn("completionCondition")) or "").strip()
    for text in (collection, until):
        refusals += _language(id, text) if text else []
    return Loop(
        collection=collection,
        item="" if item is None else item.get("id") or item.get("name") or "",
        sequential=element.get("isSequential") == "true",
        until=until or None,
    )


def _language(element: str, text: str) -> list[Refusal]:
    """A draft may name an unknown fact; what is no expression of ours might be code for another reader."""
    try:
        compile_expression(text)
    except ExpressionRefused as why:
        return [Refusal(element, why.code, {"text": why.part or why.text})]
    return []


def _properties(element: Any, kind: str, refusals: list[Refusal]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    place = f"{_bpmn('extensionElements')}/{{{SPIFF}}}properties/{{{SPIFF}}}property"
    for entry in element.iterfind(place):
        name, value = entry.get("name", ""), entry.get("value", "").strip()
        if name in found:
            refusals.append(Refusal(_name_of(element), "property_twice", {"property": name[:100]}))
        elif name not in _PROPERTIES.get(kind, frozenset()):
            refusals.append(Refusal(_name_of(element), "property_unknown", {"property": name[:100], "tag": kind}))
        found[name] = value
    return found


def _split(tag: str) -> tuple[str, str]:
    namespace, _, local = tag.rpartition("}")
    return namespace.removeprefix("{"), local


def _local(element: Any) -> str:
    return _split(element.tag)[1]


def _name_of(element: Any) -> str:
    """Return the id by which people find *element*: its own, or that of the thing on the drawing that it is part of."""
    for around in (element, *element.iterancestors()):
        parent = around.getparent()
        place = "definitions" if parent is None else _local(parent)
        if around.get("id") and (place in _PLACES or _split(around.tag)[0] in DRAWING):
            return str(around.get("id"))[:100]
    return _local(element)
