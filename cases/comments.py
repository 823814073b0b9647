"""An opinion has substance or it is no opinion: nobody signs and is done (不能“一签了之”)."""

import re

from cases.refusals import CaseError

EMPTY_PHRASES = (
    "同意",
    "已阅",
    "属实",
    "无意见",
    "情况属实",
    "请办理",
    "拟同意",
    "通过",
    "阅",
    "ok",
    "agreed",
    "approved",
    "fine",
    "yes",
)
LEAST_CHARACTERS = 10
_LEAST_BESIDE = 3  # characters beside the phrases of agreement
_NOISE = re.compile(r"[\s\W_]+")
_FACT = re.compile(
    r"\d|[一二三四五六七八九十百千万两]+(?:项|个|人|户|次|份|笔|元|张|处|年|月|日|条|名|家|起|天|页)"
    r"|《[^》]+》|〔\d{4}〕|凭证|票据|台账|记录|纪要|照片|现场|走访|清单|合同|决定|文件|制度|报告|材料|佐证|账户|名单|谈话"
    r"|receipt|record|minutes|photo|site|contract|report|document|evidence|list|account|interview",
    re.IGNORECASE,
)


class CommentWithoutSubstance(CaseError):
    """The opinion names no fact, no figure and no piece of evidence that was looked at."""

    code = "comment_without_substance"
    field = "comment"


def require_substance(comment: str) -> None:
    """Raise CommentWithoutSubstance unless *comment* says what was checked.

    Source: S043 「不能“一签了之”」, signal PR-22.
    """
    if not has_substance(comment):
        raise CommentWithoutSubstance(least=LEAST_CHARACTERS)


def says_nothing(comment: str) -> bool:
    """Whether *comment* is empty or nothing but phrases of agreement. Source: signal PR-22."""
    return len(_beside_agreement(comment)) < _LEAST_BESIDE


def has_substance(comment: str) -> bool:
    """Whether *comment* is long enough and names a fact beside the phrases of agreement."""
    written = _NOISE.sub("", comment)
    bare = _beside_agreement(comment)
    long_enough = len(written) >= LEAST_CHARACTERS and len(bare) >= LEAST_CHARACTERS // 2
    return long_enough and _FACT.search(comment) is not None


def _beside_agreement(comment: str) -> str:
    bare = _NOISE.sub("", comment).lower()
    for phrase in sorted(EMPTY_PHRASES, key=len, reverse=True):  # 拟同意 before 同意
        bare = bare.replace(phrase, "")
    return bare
