"""疑点·逻辑: records that contradict each other, figures that never move, and kinds that do not fit.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from cases.evidence import EvidenceKind, Purpose
from cases.evidence_facts import FactKind, document_date, proposed_kind
from cases.likeness import bare
from cases.money import read_amount
from cases.signals.snapshot import Exhibit, Found, Numbers, Outcome, Quote, Signal, Snapshot
from cases.wording import SELF_CHECK, lists_examples

_DAY = r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日"
_AMOUNT = r"(\d[\d,，]*(?:\.\d+)?\s*(?:亿|万)?元)"
_MEETING: Final = re.compile(rf"{_DAY}[^。；\n]{{0,16}}(?:召开|举行)(?:了)?([^。；，,\n]{{6,40}}?会议?)")
_STOPPED: Final = re.compile(
    rf"(?:自|于|从)?{_DAY}(?:起)?[^。；，,\n]{{0,6}}(停止|停发|叫停|关停|停用|停运|停产|停收)([^。；，,\n]{{2,12}})"
)
_IN_ALL: Final = re.compile(
    rf"(?<!累计)(?:合计|共计|总计|总额为?|共)(追缴|追回|退还|退回|清退|收回|上缴|发放|报销|涉及(?:资金|金额)?)[^\d。；，,\n]{{0,8}}{_AMOUNT}"
)
_HEADS: Final = re.compile(r"(?:共|合计|共计)?(涉及|清退|退还|补发|发放)(?:[^\d。；，,\n]{0,6})(\d+)\s*(?:人|名|户)")
_PARTS: Final = re.compile(
    rf"(?:合计|共计|总计|共)[^\d。；\n]{{0,10}}{_AMOUNT}[，,（(：:]?\s*其中[：:，,]?([^。；\n]+)"
)
_CAME_BACK: Final = re.compile(
    rf"(?<!累计)(?:追回|追缴|退还|退回|退缴|退出|清退|收回|上缴|缴回|付清|缴清|补缴)[^\d。；，,\n]{{0,8}}{_AMOUNT}"
)
_WAS_PAID_IN: Final = re.compile(
    rf"{_AMOUNT}[^。；，,]{{0,14}}(?:缴入|上缴|缴回|付清|退回|退还|退清|退缴|收回|追回|归还|入账|缴清|收齐)"
)
_ADOPTED: Final = re.compile(
    r"《([^》]{4,60})》已?经(?:\d{4}年)?(\d{1,2})月(\d{1,2})日[^。；，,]{0,20}会议?[^。；，,]{0,6}通过"
)
_ADOPTING: Final = re.compile(r"(?:审议|讨论|研究)?(?:并)?(?:原则)?通过了?《([^》]{4,60})》")
_AN_AMOUNT: Final = re.compile(_AMOUNT)
_STATED_CONSTANT: Final = re.compile(
    r"租金|工资|标准|定额|单价|金额|面积|编号|序号|限值|面值|编码|价格|补贴|元|人数|户数|年度|月份|日期|时间|单位|姓名"
)


def _inconsistent(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-21 记录自相矛盾: one fact has several values across the dossier, or the parts are not the whole."""
    told: dict[tuple[str, str], dict[str, Quote]] = {}
    for place, text in _papers(seen):
        for key, value, written in _stated(text):
            told.setdefault(key, {}).setdefault(value, Quote(written, place))
    for exhibit in seen.exhibits:
        for key, value, quote in _numbered(exhibit):
            told.setdefault(key, {}).setdefault(value, quote)
    for place, text in _reports(seen):
        if most := _came_back(text):
            told.setdefault(("amount", "came_back"), {}).setdefault(f"{most:.2f}", Quote(f"{most:.2f}", place))
    for document, day, quote in _adoptions(seen):
        told.setdefault(("adopted", document), {}).setdefault(day, quote)
    least = max(numbers.get("least_values", 2), 2)
    apart = {key: values for key, values in told.items() if len(values) >= least}
    sums = [(written, place) for place, text in _papers(seen) for written in _wrong_sums(text)]
    if not apart and not sums:
        return None
    quotes = [quote for values in apart.values() for quote in values.values()] + [Quote(*wrong) for wrong in sums]
    facts: dict[str, str | int] = {
        "count": len(apart) + len(sums),
        "why": "、".join(dict.fromkeys([*(kind for kind, _ in sorted(apart)), *(["sum"] if sums else [])])),
    }
    same = [*((*key, *sorted(values)) for key, values in sorted(apart.items())), *sorted(sums)]
    return Found(facts, same, tuple(quotes))


def _papers(seen: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield what the unit says of its rectification, once each; the state before and approved papers left out."""
    if seen.completion:
        yield "completion", unicodedata.normalize("NFKC", seen.completion)
    for exhibit in {exhibit.sha256: exhibit for exhibit in seen.exhibits}.values():
        if exhibit.text and not exhibit.exempt and exhibit.purpose != Purpose.BASELINE:
            yield exhibit.filename, unicodedata.normalize("NFKC", exhibit.text)


def _reports(seen: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield what speaks of the rectification as a whole: what was submitted, and the reports in the dossier."""
    reports = {e.filename for e in seen.exhibits if EvidenceKind.REPORT in (e.kind, proposed_kind(e.facts or ()))}
    yield from ((place, text) for place, text in _papers(seen) if place == "completion" or place in reports)


def _adoptions(seen: Snapshot) -> Iterator[tuple[str, str, Quote]]:
    """Yield (document, MM-DD, quote): on which day a meeting adopted it, by its own words and by the minutes."""
    for exhibit in {exhibit.sha256: exhibit for exhibit in seen.exhibits}.values():
        text = "".join(unicodedata.normalize("NFKC", exhibit.text or "").split())  # lines break anywhere
        for name, month, day in _ADOPTED.findall(text):
            yield (
                bare(name),
                f"{int(month):02d}-{int(day):02d}",
                Quote(f"《{name}》 {month}月{day}日", exhibit.filename),
            )
        held = next((fact for fact in exhibit.facts or () if fact.kind is FactKind.MEETING_ON), None)
        if held and exhibit.kind is EvidenceKind.MEETING_MINUTES:
            for name in _ADOPTING.findall(text):
                yield bare(name), held.value[5:10], Quote(f"《{name}》 {held.written}", exhibit.filename)


def _came_back(text: str) -> Decimal | None:
    """Return the largest sum that a report says came back; parts of it may stand beside."""
    plain = "".join(text.split())
    found = [*_CAME_BACK.findall(plain), *_WAS_PAID_IN.findall(plain)]
    sums = [read_amount(amount).yuan for amount in found]
    return max((yuan for yuan in sums if yuan is not None), default=None)


def _stated(text: str) -> Iterator[tuple[tuple[str, str], str, str]]:
    """Yield (key, value, as written) of facts that can have one value only; a key says what the fact is about."""
    for year, month, day, meeting in _MEETING.findall(text):
        if len(name := bare(meeting)) >= 8 and year:
            yield ("meeting", name), f"{year}-{int(month):02d}-{int(day):02d}", f"{year}年{month}月{day}日 {meeting}"
    for year, month, day, verb, what in _STOPPED.findall(text):
        if year:
            yield (
                ("stop", bare(what)[:4]),
                f"{year}-{int(month):02d}-{int(day):02d}",
                f"{year}年{month}月{day}日{verb}{what}",
            )
    for verb, amount in _IN_ALL.findall(text):
        yuan = read_amount(amount).yuan
        if yuan is not None:
            yield ("amount", _ONE_VERB.get(verb, verb)), f"{yuan:.2f}", f"{verb}{amount}"
    for match in _HEADS.finditer(text):
        yield ("heads", _ONE_VERB.get(match[1], match[1])), match[2], match[0]


_ONE_VERB: Final = {"追缴": "追回", "退回": "退还", "清退": "退还", "收回": "追回"}


def _numbered(exhibit: Exhibit) -> Iterator[tuple[tuple[str, str], str, Quote]]:
    """Yield the day of a document under its number: two papers of one number have one day."""
    numbered = next((fact for fact in exhibit.facts or () if fact.kind is FactKind.DOC_NO), None)
    stated = document_date(exhibit.facts or ())
    if numbered and stated and exhibit.kind in (EvidenceKind.REGULATION, EvidenceKind.NOTICE, EvidenceKind.PLAN):
        yield ("number", numbered.value), stated.value, Quote(f"{numbered.written} {stated.written}", exhibit.filename)


def _wrong_sums(text: str) -> Iterator[str]:
    """Yield the sentences whose named parts are not what they are said to be in all."""
    for match in _PARTS.finditer(text):
        whole = read_amount(match[1]).yuan
        parts = [read_amount(part).yuan for part in _AN_AMOUNT.findall(match[2])]
        known = [part for part in parts if part is not None]
        if whole and len(known) >= 2 and len(known) == len(parts) and abs(sum(known) - whole) > Decimal("1"):
            yield match[0]


def _long_term_abuse(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-27 “长期坚持”滥用: kept open for ever what names a sum or was to be done at once, or has no dated steps."""
    if seen.kind != "CONTINUOUS":
        return None
    open_steps = [step for step in seen.milestones if not step.held]
    reasons = {
        "amount": bool(seen.amount),
        "at_once": "立行立改" in seen.classed_as or "立即" in seen.classed_as,
        "no_milestones": len(seen.milestones) < numbers.get("least_milestones", 1),
        "counted_done": bool(seen.counted_done) and (not seen.milestones or bool(open_steps)),
    }
    given = [name for name, holds in reasons.items() if holds]
    if not given:
        return None
    return Found(
        {"why": "、".join(given), "milestones": len(seen.milestones)}, given, (Quote(seen.title, seen.number),)
    )


def _no_similar_check(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-28 未举一反三: the finding is systemic or names examples, and nobody looked at the rest."""
    examples = lists_examples(seen.text)
    if not seen.submitted or not (seen.is_systemic or examples):
        return None
    if any(waiver.what == "self_check" for waiver in seen.waivers):
        return None
    told = [seen.completion, *(measure.done for measure in seen.measures)]
    told += [exhibit.text or "" for exhibit in seen.exhibits]
    checks = len(seen.self_checks or ()) + any(_tells_of_a_check(text) for text in told)
    if checks >= numbers.get("least_checks", 1):
        return None
    return Found({"examples": examples or seen.title[:20]}, [examples], (Quote(examples or seen.title, seen.number),))


def _tells_of_a_check(text: str) -> bool:
    """Whether *text* says that others were looked at, and how many or what came of it."""
    return any(
        SELF_CHECK.search(clause) and re.search(r"\d|[一二三四五六七八九十百]+[个项户人件处家]|未发现|发现|均", clause)
        for clause in re.split(r"[。；\n]", text)
    )


def _spot_check(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-29 抽查不符: what was asked about on the spot is not as the dossier says."""
    wrong = [check for check in seen.spot_checks or () if check.mismatches > 0]
    mismatches = sum(check.mismatches for check in wrong)
    if mismatches < max(numbers.get("high", 1), 1):
        return None
    facts: dict[str, str | int] = {
        "count": mismatches,
        "asked": sum(check.asked for check in seen.spot_checks or ()),
        "veto": int(mismatches >= numbers.get("veto", 5)),
    }
    quotes = tuple(Quote(check.note or str(check.mismatches), str(check.on)) for check in wrong)
    grave = mismatches >= numbers.get("red", 3)
    return Found(facts, sorted(check.id for check in wrong), quotes, "CRITICAL" if grave else "HIGH")


def _frozen_metric(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-30 数据连续雷同: measured figures that repeat row after row, or never move; prices and rents may."""
    frozen: list[tuple[Exhibit, str, str]] = []
    for exhibit in seen.exhibits:
        for fact in exhibit.facts or ():
            if fact.kind is FactKind.SERIES and (why := _frozen(json.loads(fact.value), numbers)):
                frozen.append((exhibit, why, fact.place))
    if not frozen:
        return None
    facts: dict[str, str | int] = {
        "count": len(frozen),
        "files": "、".join(f"《{name}》" for name in dict.fromkeys(exhibit.filename for exhibit, _, _ in frozen)),
    }
    quotes = tuple(Quote(why, f"{exhibit.filename} {place}") for exhibit, why, place in frozen)
    return Found(facts, sorted((exhibit.sha256, place) for exhibit, _, place in frozen), quotes)


def _frozen(series: dict[str, Any], numbers: Numbers) -> str:
    """Return the row or the column that does not move, empty where all do."""
    header = [str(name) for name in series["header"]]
    columns = [i for i in range(len(header)) if not _STATED_CONSTANT.search(header[i])]
    rows = [[_number(row[i]) if i < len(row) else None for i in columns] for row in series["rows"]]
    measured = [i for i in range(len(columns)) if any(row[i] is not None for row in rows)]
    readings = [tuple(row[i] for i in measured) for row in rows]
    row = _repeated(readings, numbers.get("same_rows", 3))
    if len(measured) >= 2 and row:
        return " ".join(map(str, row))
    for at in range(len(measured)):
        values = [reading[at] for reading in readings if reading[at] is not None]
        if len(values) >= numbers.get("least_points", 5) and len(set(values)) == 1:
            return f"{header[columns[measured[at]]]} {values[0]} × {len(values)}"
    return ""


def _repeated(rows: Iterable[tuple[Decimal | None, ...]], least: int) -> tuple[Decimal | None, ...] | None:
    """Return the row that stands *least* times in a row, if any does; rows with a gap do not count."""
    run, before = 0, None
    for row in rows:
        run = run + 1 if row == before else 1
        before = row
        if run >= least and None not in row:
            return row
    return None


def _number(written: object) -> Decimal | None:
    try:
        return Decimal(str(written).strip().rstrip("%"))
    except InvalidOperation:
        return None


SIGNALS: Final = (
    Signal("PR-21", "INCONSISTENT_FACTS", _inconsistent, version=2),
    Signal("PR-27", "LONG_TERM_ABUSE", _long_term_abuse),
    Signal("PR-28", "NO_SIMILAR_CHECK", _no_similar_check),
    Signal("PR-29", "SPOT_CHECK_MISMATCH", _spot_check),
    Signal("PR-30", "FROZEN_METRIC", _frozen_metric),
)
