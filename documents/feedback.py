"""Feedback documents, notices and audit reports (.docx, .txt) -> findings under their headings, and numbers they state.

A heading is a finding when it names a problem (关于……的问题) or stands deepest in a part about problems; what is
organised around it (组织情况, 意见建议) is none. A document that carries a ledger as its table is read as a ledger.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from cases.dirty_text import clean, dirt_in
from cases.finding import Kind
from cases.money import read_amount
from cases.written_dates import read_date, read_kind
from documents.bodies import is_body
from documents.converted import as_docx
from documents.delimited import decode
from documents.headings import find_headings
from documents.intake import read_tables
from documents.limited import DOCUMENTS, LIMITS, Book, Limits, Sheet, in_child, kind_of
from documents.measures import split_measures
from documents.readings import Flagged, Intake, Note, ReadFinding, Why, Written
from documents.refusals import FileDisguised, NoFindingFound


@dataclass(frozen=True)
class Paragraph:
    """One line of a document; *row* counts paragraphs from 1."""

    row: int
    text: str


@dataclass
class Heading:
    """A numbered heading with what stands under it."""

    row: int
    level: int
    text: str
    body: list[Paragraph] = field(default_factory=list)
    under: list["Heading"] = field(default_factory=list)


def read_feedback(
    name: str,
    content: bytes,
    *,
    unit: str | None = None,
    feedback_on: date | None = None,
    mapping: Mapping[str, str | None] | None = None,
    limits: Limits = LIMITS,
    converted: bool = False,
) -> Intake:
    """Understand the document *content* (.docx or .txt); raises a refusal of ``documents.refusals``.

    *converted*: it was made a .docx already, whatever *name* says.
    ``stated`` of the answer holds the numbers that the document gives for all findings together (money in 万元).
    """
    kind = "docx" if converted else kind_of(name, content, limits)
    if kind == "text":
        word = _Word(_from_text(content), [], [])
    elif kind in DOCUMENTS:
        word = _from_word(as_docx(name, content, limits) if kind == "doc" else content, limits)
    else:
        raise FileDisguised(name=name, really=kind)
    paragraphs = word.paragraphs
    said = "\n".join(paragraph.text for paragraph in paragraphs)
    unit = unit or _unit(paragraphs) or _unit(word.page_headers)
    feedback_on = feedback_on or _feedback_day(said)
    if ledgers := _ledgers(word.tables, mapping):
        intake = read_tables(Book(tuple(ledgers)), unit=unit, feedback_on=feedback_on, mapping=mapping, limits=limits)
    else:
        intake = _read_headings(
            name, paragraphs, Intake(unit=unit, feedback_on=feedback_on), audit="审计" in said[:400]
        )
        if not intake.findings:
            intake = _read_prose(name, paragraphs, intake)
    stated = stated_numbers(said)
    if not intake.findings and not stated and feedback_on is None:
        raise NoFindingFound
    notes = [] if intake.findings else [Note(name, None, Why("no_finding"))]
    notes += [Note(name, None, Why("sums_disagree", {"what": what})) for what in _disagreements(stated)]
    return replace(intake, stated=stated, notes=(*intake.notes, *notes))


# --- from the file to paragraphs --------------------------------------------------


def _from_text(content: bytes) -> list[Paragraph]:
    """The lines of a text file, without its source (an address) and remarks (#)."""
    lines = enumerate(decode(content).splitlines(), 1)
    return [
        Paragraph(row, text)
        for row, line in lines
        if (text := clean(line)) and not re.match(r"#|https?://|[(（]检索结果", text)
    ]


@dataclass(frozen=True)
class _Word:
    """What a Word document holds, from its first to its last page."""

    paragraphs: list[Paragraph]
    tables: list[Sheet]
    page_headers: list[Paragraph]


def _from_word(content: bytes, limits: Limits) -> _Word:
    answer = in_child("docx", content, limits)
    blocks = answer["blocks"]
    paragraphs = [
        Paragraph(row, text)
        for row, block in enumerate(blocks, 1)
        for line in block.get("text", "").split("\n")
        if (text := clean(line))
    ]
    tables = [
        Sheet(
            f"表{number}",
            table["rows"],
            merged=tuple(((top, left), (bottom, right)) for (top, left), (bottom, right) in table["merged"]),
        )
        for number, table in enumerate((block for block in blocks if "rows" in block), 1)
    ]
    return _Word(paragraphs, tables, [Paragraph(0, clean(text)) for text in answer["page_headers"]])


def _ledgers(tables: Sequence[Sheet], mapping: Mapping[str, str | None] | None) -> list[Sheet]:
    """The tables that are ledgers; one as wide as the ledger before it and without headings is its next page."""
    ledgers: list[Sheet] = []
    for table in tables:
        if find_headings(table, mapping):
            ledgers.append(table)
        elif ledgers and _width(ledgers[-1]) == _width(table):
            ledgers[-1] = _continued(ledgers[-1], table)
    return ledgers


def _width(table: Sheet) -> int:
    return max(map(len, table.rows), default=0)


def _continued(table: Sheet, page: Sheet) -> Sheet:
    under = len(table.rows)
    moved = tuple(((top + under, left), (bottom + under, right)) for (top, left), (bottom, right) in page.merged)
    return replace(table, rows=[*table.rows, *page.rows], merged=(*table.merged, *moved))


_NUMBERED = re.compile(r"[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,3}[.．、]")
_TITLE = re.compile(r"(.{2,40}?)(?:关于|\d{4}年度?|巡[察视](?:反馈|整改)|审计(?:查出|整改|发现))")
_ADDRESSEE = re.compile(r"(?:中共)?(.{2,40}(?:党委|党组|党支部|党总支|党工委|委员会|局|公司))[:：]$")


def _unit(paragraphs: Sequence[Paragraph]) -> str | None:
    """Whose findings they are: 徐庄镇党委 of 徐庄镇党委关于……的通报, or whom a letter is sent to."""
    for paragraph in paragraphs[:6]:
        if _NUMBERED.match(paragraph.text):
            return None
        if (found := _TITLE.match(paragraph.text)) and is_body(named := found[1].strip("《 ")):
            return None if re.search(r"[届轮]|^中共$", named) else named
        if found := _ADDRESSEE.match(paragraph.text):
            return found[1]
    return None


_DAY = r"((?:\d{4}|[〇○零一二三四五六七八九]{4})年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日)"


def _feedback_day(said: str) -> date | None:
    for pattern in (
        rf"反馈(?:日期|时间)[:：]?\s*{_DAY}",
        rf"{_DAY}[,，]?[^。;；\n]{{0,40}}反馈",
        rf"反馈[^。;；\n]{{0,12}}{_DAY}",
    ):
        if found := re.search(pattern, said):
            return read_date(found[1]).on
    return None


# --- headings --------------------------------------------------

_LEVELS = (
    re.compile(r"[一二三四五六七八九十]{1,3}[、.．]\s*|第[一二三四五六七八九十]{1,3}[,，、:：]\s*"),
    re.compile(r"[（(][一二三四五六七八九十]{1,3}[)）]\s*[、.]?"),
    re.compile(r"\d{1,3}(?:[.．](?!\d)|、)\s*|问题\d{1,3}[:：]\s*"),
    re.compile(r"[（(]\d{1,3}[)）]\s*|[①-⑳]\s*"),
)
_PROBLEM = re.compile(
    r"^(?:关于|针对|对)[“\"]?(.+?)[”\"]?(?:的|等)?(?:问题|方面)(?:的)?(?:整改)?(?:落实|进展|完成)?(?:情况)?[。:：]?$"
)
_ABOUT_PROBLEMS = re.compile(r"问题|方面|聚焦|不足|偏差|不到位|不严|不实|薄弱")
_NO_PROBLEMS = re.compile(
    r"组织情况|组织领导|组织落实|工作组织|主体责任情况|主体责任落实|意见建议|意见和建议|整改建议|工作建议|整改要求|总体|基本情况|概况|"
    r"下一步|主要做法|工作成效|巡[察视]工作|反馈意见|附件|进展情况$|结果运用|成果运用|责任追究|处理情况"
)
_SENTENCE = re.compile(r"[^。；;\n]+[。；;]?")
_CUT_OFF = re.compile(r"[(（](?:原文此处|后文)截断[)）]")


def _read_headings(name: str, paragraphs: Sequence[Paragraph], intake: Intake, *, audit: bool) -> Intake:
    findings: list[ReadFinding] = []
    flagged: list[Flagged] = []
    for aspect, heading in _problems(_tree(paragraphs), ""):
        finding, asked = _finding(name, aspect, heading, len(findings) + 1, audit=audit)
        findings.append(finding)
        flagged += [
            Flagged(name, heading.row, "正文", Why(code, {"column": finding.title, "value": value}))
            for code, value in asked
        ]
    return replace(intake, findings=tuple(findings), flagged=tuple(flagged))


def _tree(paragraphs: Sequence[Paragraph]) -> list[Heading]:
    """Hang every paragraph under its heading. A long numbered paragraph is a heading up to its first full stop."""
    roots: list[Heading] = []
    path: list[Heading] = []
    for paragraph in paragraphs:
        level = next((depth for depth, sign in enumerate(_LEVELS) if sign.match(paragraph.text)), None)
        if level is None:
            if path:
                path[-1].body.append(paragraph)
            continue
        text = _LEVELS[level].sub("", paragraph.text, count=1)
        head, stop, rest = text.partition("。")
        heading = Heading(paragraph.row, level, head)
        if stop and rest:
            heading.body.append(Paragraph(paragraph.row, rest))
        while path and path[-1].level >= level:
            path.pop()
        (path[-1].under if path else roots).append(heading)
        path.append(heading)
    return roots


def _problems(headings: Sequence[Heading], aspect: str, *, inside: bool = False) -> Iterator[tuple[str, Heading]]:
    """Yield the findings with the aspect that they stand under."""
    for heading in headings:
        text = _CUT_OFF.sub("", heading.text)
        if _NO_PROBLEMS.search(text) and not _PROBLEM.match(text):
            continue
        about = inside or bool(_ABOUT_PROBLEMS.search(text))
        below = list(_problems(heading.under, text.rstrip("。:：") if about else aspect, inside=about))
        if below:
            yield from below
        elif (_PROBLEM.match(text) or (about and heading.level > 0)) and not _only_counts(heading):
            yield aspect, heading


def _only_counts(heading: Heading) -> bool:
    """Whether what stands under *heading* sums problems up (问题6项,金额……) and names none."""
    return any(re.match(r"问题\d+[项个]", paragraph.text) for paragraph in heading.body)


def _finding(
    name: str, aspect: str, heading: Heading, number: int, *, audit: bool
) -> tuple[ReadFinding, list[tuple[str, str]]]:
    named = _PROBLEM.match(_CUT_OFF.sub("", heading.text))
    title = (named[1] if named else heading.text).strip("。:： ")
    body = "\n".join([paragraph.text for paragraph in heading.body] + [sub.text for sub in heading.under])
    done = _part(body, r"整改(?:落实|进展|完成)?情况|整改措施|措施|整改结果")
    status = _part(body, r"整改状态|状态|完成情况", ends=r"[。;；\n]").rstrip("。")
    kind = read_kind(_part(body, r"整改类型|整改类别", ends=r"[。;；\n]"))
    asked = [
        (dirt, body or heading.text) for dirt in sorted({d.kind for d in dirt_in(heading.text + body)} - {"invisible"})
    ]
    if kind is None and audit and status == "已完成整改":
        kind = Kind.IMMEDIATE  # done before the report was published; likely, so it is shown and asked
        asked.append(("kind_from_status", status))
    return (
        ReadFinding(
            sheet=name,
            row=heading.row,
            seq=number,
            title=title,
            aspect=aspect,
            detail="" if done else body.split("\n")[0],
            kind=kind,
            status=status,
            measures=split_measures(_CUT_OFF.sub("", done)),
            progress=done,
            result="".join(sentence for sentence in _SENTENCE.findall(done) if states_result(sentence)),
            written={
                "title": Written(heading.text, name, heading.row, ""),
                "progress": Written(body, name, heading.row, ""),
            },
        ),
        asked,
    )


def _part(body: str, heads: str, *, ends: str = r"$") -> str:
    """What stands behind 措施: or the like, up to *ends*."""
    found = re.search(
        rf"(?:^|[\n。;；])(?:{heads})[:：]\s*(.*?)(?:{ends})", body + "\n", re.DOTALL if ends == "$" else 0
    )
    return found[1].strip() if found else ""


_RESULT = re.compile(
    r"已[^,，。;；]{0,16}(?:缴|退|还|收回|拆|清|租|贴|盘点|完成|建成|注销|补|报废|处置|兑付|公示|发放|入账|归档|整改到位)|"
    r"处理[^,，。;；]{0,8}人员|处分|追缴|清退|收回|上缴|退还|注销|开工|开园|运营|重开|补缴|整改到位|办结|挽回|问责\d|查处"
)


def states_result(text: str) -> bool:
    """Whether *text* says what came out of it (已上缴, 清退, 开工), not only what was held, issued or required."""
    return _RESULT.search(text) is not None


# --- problems in running text --------------------------------------------------

_ASPECT = re.compile(r"[一二三四五六七八九]是([^：:。；;，,]{2,24}方面)[：:]([^。\n]+)")
_ENUMERATED = re.compile(r"(?:问题|不足|短板)(?:主要)?(?:是|有|如下|表现在|为)?[：:]\s*(一是(?:(?!一是)[^\n])+)")
_EACH = re.compile(r"[一二三四五六七八九十]是(?!否)([^；;。]{4,})")


def _read_prose(name: str, paragraphs: Sequence[Paragraph], intake: Intake) -> Intake:
    """Take problems out of sentences: 一是党的领导方面：……；……。二是…… and 主要问题：一是……；二是……; each is asked."""
    findings = [
        ReadFinding(
            sheet=name,
            row=paragraph.row,
            seq=number,
            title=title,
            aspect=aspect,
            written={"title": Written(title, name, paragraph.row, "")},
        )
        for number, (paragraph, aspect, title) in enumerate(_said_in_prose(paragraphs), 1)
    ]
    asked = [
        Flagged(name, finding.row, "正文", Why("from_prose", {"column": finding.title, "value": finding.title}))
        for finding in findings
    ]
    return replace(intake, findings=tuple(findings), flagged=(*intake.flagged, *asked))


def _said_in_prose(paragraphs: Sequence[Paragraph]) -> Iterator[tuple[Paragraph, str, str]]:
    """Yield each problem with its paragraph and aspect."""
    for paragraph in paragraphs:
        aspects = _ASPECT.findall(paragraph.text)
        for aspect, problems in aspects:
            for problem in re.split(r"[；;]", problems):
                if title := problem.strip(" ，,。"):
                    yield paragraph, aspect, title
        if not aspects and (enumerated := _ENUMERATED.search(paragraph.text)):
            for title in _EACH.findall(enumerated[1]):
                yield paragraph, "", title.strip(" ，,")


# --- numbers about all findings --------------------------------------------------

_COUNT = r"(?<!\d)(\d{1,9})(?:个|项|条|件)"  # from its first digit on, else a long number is tried from each
_MONEY = r"[^,，;；。:：\d]{0,14}?(?<!\d)(\d{1,15}(?:\.\d{1,9})?(?:万|亿)?元)"
_STATED: tuple[tuple[str, str], ...] = (  # the first place that says it; what is read is not read again
    (
        "immediate_total phased_total immediate_done phased_done",
        r"立行立改的(\d+)个、分阶段整改的(\d+)个问题中[,，]?分别有(\d+)个、(\d+)个",
    ),
    ("immediate_total immediate_done", rf"立行立改(?:的)?问题{_COUNT}[,，]?(?:已)?(?:完成|整改)(?:整改)?{_COUNT}"),
    ("phased_total phased_done", rf"分阶段整改(?:的)?问题{_COUNT}[,，]?(?:已)?(?:完成|整改)(?:整改)?{_COUNT}"),
    ("continuous_total continuous_done", rf"持续整改(?:的)?问题{_COUNT}[,，]?(?:已)?(?:完成|整改)(?:整改)?{_COUNT}"),
    ("done_or_basic", rf"{_COUNT}(?:已)?完成(?:或|和|及)基本完成"),
    ("total", rf"整改任务{_COUNT}"),
    ("total", rf"(?:反馈|查出|发现|具体|移交)的?问题{_COUNT}(?!大?方面|大)"),
    ("total", rf"{_COUNT}(?:突出|具体|主要|小项)?问题"),
    ("measures", rf"整改措施{_COUNT}"),
    ("measures", rf"{_COUNT}整改措施"),
    ("basic", rf"基本完成[^,，;；。\d]{{0,20}}{_COUNT}"),
    ("undone", rf"(?:未完成|未整改|尚未整改)(?:整改)?{_COUNT}"),
    ("ongoing", rf"(?:正在整改|持续整改|整改中|持续推进|正在推进){_COUNT}"),
    ("ongoing", rf"{_COUNT}(?:正在整改|持续整改|持续推进|正在推进)"),
    ("done", rf"(?:完成整改|已完成整改|已完成|已整改|整改完成){_COUNT}"),
    ("done", rf"{_COUNT}(?:已完成整改|已完成|已整改)"),
    ("rate", r"完成率(?:达到?|为|[:：])?(\d+(?:\.\d+)?)[%％](?!的)"),
    ("refund_wan", rf"清退{_MONEY}"),
    ("recovered_wan", rf"追回{_MONEY}"),
    ("loss_recovered_wan", rf"挽回(?:经济)?损失{_MONEY}"),
    ("fixed_wan", rf"整改到位(?:资金|金额){_MONEY}"),
    ("unfixed_wan", rf"未整改(?:到位)?(?:资金|金额){_MONEY}"),
    ("amount_wan", rf"问题(?:资金|金额){_MONEY}"),
    ("regulations", rf"(?:完善|新建|出台|制定|建立|修订|健全)[^,，;；。\d]{{0,12}}(?:制度|机制|办法){_COUNT}"),
    ("regulations", rf"(?:完善|新建|出台|制定|建立|修订|健全)[^,，;；。\d]{{0,12}}{_COUNT}制度"),
)


def stated_numbers(said: str) -> Mapping[str, Decimal]:
    """Return the numbers that *said* states, counts as they are, money in 万元, the rate in percent."""
    stated: dict[str, Decimal] = {}
    for names, pattern in _STATED:
        keys = names.split()
        found = re.search(pattern, said) if not set(keys) & stated.keys() else None
        if found is None:
            continue
        said = said[: found.start()] + "#" * (found.end() - found.start()) + said[found.end() :]
        for key, number in zip(keys, found.groups(), strict=True):
            yuan = read_amount(number).yuan if key.endswith("_wan") else None
            stated[key] = Decimal(number) if yuan is None else (yuan / 10_000).normalize() + 0
    return stated


def _disagreements(stated: Mapping[str, Decimal]) -> Iterator[str]:
    """Yield the sums that do not come out, as they stand."""
    for whole, parts in (
        ("total", ("done", "basic", "undone", "ongoing", "done_or_basic")),
        ("amount_wan", ("fixed_wan", "unfixed_wan")),
    ):
        given = [part for part in parts if part in stated]
        if whole in stated and len(given) > 1 and sum(stated[part] for part in given) != stated[whole]:
            yield f"{' + '.join(str(stated[part]) for part in given)} ≠ {stated[whole]}"
    if {"rate", "done", "total"} <= stated.keys() and stated["total"]:
        worked_out = stated["done"] * 100 / stated["total"]
        if abs(worked_out - stated["rate"]) >= Decimal("0.01"):
            yield f"{stated['done']} / {stated['total']} ≠ {stated['rate']}%"
