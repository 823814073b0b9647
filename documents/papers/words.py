"""Word papers: a template with the values of one finding, one list or one table of figures in it.

What people wrote is text wherever it lands: it is escaped, and a place-holder inside it is never looked at again.
"""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from docxtpl import DocxTemplate

from documents.papers import minutes, samples, sampling
from documents.papers.facts import (
    circular_facts,
    due_facts,
    finding_facts,
    overdue_facts,
    plan_facts,
    report_facts,
)
from documents.papers.sandbox import PaperWords, Shape, shape_of
from documents.papers.values import FigureValues, FindingValues, ListValues, printable

SHIPPED_TEMPLATES = Path(__file__).parent / "templates"
NOTE = "checkpoint"  # the name that every template has to print
Values = FindingValues | ListValues | FigureValues | minutes.MeetingValues | sampling.SampleValues


@dataclass(frozen=True, slots=True)
class Template:
    """A Word template: the shipped one, or a version of the office's own."""

    content: bytes | None = None
    version: int = 0

    def bytes_of(self, paper: str) -> bytes:
        """Return the file."""
        return (SHIPPED_TEMPLATES / f"{paper}.docx").read_bytes() if self.content is None else self.content

    @property
    def said(self) -> str:
        """How a paper names what it was made with."""
        if self.content is None:
            return "模板：系统内置"
        return f"模板：第{self.version}版（{hashlib.sha256(self.content).hexdigest()[:12]}）"


SHIPPED = Template()


@dataclass(frozen=True, slots=True)
class WordPaper:
    """One kind of Word paper: the names that its template may use, made of values; *example* has all of them."""

    facts: Callable[[Any], Mapping[str, Any]]
    example: Values


_OF_FINDINGS = WordPaper(finding_facts, samples.FINDING)
_OF_FIGURES = WordPaper(circular_facts, samples.FIGURES)
_OF_OVERDUE = WordPaper(overdue_facts, samples.LIST)
PAPERS: Mapping[str, WordPaper] = {
    "sign_off_sheet": _OF_FINDINGS,
    "verification_report": _OF_FINDINGS,
    "look_back_report": _OF_FINDINGS,
    "plan": WordPaper(plan_facts, samples.LIST),
    "progress_report": WordPaper(report_facts, samples.LIST),
    "reminder": WordPaper(due_facts, samples.LIST),
    "supervision": _OF_OVERDUE,
    "interview": _OF_OVERDUE,
    "circular": _OF_OVERDUE,
    "monthly_circular": _OF_FIGURES,
    "quarterly_airing": _OF_FIGURES,
    "minutes": WordPaper(minutes.minutes_facts, minutes.SAMPLE),
    "sampling_appendix": WordPaper(sampling.sample_facts, sampling.SAMPLE),
}


def make(paper: str, values: Values, template: Template = SHIPPED) -> bytes:
    """Return *paper* with *values* in it; what is not decided yet leaves room for a hand."""
    return fill(paper, values, template)[0]


def fill(paper: str, values: Values, template: Template) -> tuple[bytes, set[str]]:
    """Return *paper* and the names that *template* prints under no condition. Raises ``documents.papers.sandbox``."""
    document, words = DocxTemplate(io.BytesIO(template.bytes_of(paper))), PaperWords(shape(paper))
    facts = dict(PAPERS[paper].facts(values))
    facts[NOTE] = f"{facts[NOTE]}；{template.said}"
    document.render(_clean(facts), words, autoescape=True)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue(), words.always


@cache
def shape(paper: str) -> Shape:
    """Return the names that a template of *paper* may use."""
    kind = PAPERS[paper]
    return shape_of(kind.facts(kind.example))


def _clean(value: Any) -> Any:
    """Return *value* with every text in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value]
    return value
