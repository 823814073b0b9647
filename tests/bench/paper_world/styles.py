"""How different people write the same deeds: six hands, two of them held back for the final report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

from tests.bench.paper_world.words import chinese, expand, ordinal, short_day

HELD_BACK = frozenset({"narrative", "tabular"})
FIRST_HELD_BACK_SEED = 9000


@dataclass(frozen=True)
class Deed:
    """Something that was done: a clause without a full stop."""

    text: str
    day: date


Compose = Callable[[Random, Sequence[Deed], str], str]  # deeds in time, short name of the unit -> text
Layout = Callable[[Random, Sequence[str]], list[str]]  # sentences of a document -> paragraphs


@dataclass(frozen=True)
class Style:
    """One way of writing."""

    name: str
    complete: Compose
    lay_out: Layout


def _plain(rng: Random, deeds: Sequence[Deed], unit: str) -> str:
    return "；".join(deed.text for deed in deeds) + "。"


def _bureau(rng: Random, deeds: Sequence[Deed], unit: str) -> str:
    opening = expand(
        rng,
        "[巡察反馈后|收到反馈意见后|问题移交以来]，{unit}[党组织|领导班子][高度重视|第一时间认领|照单全收]，[主要负责同志|分管同志][牵头部署|逐项过问|现场推动]。",
        {"unit": unit},
    )
    body = "".join(f"{ordinal(at)}{deed.text}。" for at, deed in enumerate(deeds))
    closing = expand(rng, "[|目前该问题已整改完毕。|该问题已销账，后续纳入日常监督。|整改结果已向职工通报。]")
    return opening + body + closing


def _bullet(rng: Random, deeds: Sequence[Deed], unit: str) -> str:
    mark = rng.choice(("{n}.", "（{n}）", "{n}、"))
    return "\n".join(f"{mark.format(n=at)}{deed.text}；" for at, deed in enumerate(deeds, start=1))[:-1] + "。"


def _spoken(rng: Random, deeds: Sequence[Deed], unit: str) -> str:
    links = rng.sample(
        ("这个事我们认。", "问题确实有。", "当时没管好，", "说清楚一点：", "后来，", "再有，", "还有就是", "另外，"),
        len(deeds) + 1,
    )
    tail = expand(rng, "[|现在没人再反映了。|东西都在档案盒里，可以来看。|就这些。]")
    return (
        links[0].replace("，", "。")
        + "".join(f"{link}{deed.text}。" for link, deed in zip(links[1:], deeds, strict=False))
        + tail
    )


def _narrative(rng: Random, deeds: Sequence[Deed], unit: str) -> str:
    first = deeds[0].day
    parts = [
        expand(
            rng,
            "{day}，{unit}[会议室里|三楼会议室]，[一份问题清单被逐条念出|班子成员对着清单一项项过]。",
            {"day": short_day(first), "unit": unit},
        )
    ]
    for at, deed in enumerate(deeds):
        gap = (deed.day - first).days
        lead = "先动手的是最难的一件：" if at == 0 else f"[又过了{max(gap, 1)}天|第{max(gap, 2)}天头上|接下来]，"
        parts.append(expand(rng, lead) + deed.text + "。")
    return "".join(parts) + expand(
        rng, "[账算清了，人也心服。|前后算下来，跑了{n}趟。|有职工说，这回是动真格。]", {"n": rng.randint(3, 19)}
    )


def _tabular(rng: Random, deeds: Sequence[Deed], unit: str) -> str:
    head = rng.choice(("序号｜完成情况｜时间", "项目|落实情况|日期", "事项｜结果｜完成日"))
    bar = "|" if "|" in head else "｜"
    return "\n".join(
        [head, *(bar.join((str(at), deed.text, deed.day.isoformat())) for at, deed in enumerate(deeds, 1))]
    )


def _paragraphs(rng: Random, sentences: Sequence[str]) -> list[str]:
    cut = max(1, len(sentences) // 2)
    return ["".join(sentences[:cut]), "".join(sentences[cut:])] if len(sentences) > 2 else ["".join(sentences)]


def _numbered(rng: Random, sentences: Sequence[str]) -> list[str]:
    return [f"{chinese(at)}、{sentence}" for at, sentence in enumerate(sentences, start=1)]


def _one_block(rng: Random, sentences: Sequence[str]) -> list[str]:
    return ["".join(sentences)]


def _cells(rng: Random, sentences: Sequence[str]) -> list[str]:
    return [f"{at}｜{sentence}" for at, sentence in enumerate(sentences, start=1)]


STYLES = {
    style.name: style
    for style in (
        Style("plain", _plain, _one_block),
        Style("bureau", _bureau, _paragraphs),
        Style("bullet", _bullet, _numbered),
        Style("spoken", _spoken, _one_block),
        Style("narrative", _narrative, _paragraphs),
        Style("tabular", _tabular, _cells),
    )
}
OPEN = tuple(name for name in STYLES if name not in HELD_BACK)
