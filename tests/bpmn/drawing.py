"""Draws small diagrams for tests: a builder that writes the XML that a modeler would save."""

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
    ' id="Definitions_1" targetNamespace="http://example.org/xiaohao">\n'
)


def properties(**values: str) -> str:
    """Return extension elements with *values*; nothing for no values."""
    rows = "".join(
        f"<spiffworkflow:property name={quoteattr(name)} value={quoteattr(value)}/>"
        for name, value in values.items()
        if value
    )
    inner = f"<spiffworkflow:properties>{rows}</spiffworkflow:properties>"
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if rows else ""


class Drawing:
    """One process, drawn call by call; `xml()` is the file."""

    def __init__(self, id: str = "case", *, type: str = "any", facts: str = "") -> None:
        self.id, self._head = id, properties(type=type, facts=facts)
        self._parts: list[str] = []
        self._messages: dict[str, str] = {}
        self._flows = 0
        self.add("startEvent", "start")

    def add(self, tag: str, id: str, inner: str = "", attributes: str = "", **values: str) -> "Drawing":
        """Draw an element with *values* as properties."""
        self._parts.append(f'<bpmn:{tag} id="{id}" {attributes}>{properties(**values)}{inner}</bpmn:{tag}>')
        return self

    def user(self, id: str, inner: str = "", *, role: str = "handler", stage: str = "", **values: str) -> "Drawing":
        return self.add("userTask", id, inner, f'name="{id}"', role=role, stage=stage, **values)

    def each(self, id: str, collection: str, *, item: str = "", until: str = "", sequential: bool = False) -> "Drawing":
        """Draw a user task for each item of *collection*."""
        inner = f"<bpmn:loopDataInputRef>{collection}</bpmn:loopDataInputRef>"
        inner += f'<bpmn:inputDataItem id="{item}"/>' if item else ""
        inner += f"<bpmn:completionCondition>{escape(until)}</bpmn:completionCondition>" if until else ""
        order = ' isSequential="true"' if sequential else ""
        loop = f"<bpmn:multiInstanceLoopCharacteristics{order}>{inner}</bpmn:multiInstanceLoopCharacteristics>"
        return self.user(id, loop, role=item or "handler")

    def service(self, id: str, operation: str = "") -> "Drawing":
        return self.add("serviceTask", id, operation=operation or id)

    def decision(self, id: str, decision: str) -> "Drawing":
        return self.add("businessRuleTask", id, decision=decision)

    def call(self, id: str, process: str) -> "Drawing":
        return self.add("callActivity", id, attributes=f'calledElement="{process}"')

    def choice(self, id: str, default: str = "") -> "Drawing":
        return self.add("exclusiveGateway", id, attributes=f'default="{default}"' if default else "")

    def parallel(self, *ids: str) -> "Drawing":
        for id in ids:
            self.add("parallelGateway", id)
        return self

    def timer(self, id: str, key: str, *, on: str = "", interrupting: bool = True) -> "Drawing":
        """Draw a timer, on the boundary of the task *on* or between tasks."""
        inner = f"<bpmn:timerEventDefinition><bpmn:timeDate>{key}</bpmn:timeDate></bpmn:timerEventDefinition>"
        return self._catch(id, inner, on, interrupting, deadline=key)

    def message(self, id: str, name: str, *, on: str = "", interrupting: bool = True) -> "Drawing":
        self._messages[f"message_{name}"] = name
        inner = f'<bpmn:messageEventDefinition messageRef="message_{name}"/>'
        return self._catch(id, inner, on, interrupting)

    def _catch(self, id: str, inner: str, on: str, interrupting: bool, **values: str) -> "Drawing":
        if not on:
            return self.add("intermediateCatchEvent", id, inner, **values)
        cancels = str(interrupting).lower()
        return self.add("boundaryEvent", id, inner, f'attachedToRef="{on}" cancelActivity="{cancels}"', **values)

    def end(self, id: str = "end", outcome: str = "", *, terminate: bool = False) -> "Drawing":
        return self.add("endEvent", id, "<bpmn:terminateEventDefinition/>" if terminate else "", outcome=outcome)

    def flow(self, source: str, target: str, condition: str = "", *, id: str = "") -> "Drawing":
        """Draw an arrow; its id is *id* or ``source_target``."""
        inner = f"<bpmn:conditionExpression>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
        id = id or f"{source}_{target}"
        self._parts.append(
            f'<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'
        )
        return self

    def line(self, *ids: str) -> "Drawing":
        """Draw arrows from each of *ids* to the next."""
        for source, target in pairwise(ids):
            self.flow(source, target)
        return self

    def process_xml(self) -> str:
        return (
            f'<bpmn:process id="{self.id}" isExecutable="true">{self._head}'
            + "\n".join(self._parts)
            + "</bpmn:process>"
        )

    def xml(self, *more: "Drawing") -> bytes:
        """Return the file, with the processes of *more* in it."""
        messages: dict[str, str] = {}
        for drawing in (self, *more):
            messages.update(drawing._messages)
        told = "".join(f'<bpmn:message id="{id}" name="{name}"/>' for id, name in messages.items())
        processes = "\n".join(drawing.process_xml() for drawing in (self, *more))
        return f"{HEAD}{told}{processes}</bpmn:definitions>".encode()


def table(name: str, inputs: list[str], outputs: list[str], rows: list[list[str]], policy: str = "UNIQUE") -> bytes:
    """Return a DMN file: each row holds its conditions, then its results."""
    head = "".join(
        f'<input id="in_{i}"><inputExpression><text>{escape(text)}</text></inputExpression></input>'
        for i, text in enumerate(inputs)
    ) + "".join(f'<output id="out_{i}" name="{text}"/>' for i, text in enumerate(outputs))
    rules = ""
    for r, row in enumerate(rows, 1):
        cells = "".join(
            f'<{tag} id="row_{r}_{c}"><text>{escape(text)}</text></{tag}>'
            for c, text in enumerate(row, 1)
            for tag in ["inputEntry" if c <= len(inputs) else "outputEntry"]
        )
        rules += f'<rule id="row_{r}">{cells}</rule>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"'
        f' id="d" name="{name}" namespace="http://example.org"><decision id="{name}" name="{name}">'
        f'<decisionTable id="t" hitPolicy="{policy}">{head}{rules}</decisionTable></decision></definitions>'
    ).encode()
