"""Days that a document states: of itself, of a signature, of a meeting, of a stop. What is cited is not its own."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from cases.evidence_facts import Fact, FactKind
from cases.written_dates import read_date
from documents.evidence.text import Whole

_DIGITS: Final = "〇○零一二三四五六七八九"
DAY: Final = re.compile(
    rf"(?<!\d)(?:\d{{4}}|[{_DIGITS}]{{4}})[ \t\u3000]{{0,2}}年"
    r"[ \t\u3000]{0,2}(?:\d{1,2}|[一二三四五六七八九十]{1,2})"
    r"[ \t\u3000]{0,2}月[ \t\u3000]{0,2}(?:\d{1,2}|[一二三四五六七八九十]{1,3})[ \t\u3000]{0,2}[日号]"
    r"|(?<!\d)(?<!\d[-./])\d{4}([-./])\d{1,2}\1\d{1,2}(?![-./]?\d)"
)
_SINCE_MONTH = re.compile(r"(?<!\d)(\d{4})年(\d{1,2})月(?:份)?(?=起)")

_OWN = re.compile(r"(?:成文|发文|印发|落款|制定|报告|填表|编制)(?:日期|时间)[:：\s]*$")
_LABEL = re.compile(r"(?:日期|时间)[:：\s]*$")
_PRINTED = re.compile(r"\s*印发")
_SIGNED = re.compile(r"(?:签订|签署|签约|签字|签章|签名)(?:日期|时间)?[:：\s]*$")
_MEETING = re.compile(r"(?:会议时间|会议日期|开会时间)[:：\s]*$")
_HELD = re.compile(r"[^。;；\n]{0,30}?(?:召开|举行|会议?(?:集体)?(?:研究|审议|讨论|通过))")
_STOP: Final = "停发|停止|停用|终止|不再发放|清退|取消"
_STOPPED_BEFORE = re.compile(rf"(?:{_STOP})[^。;；\n\d]{{0,12}}$")
_STOPPED_AFTER = re.compile(rf"(?:起|之日起|日起)?[,，]?(?:已|全部|全面|即|一律)?(?:{_STOP})")
_APPENDED = re.compile(r"^\s*(?:抄送|抄报|主送|分送|附件|附[:：])")
_CONTRACT = re.compile(r"合同|协议|承诺书|责任书")


def days_in(whole: Whole, name: str) -> Iterator[Fact]:
    """Yield the days, the document's own day first; *name* is the file's."""
    found = [(match, day) for match in DAY.finditer(whole.text) if (day := _day(match[0])) is not None]
    own = _own_day(whole, found)
    if own is not None:
        match, day = own
        yield whole.fact(FactKind.DOC_DATE, str(day), *match.span())
    title = name + whole.text[:200]
    minutes, contract = re.search("纪要|会议记录|记录", title), _CONTRACT.search(title)
    for match, day in found:
        before, after = _around(whole.text, match)
        if _SIGNED.search(before) or (contract and own is not None and match is own[0]):
            yield whole.fact(FactKind.SIGNED_ON, str(day), *match.span())
        if _MEETING.search(before) or (minutes and _LABEL.search(before)) or _HELD.match(after):
            yield whole.fact(FactKind.MEETING_ON, str(day), *match.span())
        if _STOPPED_BEFORE.search(before) or _STOPPED_AFTER.match(after):
            yield whole.fact(FactKind.STOP_ON, str(day), *match.span())
    for match in _SINCE_MONTH.finditer(whole.text):  # 「自2025年4月起停发」 is the first day of the month
        before, after = _around(whole.text, match)
        day = _day(f"{match[1]}年{match[2]}月1日")
        if day is not None and (_STOPPED_AFTER.match(after) or _STOPPED_BEFORE.search(before)):
            yield whole.fact(FactKind.STOP_ON, str(day), *match.span())


def _day(written: str) -> date | None:
    return read_date(re.sub(r"\s", "", written)).on


def _around(text: str, match: re.Match[str]) -> tuple[str, str]:
    """Return what stands before and after *match* on its line, at most 40 characters each."""
    before = text[max(match.start() - 40, 0) : match.start()].rpartition("\n")[2]
    return before, text[match.end() : match.end() + 40].partition("\n")[0]


def _own_day(whole: Whole, found: list[tuple[re.Match[str], date]]) -> tuple[re.Match[str], date] | None:
    """Return the day under the document's name: a labelled one, the last that stands alone, or the day of printing."""
    alone, printed, labelled = [], [], []
    end = _end_of_body(whole.text)
    for match, day in found:
        before, after = _around(whole.text, match)
        if _OWN.search(before):
            return match, day
        if _PRINTED.match(after):
            printed.append((match, day))
        elif not before.strip(" \t\u3000(（") and not after.strip(" \t\u3000)）") and match.start() < end:
            alone.append((match, day))
        elif _LABEL.search(before):
            labelled.append((match, day))
    for candidates in (alone[-1:], printed[:1], labelled[:1]):
        if candidates:
            return candidates[0]
    return None


def _end_of_body(text: str) -> int:
    """Return where annexes and the list of receivers begin, if that is in the later half."""
    offset = len(text)
    for match in re.finditer(r"^.*$", text[len(text) // 2 :], re.MULTILINE):
        if _APPENDED.match(match[0]):
            return len(text) // 2 + match.start()
    return offset
