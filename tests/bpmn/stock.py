"""The library as it comes: its parser, its tree, its loop, its whole-document serialiser.

What our engine does is held against this one, for the open tasks of random walks and for the time of a completion.
Only what the library cannot do at all is ours: the language of conditions, decision tables and deadline keys.
"""

import json
from datetime import datetime
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, full_tag
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.util.task import TaskState

from bpmn.decisions import DecisionTable, as_facts
from bpmn.expressions import compile_expression


class Decided(ServiceTask):  # type: ignore[misc]
    """A business rule task that asks our evaluator, as ours does."""

    def _run_hook(self, my_task: Any) -> bool:
        my_task.data.update(as_facts(my_task.workflow.script_engine.tables[self.name], my_task.data))
        return True


class Asked(ServiceTask):  # type: ignore[misc]
    """A service task that is only passed."""

    def _run_hook(self, my_task: Any) -> bool:
        return True


class _Parser(BpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012
        full_tag("serviceTask"): (TaskParser, Asked),
        full_tag("businessRuleTask"): (TaskParser, Decided),
    }


class _Language(PythonScriptEngine):  # type: ignore[misc]
    """Our expressions over the task's data; a deadline key answers with the moment it stands for."""

    def __init__(self, tables: dict[str, DecisionTable], moments: dict[str, datetime]) -> None:
        self.environment, self.tables, self.moments = None, tables, moments

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        if expression in self.moments:
            return self.moments[expression].isoformat()
        return compile_expression(expression).holds(task.data)


class StockEngine:
    """Plays the process *process_id* of *files* as the library does."""

    def __init__(
        self,
        files: list[bytes],
        process_id: str,
        *,
        tables: dict[str, DecisionTable] | None = None,  # by id of the business rule task
        moments: dict[str, datetime] | None = None,
    ) -> None:
        parser = _Parser()
        for content in files:
            parser.add_bpmn_xml(etree.fromstring(content))
        self._spec = parser.get_spec(process_id)
        self._called = parser.get_subprocess_specs(process_id)
        self._language = _Language(tables or {}, moments or {})
        config = {**DEFAULT_CONFIG, Decided: BpmnTaskSpecConverter, Asked: BpmnTaskSpecConverter}
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))

    def start(self, facts: dict[str, Any]) -> BpmnWorkflow:
        """Start a case and run it until it waits."""
        workflow = BpmnWorkflow(self._spec, self._called, script_engine=self._language)
        workflow.task_tree.data.update(facts)
        workflow.do_engine_steps()
        return workflow

    def open(self, workflow: BpmnWorkflow) -> list[Any]:
        """Return the open tasks of people."""
        return list(workflow.get_tasks(state=TaskState.READY, manual=True))

    def complete(self, workflow: BpmnWorkflow, task: Any, facts: dict[str, Any]) -> None:
        """Complete *task* and run until the case waits again."""
        task.data.update(facts)
        task.run()
        workflow.do_engine_steps()

    def tell(self, workflow: BpmnWorkflow, message: str) -> None:
        """Let *message* arrive where it is awaited."""
        from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
        from SpiffWorkflow.bpmn.util.event import BpmnEvent

        workflow.catch(BpmnEvent(MessageEventDefinition(message), {}))
        workflow.do_engine_steps()

    def dump(self, workflow: BpmnWorkflow) -> bytes:
        """Return the whole document, diagrams included."""
        return str(self._serializer.serialize_json(workflow)).encode()

    def load(self, stored: bytes) -> BpmnWorkflow:
        """Return the case in *stored*."""
        workflow = self._serializer.deserialize_json(stored.decode())
        workflow.script_engine = self._language
        return workflow


def names(tasks: list[Any]) -> list[str]:
    """Return the ids in the diagram of *tasks*, sorted; instances of a loop under the id of their task."""
    return sorted(task.task_spec.name.removesuffix(" [child]") for task in tasks)


def size(stored: bytes) -> int:
    """Return the number of keys in a stored document, for curiosity."""
    return len(json.loads(stored))
