"""疑点·文字: measures and reports that say nothing, say what others said, or say less than the finding.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

from cases.evidence import EvidenceKind
from cases.evidence_facts import FactKind
from cases.likeness import bare, common_runs, contained, likeness, longest_common
from cases.signals.snapshot import Exhibit, Found, Numbers, Outcome, Quote, Signal, Snapshot
from cases.wording import VAGUE, coming, counted, names_a_fact, still_to_come, vague_per_hundred

_OWN_WORDS: Final = frozenset(
    {
        EvidenceKind.REPORT,
        EvidenceKind.REGULATION,
        EvidenceKind.MEETING_MINUTES,
        EvidenceKind.PLAN,
        EvidenceKind.NOTICE,
        EvidenceKind.STUDY_RECORD,
        EvidenceKind.SPEECH,
        EvidenceKind.PLEDGE,
        EvidenceKind.TALK_RECORD,
        EvidenceKind.EXECUTION_CHECK,
        EvidenceKind.SANCTION,
        EvidenceKind.ONSITE_RECORD,
        EvidenceKind.CALLBACK,
        EvidenceKind.OTHER,
    }
)
"""Kinds that a unit writes itself: there a foreign name is a trace; in a receipt it is the other party."""

_PLACEHOLDERS: Final = re.compile(
    r"[xX×＊*]{2,}(?=单位|局|镇|村|学校|同志|公司|元|人|月|日|年)|某某|[xX×]月[xX×]日|[xX×]{2,}年"
)
_TOGETHER: Final = re.compile(
    r"(?:与|和|同|会同|联合|协同|配合|赴|到|商|函|致|报|向|请|由|经|送|抄送|主送|参照|借鉴|学习|委托|邀请|协调|根据|按照|依据)[^，。；]{0,6}$"
)
_FROM_INSIDE: Final = re.compile(
    r"(?:各(?:科|股|处)?室|各部门|各单位|干部职工|全体|班子|党组|党委|研究同意|研究决定|会议室|公开栏|档案室)"
)
"""What one says of one's own house: nobody reports to the sections of a stranger."""

_DEALT_WITH_PEOPLE: Final = re.compile(
    r"处理|问责|谈话|约谈|处分|批评|追责|诫勉|提醒|立案|参加|参会|到会|培训|成立|召开|组成"
)
_ENUMERATED: Final = re.compile(r"(?:[(（][一二三四五六七八九十\d]{1,2}[)）]|[一二三四五六七八九]是|[①-⑩])")


def _measure_copies_finding(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-04 措施照抄问题表述: a measure that is the finding in other order, with a few vague words put in."""
    copied = [(measure, run) for measure in seen.measures if (run := _copied(measure.text, seen.text, numbers))]
    if not copied:
        return None
    quotes = tuple(
        quote for measure, run in copied for quote in (Quote(measure.text, str(measure.seq)), Quote(run, "0"))
    )
    facts: dict[str, str | int] = {
        "count": len(copied),
        "measures": "、".join(str(measure.seq) for measure, _ in copied),
    }
    return Found(facts, [bare(measure.text) for measure, _ in copied], quotes)


def _copied(measure: str, finding: str, numbers: Numbers) -> str:
    """Return the run that a measure takes over from the finding when it is little else, empty otherwise."""
    length = len(bare(measure))
    if length < numbers.get("least_characters", 8):
        return ""
    run = longest_common(measure, finding)
    without_filling = bare(VAGUE.sub("", measure))
    copies = (
        contained(measure, finding) >= numbers.get("containment_percent", 60)
        or (
            len(run) >= numbers.get("common_characters", 20)
            and 100 * len(run) >= numbers.get("common_percent", 40) * length
        )
        or contained(without_filling, finding) >= numbers.get("containment_percent", 60)
    )
    return run if copies else ""


def _measure_cloned(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-05 措施照抄他单位、他问题: the measure of another unit, or one measure for many findings."""
    joint = bool(numbers.get("exempt_joint", 1))
    cloned: list[tuple[str, Quote, Quote]] = []
    for measure in seen.measures:
        if len(bare(measure.text)) < numbers.get("least_characters", 10):
            continue
        near = [o for o in measure.similar if o.percent >= numbers.get("similarity_percent", 85)]
        near = [other for other in near if not (joint and other.joint)]
        abroad = [other for other in near if other.unit_id != seen.unit_id]
        at_home = {other.number: other for other in near if other.unit_id == seen.unit_id}
        if len(at_home) + 1 >= numbers.get("same_measure_findings", 3):
            abroad += at_home.values()
        cloned += [
            (other.number, Quote(measure.text, str(measure.seq)), Quote(other.theirs.text, other.number))
            for other in abroad
        ]
    if not cloned:
        return None
    facts: dict[str, str | int] = {
        "count": len({ours.place for _, ours, _ in cloned}),
        "findings": "、".join(sorted({number for number, _, _ in cloned})),
    }
    quotes = tuple(quote for _, ours, theirs in cloned for quote in (ours, theirs))
    return Found(facts, sorted((number, bare(ours.text)) for number, ours, _ in cloned), quotes)


def _foreign_residue(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-06 材料出现外单位、外地名称: the name of another unit in one's own words, or a blank that nobody filled in."""
    traces: list[tuple[str, Quote]] = []
    for place, text in _own_texts(seen):
        traces += [(name, Quote(around, place)) for name, around in _foreign_names(text, seen)]
        traces += [(match[0], Quote(_around(text, match.start(), match.end()), place)) for match in _blanks(text)]
    for exhibit in seen.exhibits:
        if exhibit.kind in _OWN_WORDS and not exhibit.exempt and exhibit.text:
            foreign = _foreign_names(_without_distribution(exhibit), seen)
            traces += [(name, Quote(around, exhibit.filename)) for name, around in foreign]
        if not exhibit.exempt:
            blanks = [fact for fact in exhibit.facts or () if fact.kind is FactKind.PLACEHOLDER]
            traces += [(fact.written, Quote(fact.written, f"{exhibit.filename} {fact.place}")) for fact in blanks]
    if len(traces) < numbers.get("least_places", 1):
        return None
    facts: dict[str, str | int] = {
        "count": len(traces),
        "names": "、".join(f"“{name}”" for name in sorted({name for name, _ in traces})),
    }
    return Found(facts, sorted({(name, quote.place) for name, quote in traces}), tuple(quote for _, quote in traces))


def _own_texts(seen: Snapshot) -> Iterator[tuple[str, str]]:
    if seen.completion:
        yield "completion", seen.completion
    for measure in seen.measures:
        if measure.done:
            yield str(measure.seq), measure.done


def _foreign_names(text: str, seen: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield the names that have no business in *text*, each once, with the words around it."""
    hidden = text
    allowed = sorted((name for name in seen.names.own if name in text), key=len, reverse=True)
    for name in allowed:  # 江北区财政局 is no trace of 财政局
        hidden = hidden.replace(name, "\0" * len(name))
    plan = "。".join(measure.text for measure in seen.measures)
    for name in sorted((name for name in seen.names.foreign if name in hidden), key=len, reverse=True):
        outside = name in seen.names.outside
        if name in seen.text or (outside and name in plan):  # a party of the matter, as the approved plan names it
            continue
        for match in re.finditer(re.escape(name), hidden):
            together = _TOGETHER.search(hidden[max(match.start() - 10, 0) : match.start()])
            if not together or _FROM_INSIDE.match(hidden, match.end()):
                yield name, _around(text, match.start(), match.end())
                hidden = hidden.replace(name, "\0" * len(name))
                break


def _blanks(text: str) -> Iterator[re.Match[str]]:
    return _PLACEHOLDERS.finditer(text)


def _without_distribution(exhibit: Exhibit) -> str:
    """Return the text without the lines that say whom it goes to: other units stand there by right."""
    text = exhibit.text or ""
    for fact in exhibit.facts or ():
        if fact.kind is FactKind.DISTRIBUTION and fact.end > fact.start:
            text = text[: fact.start] + "\0" * (fact.end - fact.start) + text[fact.end :]
    return text


def _around(text: str, start: int, end: int) -> str:
    return text[max(start - 15, 0) : end + 15].replace("\n", " ").strip()


def _vague(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-19 措施空泛、无数据支撑: nothing but verbs of intention; the report is judged apart from the plan."""
    words = [seen.completion, *(m.done for m in seen.measures)] if seen.submitted else [m.text for m in seen.measures]
    text = "。".join(dict.fromkeys(word.strip("。 ") for word in words if word.strip()))
    density = 100 // max(numbers.get("characters_per_vague_verb", 15), 1)
    too_short = len(bare(text)) < numbers.get("least_characters", 8)
    if too_short or names_a_fact(text) or vague_per_hundred(text) < density:
        return None
    where = "completion" if seen.submitted else "plan"
    facts: dict[str, str | int] = {"verbs": len(VAGUE.findall(text)), "characters": len(text), "where": where}
    return Found(facts, [where, bare(text)], (Quote(text[:200], where),))


def _future_tense(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-31 以措施代替落实: what was done is told as what will be done, or in the words of the plan."""
    if not seen.submitted or seen.kind == "CONTINUOUS":  # what goes on for years may speak of the years to come
        return None
    quotes = [Quote(found, "completion")] if (found := still_to_come(seen.completion)) else []
    quotes += [Quote(found, str(m.seq)) for m in seen.measures if (found := still_to_come(m.done))]
    undone = [measure.text for measure in seen.measures if not measure.done.strip()]
    promised = (clause for clause in coming(seen.completion) if any(common_runs(clause, text, 4) for text in undone))
    quotes += [Quote(clause, "completion") for clause in promised if Quote(clause, "completion") not in quotes]
    same_words = numbers.get("similarity_percent", 70)
    plan = "。".join(measure.text for measure in seen.measures)
    repeated = [m for m in seen.measures if m.done and likeness(m.done, m.text) >= same_words]
    quotes += [Quote(measure.done, str(measure.seq)) for measure in repeated]
    if plan and likeness(seen.completion, plan) >= same_words:
        quotes.append(Quote(seen.completion[:200], "completion"))
    if not quotes:
        return None
    return Found({"count": len(quotes)}, sorted((bare(quote.text), quote.place) for quote in quotes), tuple(quotes))


def _scope_shrink(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-32 范围缩水: fewer things were handled than the finding counts; what is not counted is no evidence."""
    if not seen.submitted:
        return None
    told = "。".join([seen.completion, *(measure.done for measure in seen.measures)])
    handled = [c for c in counted(told) if not (c.what == "人" and _DEALT_WITH_PEOPLE.search(c.before))]
    short: list[tuple[str, int, int]] = []
    for asked in counted(seen.text):
        if asked.number < 2 or (asked.what == "人" and _DEALT_WITH_PEOPLE.search(asked.before)):
            continue
        alike = [c for c in handled if c.what == asked.what]
        if any(c.number == asked.number for c in alike):  # named again: what became of each may stand in parts
            continue
        same = {(c.number, c.of) for c in alike if _same_things(c.of, asked.of)}
        told_of = [number for number, _ in same]  # once each: the report repeats what it says of the measures
        least = asked.number * (100 - numbers.get("tolerance_percent", 0))
        if told_of and _in_all(told_of) * 100 < least:
            short.append((asked.written, asked.number, max(told_of)))
    items, measures = len(_ENUMERATED.findall(seen.detail or seen.title)), len(seen.measures)
    fewer = items >= 3 and 0 < measures < items and not any(_ENUMERATED.search(m.text) for m in seen.measures)
    short = list(dict.fromkeys(short))  # the detail may repeat the title
    if not short:
        return None if not fewer else _fewer_items(items, measures)
    facts: dict[str, str | int] = {
        "count": len(short),
        "asked": "、".join(written for written, _, _ in short),
        "handled": "、".join(str(number) for _, _, number in short),
    }
    return Found(facts, sorted(short), tuple(Quote(written, str(number)) for written, _, number in short))


def _in_all(told: list[int]) -> int:
    """Return how many are told of in all: 「15笔，其中收回12笔、核销3笔」 are fifteen, as 「收回12笔，核销3笔」 are."""
    most = max(told)
    others = sorted(told)[:-1]
    parts = next((some for size in range(2, 5) for some in combinations(others, size) if sum(some) == most), ())
    return sum(told) - sum(parts)


def _fewer_items(items: int, measures: int) -> Found:
    facts: dict[str, str | int] = {"count": 1, "asked": str(items), "handled": str(measures)}
    return Found(facts, ["items", items, measures], (), "MEDIUM")


def _same_things(ours: str, theirs: str) -> bool:
    """Whether the words behind two numbers name the same things, as far as they name any."""
    a, b = (re.sub(r"^(?:的|均|都|已|全|共|中|，|、)+", "", words) for words in (ours, theirs))
    return not a or not b or any(a[i : i + 2] in b for i in range(max(len(a) - 1, 1)))


SIGNALS: Final = (
    Signal("PR-04", "MEASURE_COPIES_FINDING", _measure_copies_finding),
    Signal("PR-05", "MEASURE_CLONED", _measure_cloned),
    Signal("PR-06", "FOREIGN_ENTITY_RESIDUE", _foreign_residue, version=2),
    Signal("PR-19", "VAGUE_NO_FACTS", _vague),
    Signal("PR-31", "FUTURE_TENSE_DONE", _future_tense, version=3),
    Signal("PR-32", "SCOPE_SHRINK", _scope_shrink, version=3),
)
