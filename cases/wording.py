"""What the words of a rectification give away: vague verbs, things still to come, counted things, what it is about.

Patterns are Chinese office language. Source: DOMAIN.md 3.4, PR-14, PR-17, PR-19, PR-20, PR-28, PR-31, PR-32.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

# --- vague words and facts -------------------------------------------------------------------------------------------

VAGUE: Final = re.compile(
    r"加强|强化|进一步|切实|不断|提高(?:认识|站位|意识)|高度重视|持续|深化|推动|完善|压实|严格(?:落实|执行|要求)?|狠抓|扎实|全面(?:落实|加强)"
)
_NUMERAL = r"(?:\d+(?:\.\d+)?|[一二三四五六七八九十百千两]+)"
_CONCRETE: Final = re.compile(
    rf"{_NUMERAL}\s*余?(?:个|人|户|项|件|次|份|处|笔|家|名|条|期|场|起|套|台|亩|吨|公里|平方米|万元|亿元|元|%|万|轮|天|套|间|辆)"
    r"|\d{1,4}年|\d{1,2}月|\d{1,2}日|\d+号|《[^》]+》|〔\d{4}〕|\[\d{4}\]|百分之"
    r"|[\u4e00-\u9fff]{1,6}(?:村|镇|乡|路|社区|小区|水库|工地|车间|卫生院|学校|中学|小学)(?!级)"
    r"|(?:书记|主任|局长|镇长|乡长|校长|院长|科长|经理|会计|出纳|副[\u4e00-\u9fff]{1,2}长|[\u4e00-\u9fff]某)"
)


def vague_per_hundred(text: str) -> int:
    """Return how many vague verbs there are in a hundred characters, rounded down."""
    plain = "".join(text.split())
    return 100 * len(VAGUE.findall(plain)) // len(plain) if plain else 0


def names_a_fact(text: str) -> bool:
    """Whether *text* has a number with its unit, a date, a document, a post or a place."""
    return _CONCRETE.search(unicodedata.normalize("NFKC", text)) is not None


# --- what is done and what is still to come -------------------------------------------------------------------------

_STILL_TO_COME: Final = re.compile(
    r"(?<![已可应须需])将(?=于|在|进一步|继续|会|尽快|适时|择机|逐步|陆续|分批|开展|组织|加大|加强|加快|持续|制定|修订|出台|推进|完成"
    r"|启动|建立|完善|召开|按|对|严格|深入|联合|尽早|研究|安排|督促)"
    r"|拟(?!定|稿|订|文|任|办|写|议)|计划(?!生育|财务|方案|表|书|内|外|科|处|为|的)|下一步|下步|下一阶段|即将|预计"
)
_GOING_ON: Final = re.compile(
    r"正在(?!正常|运行|使用|有效|执行中)|尚未|尚待|尚在|还未|有待|暂未|未完成|推进中|办理中|协调中|落实中|整改中|待(?=[^。；，]{0,8}(?:后|批|审|到位|落实|下达|确定|明确))"
)
_DONE: Final = re.compile(
    r"已|完成|到位|完毕|办结|均予|收回|退回|追回|缴清|缴入|解除|拆除|建成|竣工|验收|整改结束|清零|全部(?:退|缴|收|拆)"
)
_SURELY_DONE: Final = re.compile(r"已|完成|到位|完毕|办结|均予|缴清|清零")
_ONLY_TALK: Final = re.compile(
    r"召开|研究|部署|学习|传达|印发通知|成立(?:[^，。；]{0,8})(?:小组|专班)|制定(?:[^，。；]{0,8})方案|动员|谋划|提请|提交|启动"
)
_CLAUSES: Final = re.compile(r"[。；;!！?？\n，,]+")


def clauses(text: str) -> list[str]:
    """Return the clauses of *text* in their order."""
    return [clause for clause in (part.strip() for part in _CLAUSES.split(text)) if clause]


def still_to_come(text: str) -> str:
    """Return the clause that shows that *text* tells of something not done yet, empty where it tells of results.

    A last sentence about what comes next is honest beside results; what is going on instead of being done is not, and
    no more is a text that opens with what comes, or has nothing else but talk.
    """
    parts = clauses(text)
    going_on = next((part for part in parts if _GOING_ON.search(part) and not _finished(part)), "")
    if going_on:
        return going_on
    coming = [part for part in parts if _STILL_TO_COME.search(part) and "已" not in part]
    if not coming:
        return ""
    return coming[0] if parts[0] in coming or not any(_finished(part) for part in parts if part not in coming) else ""


def coming(text: str) -> list[str]:
    """Return the clauses of *text* that speak of what is still to come."""
    return [part for part in clauses(text) if _STILL_TO_COME.search(part)]


def _finished(clause: str) -> bool:
    """Whether *clause* tells of a result; 正在协商收回 names what is wanted, and only 已收回 says that it is there."""
    bare = _GOING_ON.sub("", clause)
    done = _SURELY_DONE if bare != clause else _DONE
    return done.search(bare) is not None and _ONLY_TALK.search(bare) is None


# --- counted things -------------------------------------------------------------------------------------------------

_UNITS = "项|个|人|户|名|件|处|笔|家|套|台|亩|间|辆|宗|起|条|份|张|座"
_SAME = {"名": "人", "宗": "件", "起": "件"}
_COUNTED: Final = re.compile(
    rf"(?<![\d.第年月])(\d+(?:\.\d+)?|[二三四五六七八九十百两][一二三四五六七八九十百千]*)\s*余?({_UNITS})([\u4e00-\u9fff]{{0,4}})"
)
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of things: *what* is the unit word, *of* the characters behind it, *before* those in front."""

    number: int
    what: str
    of: str
    before: str
    written: str


def counted(text: str) -> Iterator[Counted]:
    """Yield the counted things of *text*: 12户, 三个项目, 6名."""
    plain = unicodedata.normalize("NFKC", text)
    for match in _COUNTED.finditer(plain):
        number = _whole(match[1])
        ordinal = plain[: match.start()].rstrip().endswith("第")  # 第 17 处 is one of them
        if number is not None and not ordinal:
            before = plain[max(match.start() - 12, 0) : match.start()]
            yield Counted(number, _SAME.get(match[2], match[2]), match[3], before, match[0])


def _whole(written: str) -> int | None:
    if written[0].isdigit():
        value = Decimal(written)
        return int(value) if value == value.to_integral_value() else None
    total = digit = 0
    for character in written.replace("两", "二"):
        if character in _DIGITS:
            digit = _DIGITS.index(character)
        else:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
    return total + digit


_FIGURE: Final = re.compile(
    r"\d+(?:\.\d+)?(?:余)?(?:万元|亿元|元|年|人次|[项个人户名件处笔家套台亩间辆宗起条份张座次])"
)


def figures_in(text: str) -> frozenset[str]:
    """Return the numbers of *text* with their units: 2份, 3970元, 2019年."""
    return frozenset(_FIGURE.findall(unicodedata.normalize("NFKC", text)))


# --- what a finding is about ----------------------------------------------------------------------------------------

_NATURES: Final = (  # first match wins: a finding about money is closed when the money is back, whatever is written on
    ("fund", re.compile(r"资金|津补贴|补贴|报销|公款|经费|租金|账外|小金库|罚款|清退|追缴|欠缴|套取|截留|挪用")),
    ("project", re.compile(r"工程|项目建设|施工|招投标|招标|基建|污染|固废|垃圾|拆除|违建")),
    ("style", re.compile(r"思想|意识|学习|理论|作风|形式主义|官僚主义|担当|责任感|政治站位|重视不够")),
    (
        "regulation",
        re.compile(r"制度(?:缺失|不健全|不完善|空白|未建立|未制定)|未(?:建立|制定)[^，。；]{0,16}制度|无制度"),
    ),
    ("mechanism", re.compile(r"机制|体系|长效|监管缺位|管理不规范|管理混乱")),
)
RECOVERABLE: Final = re.compile(
    r"缴库|坐收坐支|坐支|追缴|追回|退[还回缴赔出]|清退|收回|上缴|缴纳|缴入|归还|违规(?:发放|报销|领取|列支|收取|支出|使用)|重复(?:报销|领取|发放)|套取|骗取"
    r"|挪用|截留|侵占|欠缴|少缴|多[付领支]|超支|超标准|超范围|虚报|虚列|冒领|白条|公款|私分|小金库|租金"
)
ACCOUNTABLE: Final = re.compile(r"违规|违纪|违法|失职|渎职|资金|套取|挪用|截留|侵占|公款|廉洁|腐败|不作为|乱作为")
MECHANISM: Final = re.compile(
    r"(?:制定|修订|完善|建立|健全|出台|印发|补充)[^。；]{0,40}(?:制度|办法|规定|规程|细则|机制|流程|准则|公约|守则|清单|预案|规范|规则)"
    r"|《[^》]{2,40}(?:制度|办法|规定|规程|细则|机制|流程|准则|公约|守则|清单|预案|规范|规则)[^》]{0,6}》"
)
SELF_CHECK: Final = re.compile(r"举一反三|自查|排查|对照检查|全面清查|拉网|回头查|逐[一项个村户]检查|面上")
_EXAMPLES: Final = re.compile(
    r"(?:例如|比如|譬如|诸如|(?<![假比譬诸不例犹自])如(?![期实何下果意此同常今有需]))[，:：]?|等(?:问题|现象|情况|情形)"
)


def nature_of(category: str, text: str) -> str:
    """Return what a finding is about (fund, project, style, regulation, mechanism), empty where nothing says so."""
    for words in (category, text):
        for nature, pattern in _NATURES:
            if pattern.search(words):
                return nature
    return ""


def lists_examples(text: str) -> str:
    """Return the words with which a finding says that it names examples only, empty where it does not."""
    match = _EXAMPLES.search(text)
    return text[match.start() : match.start() + 20] if match else ""
