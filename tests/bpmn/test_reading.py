"""Hostile diagrams: each is refused before anything is parsed by the engine, with the element's name."""

# ruff: noqa: E501  hostile XML reads better on one line

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn.engine import Engine
from bpmn.reading import BPMN, DiagramRefused, read_diagram
from bpmn.release import Release
from tests.bpmn.drawing import Drawing

SPIFF = 'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'


def sound() -> str:
    drawing = Drawing(facts="n").user("ask").service("tell_list").timer("wait", "due").message("m", "go").end()
    drawing.each("sign", "n").choice("g", "g_end").line("start", "ask", "tell_list", "wait", "m", "sign", "g", "end")
    return drawing.flow("g", "ask", "n == 1").xml().decode().replace('id="g_end"', 'id="g_end"')


def refusals(text: str | bytes) -> set[tuple[str, str]]:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(DiagramRefused) as refused:
        read_diagram("processes/x.bpmn", content)
    with pytest.raises(DiagramRefused):
        Engine(Release({"processes/x.bpmn": content}))
    return {(refusal.element, refusal.code) for refusal in refused.value.refusals}


def within(task: str, inner: str) -> str:
    """Put *inner* into the element *task*."""
    head, found, rest = sound().partition(f'id="{task}"')
    start = rest.index(">") + 1
    return head + found + rest[:start] + inner + rest[start:]


def beside(element: str) -> str:
    """Put *element* into the process."""
    return sound().replace("</bpmn:process>", f"{element}</bpmn:process>")


def test_a_sound_diagram_is_read() -> None:
    diagram = read_diagram("processes/x.bpmn", sound().encode())

    assert set(diagram.processes[0].nodes) == {"start", "ask", "tell_list", "wait", "m", "sign", "g", "end"}
    assert diagram.processes[0].nodes["wait"].deadline == "due"
    assert diagram.processes[0].nodes["m"].message == "go"


INSIDE_A_TASK = {
    "pre-script": "<bpmn:extensionElements><spiffworkflow:preScript>x=1</spiffworkflow:preScript></bpmn:extensionElements>",
    "post-script": "<bpmn:extensionElements><spiffworkflow:postScript>x=1</spiffworkflow:postScript></bpmn:extensionElements>",
    "operator": '<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="http/Get"/></bpmn:extensionElements>',
    "unit test": "<bpmn:extensionElements><spiffworkflow:unitTests/></bpmn:extensionElements>",
    "payload": "<bpmn:extensionElements><spiffworkflow:payloadExpression>1</spiffworkflow:payloadExpression></bpmn:extensionElements>",
    "camunda": '<bpmn:extensionElements><c:formData xmlns:c="http://camunda.org/schema/1.0/bpmn"/></bpmn:extensionElements>',
    "unknown": '<x:y xmlns:x="urn:x"/>',
    "html": '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
    "standard loop": "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>1</bpmn:loopCondition></bpmn:standardLoopCharacteristics>",
    "cardinality": "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>9</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics>",
    "io": "<bpmn:ioSpecification/>",
    "data input": "<bpmn:dataInputAssociation><bpmn:sourceRef>x</bpmn:sourceRef></bpmn:dataInputAssociation>",
    "script": "<bpmn:script>import os</bpmn:script>",
    "nested process": '<bpmn:process id="inner"/>',
}


@pytest.mark.parametrize("kind", INSIDE_A_TASK)
def test_what_may_not_stand_in_a_task_is_refused_on_the_task(kind: str) -> None:
    found = refusals(within("ask", INSIDE_A_TASK[kind]))

    assert found & {
        (element, code) for element in ("ask", "inner") for code in ("element_not_allowed", "element_misplaced")
    }


IN_THE_PROCESS = {
    "script task": '<bpmn:scriptTask id="bad"><bpmn:script>x</bpmn:script></bpmn:scriptTask>',
    "task": '<bpmn:task id="bad"/>',
    "send task": '<bpmn:sendTask id="bad"/>',
    "receive task": '<bpmn:receiveTask id="bad"/>',
    "complex": '<bpmn:complexGateway id="bad"/>',
    "inclusive": '<bpmn:inclusiveGateway id="bad"/>',
    "event sub-process": '<bpmn:subProcess id="bad" triggeredByEvent="true"/>',
    "transaction": '<bpmn:transaction id="bad"/>',
    "ad hoc": '<bpmn:adHocSubProcess id="bad"/>',
    "correlation": '<bpmn:correlationSubscription id="bad"/>',
    "data object": '<bpmn:dataObject id="bad"/>',
    "data store": '<bpmn:dataStoreReference id="bad"/>',
    "compensation": '<bpmn:association id="a"/><bpmn:boundaryEvent id="bad" attachedToRef="ask"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>',
    "conditional": '<bpmn:intermediateCatchEvent id="bad"><bpmn:conditionalEventDefinition><bpmn:condition>1</bpmn:condition></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>',
    "signal": '<bpmn:intermediateCatchEvent id="bad"><bpmn:signalEventDefinition/></bpmn:intermediateCatchEvent>',
    "error end": '<bpmn:endEvent id="bad"><bpmn:errorEventDefinition/></bpmn:endEvent>',
    "start by timer": '<bpmn:startEvent id="bad"><bpmn:timerEventDefinition/></bpmn:startEvent>',
    "cycle": '<bpmn:boundaryEvent id="bad" attachedToRef="ask"><bpmn:timerEventDefinition><bpmn:timeCycle>R/PT1S</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent>',
    "duration": '<bpmn:boundaryEvent id="bad" attachedToRef="ask"><bpmn:timerEventDefinition><bpmn:timeDuration>P1D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>',
    "date of its own": '<bpmn:boundaryEvent id="bad" attachedToRef="ask"><bpmn:timerEventDefinition><bpmn:timeDate>exec("x")</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>',
    "no event": '<bpmn:intermediateCatchEvent id="bad"/>',
    "unknown message": '<bpmn:intermediateCatchEvent id="bad"><bpmn:messageEventDefinition messageRef="nope"/></bpmn:intermediateCatchEvent>',
    "nowhere": '<bpmn:boundaryEvent id="bad" attachedToRef="nope"><bpmn:messageEventDefinition messageRef="message_go"/></bpmn:boundaryEvent>',
    "dangling": '<bpmn:sequenceFlow id="bad" sourceRef="ask" targetRef="nope"/>',
    "code in a condition": '<bpmn:sequenceFlow id="bad" sourceRef="g" targetRef="ask"><bpmn:conditionExpression>().__class__</bpmn:conditionExpression></bpmn:sequenceFlow>',
    "attribute": '<bpmn:userTask id="bad" implementation="x"/>',
    "camunda attribute": '<bpmn:userTask id="bad" xmlns:c="http://camunda.org/schema/1.0/bpmn" c:assignee="x"/>',
    "property": '<bpmn:userTask id="bad"><bpmn:extensionElements><spiffworkflow:properties><spiffworkflow:property name="script" value="x"/></spiffworkflow:properties></bpmn:extensionElements></bpmn:userTask>',
    "loop in a list of code": '<bpmn:userTask id="bad"><bpmn:multiInstanceLoopCharacteristics><bpmn:loopDataInputRef>range(10000000)</bpmn:loopDataInputRef></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>',
}


@pytest.mark.parametrize("kind", IN_THE_PROCESS)
def test_what_may_not_be_drawn_is_refused_by_its_name(kind: str) -> None:
    assert "bad" in {element for element, _ in refusals(beside(IN_THE_PROCESS[kind]))}


@pytest.mark.parametrize(
    "id", ["Start", "End", "a b", "a.BoundaryEventSplit", "a [child]", "../x", "é", "9a", "x" * 101, ""]
)
def test_ids_that_the_engine_uses_itself_are_refused(id: str) -> None:
    assert refusals(beside(f'<bpmn:userTask id="{id}"/>'))


def test_an_id_stands_once() -> None:
    assert ("ask", "id_twice") in refusals(beside('<bpmn:userTask id="ask"/>'))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_unreadable"),
        (b"<a", "file_unreadable"),
        (b"\xff\xfe<\x00a\x00", "file_not_utf8"),
        (b"\x00", "file_unreadable"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "file_not_utf8"),
        (b'<?xml version="1.0" encoding="utf-16"?><a/>', "file_not_utf8"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "doctype"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:1/x"><a/>', "doctype"),
        (b"<a>&x;</a>", "file_unreadable"),
        (b'<?xml-stylesheet href="x"?><a/>', "file_instruction"),
        (b"<a><?php x?></a>", "file_instruction"),
        (b"<a>" * 300 + b"</a>" * 300, "file_unreadable"),
        (b"<a/>" + b" " * 2_000_000, "file_too_large"),
        (b"<a>" + b"<b/>" * 20_001 + b"</a>", "file_too_many_elements"),
        (b"<a/>", "element_not_allowed"),
        (f'<definitions xmlns="{BPMN}"/>'.encode(), "process_missing"),
    ],
)
def test_what_is_no_diagram_is_refused_with_one_exception(content: bytes, code: str) -> None:
    assert code in {found for _, found in refusals(content)}


def test_an_entity_in_utf16_is_seen_too() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]><d>&x;</d>'

    assert refusals(text.encode("utf-16")) == {("xml", "file_not_utf8")}


def test_too_many_nodes_are_refused() -> None:
    more = "".join(f'<bpmn:userTask id="t{i}"/>' for i in range(500))

    assert ("definitions", "too_many_nodes") in refusals(beside(more))


def test_drawing_is_kept_to_numbers_and_colours() -> None:
    shape = (
        '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" id="d"><bpmndi:BPMNPlane id="p"'
        ' bpmnElement="case"><bpmndi:BPMNShape id="s" bpmnElement="ask"><dc:Bounds'
        ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" x="{x}" y="1" width="1" height="1"/></bpmndi:BPMNShape>'
        "{more}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
    )

    def drawn(x: str, more: str = "") -> str:
        return sound().replace("</bpmn:definitions>", shape.format(x=x, more=more))

    read_diagram("x", drawn("10.5").encode())
    assert ("s", "value_not_allowed") in refusals(drawn("nan"))
    assert refusals(drawn("1", '<bpmn:scriptTask id="hidden"/>'))


@settings(max_examples=150)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_diagram_or_refused(content: bytes) -> None:
    with pytest.raises(DiagramRefused):
        read_diagram("x", content)


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_diagram_is_read_or_refused(data: st.DataObject) -> None:
    text = sound()
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 40))
    put = data.draw(st.sampled_from(["", "<", ">", '"', "&", "bpmn:scriptTask", "ask", "\x00", "]]>"]))
    content = (text[:start] + put + text[start + length :]).encode()

    try:
        Engine(Release({"processes/x.bpmn": content}))
    except DiagramRefused:
        return
