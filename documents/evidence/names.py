"""Names in a document: its number, who adopted it, whom it goes to, posts, organisations, places, titles, blanks."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from cases.evidence_facts import Fact, FactKind
from documents.evidence.text import Whole

_HAN: Final = r"\u4e00-\u9fff"
_LINE: Final = r"[^\S\n]"  # a blank within the line

_DOC_NO = re.compile(rf"([{_HAN}]{{1,16}})[〔\[［（(【](\d{{4}})[〕\]］）)】]{_LINE}?第?(\d{{1,5}}){_LINE}?号")
_CITED = re.compile(r"根据|按照|依据|参照|执行|印发|转发|落实|详?见|关于|《|》|文件|凭证|合同")
_OWN_LINE: Final = 14  # characters that may stand beside a document's own number: 签发人

_TITLE = re.compile(r"《([^《》\n]{2,80})》")
_ADOPTED = re.compile(
    rf"(?:经|由|已经|业经)?([{_HAN}\d〇（）()·]{{2,30}}?(?:常委会|党委会|党组会|办公会|职代会|董事会|理事会|会议|大会))"
    r"(?:集体)?(?:研究|审议|讨论|审定|表决){0,2}(?:同意|通过|决定|审定|批准)"
)
_DISTRIBUTION = re.compile(
    rf"^{_LINE}*(?:主送|抄送|抄报|分送|印发范围|发至)[:：]{_LINE}*(\S[^\n]{{0,300}})$", re.MULTILINE
)
_ADDRESSED = re.compile(r"^[^\S\n]*((?:各|局属|所属|机关)[^。:：\n]{1,60})[:：][^\S\n]*$", re.MULTILINE)
_POST = re.compile(
    r"(?:党委|党组|纪委|党总支|党支部|支部|分管|驻村第一)?(?:常务)?副?"
    r"(?:总经理|董事长|秘书长|总会计师|书记|院长|校长|局长|厅长|处长|科长|主任|经理|馆长|所长|站长|主席|组长)"
)
_ORGANISATION = re.compile(
    rf"[{_HAN}]{{2,24}}?(?:委员会|党委|党组|纪委|有限公司|公司|集团|合作社|管理局|管理处|中心|学院|医院|学校|大学|银行"
    r"|人民政府|办公室|研究院|协会|党支部|党总支|财政局|审计局|税务局|教育局|卫健局)"
    rf"(?![{_HAN}]{{0,4}}(?:书记|主任|院长|校长|局长))"
)
_LEAD = re.compile(
    r"^.*(?:根据|按照|关于|经由|由|经|向|对|将|在|和|与|及|给|报|送|被|为|是|到|从|据|请|的|了|至|同|并|该|本|各|月|日|年)"
    rf"(?=[{_HAN}]{{2}})"
)
_PLACE = re.compile(r"(?:地点|地址|坐落于?|位于)[:：]?[^\S\n]?([^\s,，。;；:：()（）]{2,30})")
_BLANK: Final = r"[xX×ｘＸХ]"
_PLACEHOLDER = re.compile(
    rf"(?:(?<![A-Za-z]){_BLANK}{{1,4}}|\d{{4}})年[ \u3000]?{_BLANK}{{1,2}}月(?:[ \u3000]?{_BLANK}{{1,2}}日)?"
    rf"|(?<![A-Za-z]){_BLANK}{{1,2}}月[ \u3000]?{_BLANK}{{1,2}}日"
    r"|\d{4}年[ \u3000]{1,8}月[ \u3000]{1,8}日"
    rf"|(?<![A-Za-z\d]){_BLANK}{{2,8}}(?![A-Za-z\d])|某某某?|（?此处填写[^\s。]{{0,20}}"
)


def names_in(whole: Whole) -> Iterator[Fact]:
    """Yield the names that the text bears; those that repeat stand once."""
    yield from _own_number(whole)
    for match in _PLACEHOLDER.finditer(whole.text):
        yield whole.fact(FactKind.PLACEHOLDER, match[0], *match.span())
    for pattern in (_DISTRIBUTION, _ADDRESSED):
        for match in pattern.finditer(whole.text):
            yield whole.fact(FactKind.DISTRIBUTION, match[1].strip(), *match.span())
    yield from _once(whole, FactKind.ADOPTED_BY, _ADOPTED, lambda match: match[1].lstrip("经由0123456789年月日"))
    yield from _once(whole, FactKind.DOCUMENT_TITLE, _TITLE, lambda match: match[1].strip())
    yield from _once(whole, FactKind.PLACE, _PLACE, lambda match: match[1])
    yield from _once(whole, FactKind.PERSON_POST, _POST, lambda match: match[0])
    yield from _once(whole, FactKind.ORGANISATION, _ORGANISATION, lambda match: _LEAD.sub("", match[0]))


def _own_number(whole: Whole) -> Iterator[Fact]:
    """Yield the number of the document itself: on a line of its own, not one that the text cites."""
    for match in _DOC_NO.finditer(whole.text[:20_000]):
        before = whole.text[: match.start()].rpartition("\n")[2]
        after = whole.text[match.end() :].partition("\n")[0]
        if len(before.strip()) + len(after.strip()) <= _OWN_LINE and not _CITED.search(before + match[1]):
            yield whole.fact(FactKind.DOC_NO, "|".join((match[1], match[2], str(int(match[3])))), *match.span())
            return


def _once(
    whole: Whole, kind: FactKind, pattern: re.Pattern[str], value_of: Callable[[re.Match[str]], str]
) -> Iterator[Fact]:
    seen = set[str]()
    for match in pattern.finditer(whole.text):
        value = value_of(match)
        if len(value) >= 2 and value not in seen:
            seen.add(value)
            start = match.start() + match[0].index(value)
            yield whole.fact(kind, value, start, start + len(value))
