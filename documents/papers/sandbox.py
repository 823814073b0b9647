"""What a Word template may say: names that we give it, fields of a loop, if and for. Everything else is refused.

The check sits in the environment that renders, so no part of a file comes past it, whichever docxtpl looks into.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from cases.refusals import CaseError

Shape = Mapping[str, frozenset[str] | None]
"""The names of a paper: None is a text or number, an empty set a list of texts, a set a list of things with fields."""

MOST_TAGS = 500
DEEPEST = 6  # if within if within for
OF_A_LOOP = frozenset({"first", "last", "index", "length"})
_HARMLESS = (nodes.Output, nodes.TemplateData, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand)


class TemplateSaysTooMuch(CaseError):
    """A tag that no paper needs; facts: what (the tag or name)."""

    code = "template_says_too_much"
    field = "file"


class TemplateNameUnknown(CaseError):
    """A name that the paper does not have; facts: name, known."""

    code = "template_name_unknown"
    field = "file"


class TemplateBroken(CaseError):
    """A tag that is not closed, or not understood; facts: why."""

    code = "template_broken"
    field = "file"


class PaperWords(SandboxedEnvironment):
    """Renders papers of one *shape*; ``always`` are the names printed under no condition, gathered as it goes."""

    intercepted_binops = frozenset(SandboxedEnvironment.default_binop_table)

    def __init__(self, shape: Shape) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()
        self.shape = shape
        self.always: set[str] = set()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        try:
            tree = super()._parse(source, name, filename)
        except TemplateSyntaxError as wrong:
            raise TemplateBroken(why=(wrong.message or "")[:200]) from None
        except RecursionError:
            raise TemplateSaysTooMuch(what="((((") from None
        if sum(1 for _ in tree.find_all((nodes.If, nodes.For, nodes.Name))) > MOST_TAGS:
            raise TemplateSaysTooMuch(what=f"> {MOST_TAGS}")
        _Reading(self.shape).block(tree.body, {}, 0)
        self.always.update(_printed(tree.body))
        return tree


def shape_of(facts: Mapping[str, Any]) -> Shape:
    """Return the names of *facts*; a list in it must not be empty, or its things would have no fields."""
    return {name: _fields(value) if isinstance(value, list) else None for name, value in facts.items()}


def _fields(things: list[Any]) -> frozenset[str]:
    first = things[0]
    return frozenset(first) if isinstance(first, Mapping) else frozenset()


def _printed(body: list[nodes.Node]) -> Iterator[str]:
    for node in body:
        if isinstance(node, nodes.Output):
            yield from (each.name for each in node.nodes if isinstance(each, nodes.Name))


class _Reading:
    """Goes through a template from its root; *inner* are the names of the loops around, with their fields."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def block(self, body: list[nodes.Node], inner: Shape, depth: int) -> None:
        if depth > DEEPEST:
            raise TemplateSaysTooMuch(what="if … if … if")
        for node in body:
            if isinstance(node, nodes.If):
                self.expression(node.test, inner)
                for branch in (node.body, node.elif_, node.else_):
                    self.block(list(branch), inner, depth + 1)
            elif isinstance(node, nodes.For):
                self.loop(node, inner, depth)
            elif isinstance(node, nodes.Output):
                for each in node.nodes:
                    self.expression(each, inner)
            else:
                raise TemplateSaysTooMuch(what=type(node).__name__.lower())

    def loop(self, node: nodes.For, inner: Shape, depth: int) -> None:
        """A loop goes over one of our lists, and no loop stands in another one."""
        if inner or node.recursive or node.test is not None:
            raise TemplateSaysTooMuch(what="for … for")
        if not isinstance(node.target, nodes.Name) or not isinstance(node.iter, nodes.Name):
            raise TemplateSaysTooMuch(what="for")
        fields = self.shape.get(node.iter.name)
        if fields is None:
            raise self.unknown(node.iter.name, (name for name, own in self.shape.items() if own is not None))
        if node.target.name in self.shape or node.target.name == "loop":
            raise TemplateSaysTooMuch(what=f"for {node.target.name}")
        self.block(node.body, {node.target.name: fields, "loop": OF_A_LOOP}, depth + 1)
        self.block(node.else_, inner, depth + 1)

    def expression(self, node: nodes.Node, inner: Shape) -> None:
        if isinstance(node, nodes.Name):
            if node.name not in inner and node.name not in self.shape:
                raise self.unknown(node.name, (*inner, *self.shape))
        elif isinstance(node, nodes.Getattr):
            self.field(node, inner)
        elif isinstance(node, nodes.Const):
            if not isinstance(node.value, str | int | bool):
                raise TemplateSaysTooMuch(what="const")
        elif isinstance(node, _HARMLESS):
            for each in node.iter_child_nodes():
                self.expression(each, inner)
        else:
            raise TemplateSaysTooMuch(what=type(node).__name__.lower())

    def field(self, node: nodes.Getattr, inner: Shape) -> None:
        if not isinstance(node.node, nodes.Name) or node.node.name not in inner:
            raise TemplateSaysTooMuch(what=f".{node.attr}")
        fields = inner[node.node.name] or frozenset()
        if node.attr not in fields:
            raise self.unknown(f"{node.node.name}.{node.attr}", (f"{node.node.name}.{own}" for own in sorted(fields)))

    @staticmethod
    def unknown(name: str, known: Any) -> TemplateNameUnknown:
        return TemplateNameUnknown(name=name[:60], known="、".join(known))
