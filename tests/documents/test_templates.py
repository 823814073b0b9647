"""An office may change the words of its papers; it may not make a paper that runs, fetches or tells something else."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from docx import Document

from cases.refusals import CaseError
from documents.papers import sandbox, template_door
from documents.papers.sandbox import PaperWords, TemplateBroken, TemplateNameUnknown, TemplateSaysTooMuch
from documents.papers.template_door import (
    BOUNDS,
    TemplateCarriesMore,
    TemplateLacksNote,
    TemplateNoWordFile,
    TemplateTookTooLong,
    TemplateTooLarge,
    inspect_package,
    try_template,
)
from documents.papers.words import PAPERS, SHIPPED, Template, make, shape
from tests.documents.hostile_templates import CARRYING, SPEAKING, Parts, saying, template
from tests.documents.test_papers import text_of

REFUSED = (TemplateSaysTooMuch, TemplateNameUnknown, TemplateBroken)


@pytest.mark.parametrize("paper", list(PAPERS))
def test_every_shipped_template_comes_through_its_own_door(paper: str) -> None:
    try_template(paper, SHIPPED.bytes_of(paper))


def test_a_changed_template_prints_its_words_and_which_version_it_is() -> None:
    content = template(saying("自拟：{{ unit }}，{% for a in lines %}{{ loop.index }}{{ a.title }}；{% endfor %}"))

    try_template("plan", content)
    made = make("plan", PAPERS["plan"].example, Template(content, 3))

    assert "自拟：示例单位，1超标准发放津贴补贴（示例1）；2" in text_of(made)
    footer = Document(io.BytesIO(made)).sections[0].footer.paragraphs[0].text
    assert "模板：第3版（" in footer
    assert "模板：系统内置" in Document(
        io.BytesIO(make("plan", PAPERS["plan"].example))
    ).sections[0].footer.paragraphs[0].text  # fmt: skip


@pytest.mark.parametrize("said", list(SPEAKING.values()), ids=list(SPEAKING))
def test_a_template_says_names_ifs_and_one_for(said: str) -> None:
    with pytest.raises(REFUSED):
        make("plan", PAPERS["plan"].example, Template(template(saying(said)), 1))


@pytest.mark.parametrize("said", [SPEAKING["a class"], SPEAKING["arithmetic"], SPEAKING["an unknown name"]])
def test_the_child_hands_the_refusal_over(said: str) -> None:
    with pytest.raises(REFUSED) as refusal:
        try_template("plan", template(saying(said)))

    assert refusal.value.facts


@pytest.mark.parametrize("part", ["word/footer1.xml", "docProps/core.xml"])
def test_no_part_of_the_file_comes_past_the_check(part: str) -> None:
    def change(parts: Parts) -> None:
        assert part in parts
        tag = b"</w:t>" if part.startswith("word") else b"</dc:title>"
        parts[part] = (
            parts[part].replace(b"<dc:title/>", b"<dc:title></dc:title>").replace(tag, b"{{ unit.__class__ }}" + tag, 1)
        )

    with pytest.raises(TemplateSaysTooMuch):
        make("plan", PAPERS["plan"].example, Template(template(change), 1))


@pytest.mark.parametrize("change", list(CARRYING.values()), ids=list(CARRYING))
def test_a_template_carries_nothing_that_runs_or_is_fetched(change: Callable[[Parts], None]) -> None:
    with pytest.raises(TemplateCarriesMore):
        inspect_package(template(change))


def test_the_note_stays_in_every_template_under_no_condition() -> None:
    def hide(parts: Parts) -> None:
        parts["word/footer1.xml"] = parts["word/footer1.xml"].replace(
            b"{{ checkpoint }}", b"{% if not unit %}{{ checkpoint }}{% endif %}"
        )

    with pytest.raises(TemplateLacksNote):
        try_template("plan", template(hide))


def bomb() -> bytes:
    """A small file that unpacks to 40 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        for place in range(20):
            package.writestr(f"word/{place}.xml", b" " * 2_000_000)
    return file.getvalue()


def crowd() -> bytes:
    """Very many small parts."""
    return template(lambda parts: parts.update({f"word/{n}.xml": b"<a/>" for n in range(300)}))


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", TemplateNoWordFile),
        (b"PK\x03\x04 and no more", TemplateNoWordFile),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100, TemplateNoWordFile),
        (SHIPPED.bytes_of("plan")[:20_000], TemplateNoWordFile),
        (b"x" * (BOUNDS.file_bytes + 1), TemplateTooLarge),
        (bomb(), TemplateTooLarge),
        (crowd(), TemplateTooLarge),
        (template(lambda parts: parts.pop("word/document.xml")), TemplateNoWordFile),
        (template(lambda parts: parts.update({"word/document.xml": b"<w:document>"})), TemplateNoWordFile),
    ],
)
def test_what_is_no_word_file_or_too_large_is_refused(content: bytes, refusal: type[CaseError]) -> None:
    with pytest.raises(refusal):
        inspect_package(content)


def test_a_template_that_needs_more_memory_than_a_paper_is_ended() -> None:
    with pytest.raises(TemplateTookTooLong):
        try_template("plan", SHIPPED.bytes_of("plan"), replace(BOUNDS, memory_bytes=30_000_000))


def test_the_environment_knows_no_filter_no_test_and_no_global() -> None:
    words = PaperWords(shape("plan"))

    assert not words.filters
    assert not words.tests
    assert not words.globals


@pytest.mark.parametrize("paper", list(PAPERS))
def test_every_list_of_a_paper_has_an_example_so_that_its_fields_are_known(paper: str) -> None:
    facts = PAPERS[paper].facts(PAPERS[paper].example)

    assert all(value for value in facts.values() if isinstance(value, list))


def test_every_refusal_of_the_child_is_known_to_its_parent() -> None:
    said = {
        each
        for room in (sandbox, template_door)
        for each in vars(room).values()
        if isinstance(each, type) and issubclass(each, CaseError) and each is not CaseError
    }

    assert said - {TemplateTookTooLong} == set(template_door._REFUSALS)
