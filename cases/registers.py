"""登记簿: what an office knows beside the papers of a finding, entered by form or by workbook.

One register, one list of fields; who may enter and what a row is about stand here, so that form, workbook, page and
signal speak of the same names. A row is never changed: it is withdrawn with a reason and entered anew.
Source: DOMAIN.md 3.4, column "Data needed".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cases.rights import Actor, Role

LONGEST_TEXT: Final = 2_000
LONGEST_WORD: Final = 100  # a day, an amount, a choice


class FieldKind(StrEnum):
    """What a field holds; in JSON: text, ISO date, ISO moment in UTC, yuan with two decimals, int, bool, one word."""

    TEXT = "text"
    DAY = "day"
    MOMENT = "moment"  # a day alone is noon in Shanghai, and `<name>_timed` says false
    MONEY = "money"
    COUNT = "count"
    NUMBER = "number"  # with a fraction, as text
    PERCENT = "percent"
    YES_NO = "yes_no"
    CHOICE = "choice"


class About(StrEnum):
    """What a row belongs to."""

    FINDING = "finding"
    UNIT = "unit"
    LIST = "list"
    NOTHING = "nothing"  # holds for the whole office


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a register; its names stand in the catalogue as ``register_field.<name>``."""

    name: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    choices: tuple[str, ...] = ()

    @property
    def longest(self) -> int:
        """Characters of what people write into it; what is longer is refused before anybody tries to understand it."""
        return LONGEST_TEXT if self.kind is FieldKind.TEXT else LONGEST_WORD


@dataclass(frozen=True, slots=True)
class Register:
    """A register; *dated* is the field that says when it happened, *by* who may enter it.

    *outside*: entered by people outside the responsible unit only, since it speaks for the unit's honesty;
    *confidential*: the unit does not read it either, it names who complained, or tells of visits to come;
    *anywhere*: nobody may know yet which unit a row concerns.
    """

    name: str
    about: About
    fields: tuple[Field, ...]
    dated: str
    by: tuple[Role, ...]
    outside: bool = False
    confidential: bool = False
    anywhere: bool = False

    def may_be_entered_by(self, actor: Actor, unit_path: str, confidentiality: int = 0) -> bool:
        """Whether *actor* has a post that enters rows about the unit at *unit_path*; no path is the whole office."""
        if any(unit_path.startswith(path) for path in actor.recused_paths):
            return False
        return any(
            grant.role in self.by
            and grant.clearance >= confidentiality
            and (not unit_path or unit_path.startswith(grant.path))
            for grant in actor.grants
        )


_UNIT = (Role.HANDLER, Role.RESPONSIBLE_LEADER, Role.CHIEF)
_OFFICE = (Role.INSPECTION_OFFICE, Role.INSPECTION_TEAM, Role.DISCIPLINE_COMMISSION, Role.VERIFIER)
_PEOPLE = (Role.INSPECTION_OFFICE, Role.DISCIPLINE_COMMISSION, Role.ORGANISATION_DEPARTMENT)

ON = Field("on", FieldKind.DAY)
AT = Field("at", FieldKind.MOMENT)
AMOUNT = Field("amount", FieldKind.MONEY)
NOTE = Field("note", required=False)

ACCOUNTS: Final = (
    "treasury",
    "non_tax",
    "discipline",  # 廉政账户、暂扣款专户
    "collective",  # 村集体“三资”专户
    "original_channel",
    "original_payer",
    "own",
    "other",
)
FUNDS: Final = ("fiscal", "enterprise", "collective", "masses", "party_dues", "union", "other")
APPOINTED: Final = ("promoted", "reappointed", "transferred", "demoted")
ACTIONS: Final = ("talk", "criticism", "admonition", "organisational", "dismissal", "sanction")
WAIVED: Final = ("amount", "accountability", "on_site", "self_check")


def _choice(name: str, *choices: str, required: bool = True) -> Field:
    return Field(name, FieldKind.CHOICE, required, choices)


def _all(*registers: Register) -> Mapping[str, Register]:
    return {register.name: register for register in registers}


REGISTERS: Final = _all(
    Register(
        "particulars",  # 问题要素: the newest row holds
        About.FINDING,
        (
            ON,
            Field("place", required=False),
            Field("latitude", FieldKind.NUMBER, required=False),
            Field("longitude", FieldKind.NUMBER, required=False),
            _choice("fund", *FUNDS, required=False),
            Field("object", required=False),  # projects, accounts or contracts, several joined by 、
            Field("co_units", required=False),  # 配合单位, names joined by 、
            Field("needs_on_site", FieldKind.YES_NO, required=False),
        ),
        "on",
        _OFFICE,
        outside=True,
    ),
    Register(
        "recovery",  # 缴款、退款
        About.FINDING,
        (
            AT,
            AMOUNT,
            Field("payer"),
            Field("payee", required=False),
            Field("account"),
            Field("voucher", required=False),
        ),
        "at",
        _UNIT + _OFFICE,
    ),
    Register(
        "claimed_refund",  # 自报清退: the newest row holds
        About.FINDING,
        (ON, AMOUNT, Field("persons", FieldKind.COUNT)),
        "on",
        _UNIT + _OFFICE,
    ),
    Register(
        "payment",  # 支付流水
        About.UNIT,
        (AT, AMOUNT, Field("payee"), Field("purpose"), Field("voucher", required=False)),
        "at",
        _UNIT + _OFFICE,
    ),
    Register(
        "issued_document",  # 发文登记簿; copied_on: printed or exported again later
        About.UNIT,
        (ON, Field("number"), Field("title"), Field("copied_on", FieldKind.DAY, required=False), NOTE),
        "on",
        _UNIT + _OFFICE,
    ),
    Register(
        "account",  # 账户名录
        About.NOTHING,
        (ON, Field("number"), Field("holder"), _choice("belongs", *ACCOUNTS)),
        "on",
        _OFFICE,
    ),
    Register(
        "affiliate",  # 关联方
        About.NOTHING,
        (ON, Field("party"), Field("affiliate"), NOTE),
        "on",
        _OFFICE,
    ),
    Register(
        "callback",  # 逐人回访
        About.FINDING,
        (ON, Field("person"), Field("confirmed", FieldKind.YES_NO), NOTE),
        "on",
        _OFFICE,
        outside=True,
        confidential=True,
    ),
    Register(
        "waiver",  # 不予追缴、不予追究、免现场核查、免自查的说明
        About.FINDING,
        (ON, _choice("what", *WAIVED), Field("amount", FieldKind.MONEY, required=False), Field("reason")),
        "on",
        (Role.INSPECTION_OFFICE, Role.DISCIPLINE_COMMISSION, Role.LEADING_GROUP),
        outside=True,
    ),
    Register(
        "person_action",  # 人员处理
        About.FINDING,
        (
            ON,
            Field("person"),
            _choice("kind", *ACTIONS),
            Field("until", FieldKind.DAY, required=False),
            Field("document", required=False),
        ),
        "on",
        _UNIT + _PEOPLE,
    ),
    Register(
        "appointment",  # 任职、提拔
        About.UNIT,
        (ON, Field("person"), Field("title"), _choice("kind", *APPOINTED), Field("document", required=False)),
        "on",
        _PEOPLE,
        outside=True,
        confidential=True,
    ),
    Register(
        "regulation",  # 制度登记
        About.FINDING,
        (
            ON,
            Field("title"),
            Field("number", required=False),
            Field("adopted_by", required=False),
            Field("distribution", required=False),
        ),
        "on",
        _UNIT + _OFFICE,
    ),
    Register(
        "execution",  # 制度执行
        About.FINDING,
        (ON, Field("title"), _choice("kind", "use", "check", "training"), NOTE),
        "on",
        _UNIT + _OFFICE,
    ),
    Register(
        "self_check",  # 举一反三自查
        About.FINDING,
        (ON, Field("scope"), Field("checked", FieldKind.COUNT), Field("found", FieldKind.COUNT)),
        "on",
        _UNIT + _OFFICE,
    ),
    Register(
        "spot_check",  # 抽查核对
        About.FINDING,
        (ON, Field("asked", FieldKind.COUNT), Field("mismatches", FieldKind.COUNT), NOTE),
        "on",
        (*_OFFICE, Role.LOOK_BACK_TEAM),
        outside=True,
        confidential=True,
    ),
    Register(
        "complaint",  # 信访、热线、媒体
        About.UNIT,
        (ON, _choice("source", "petition", "hotline", "media"), Field("text"), Field("object", required=False)),
        "on",
        _OFFICE,
        outside=True,
        confidential=True,
        anywhere=True,
    ),
    Register(
        "inspection",  # 巡察起止: what was put right meanwhile counts; again: when somebody enters next
        About.LIST,
        (ON, Field("until", FieldKind.DAY), Field("again", FieldKind.DAY, required=False)),
        "on",
        _OFFICE,
        outside=True,
    ),
    Register(
        "survey",  # 满意度测评
        About.LIST,
        (
            ON,
            Field("asked", FieldKind.COUNT),
            Field("answered", FieldKind.COUNT),
            Field("satisfied", FieldKind.PERCENT),
        ),
        "on",
        _OFFICE,
        outside=True,
    ),
    Register(
        "meeting",  # 整改会议
        About.LIST,
        (ON, Field("title"), Field("chief_attended", FieldKind.YES_NO), NOTE),
        "on",
        _UNIT + _OFFICE,
    ),
    Register(
        "signature",  # 在纸面上签署的方案和报告
        About.LIST,
        (ON, _choice("document", "plan", "report"), Field("by_chief", FieldKind.YES_NO), NOTE),
        "on",
        _OFFICE,
        outside=True,
    ),
    Register(
        "report",  # 上报的完成情况
        About.LIST,
        (
            ON,
            Field("done", FieldKind.COUNT),
            Field("total", FieldKind.COUNT),
            Field("rate", FieldKind.NUMBER, required=False),
        ),
        "on",
        _UNIT + _OFFICE,
    ),
    Register(
        "organisation",  # 单位名录, beside our own units
        About.NOTHING,
        (ON, Field("name"), Field("short_names", required=False)),
        "on",
        _OFFICE,
    ),
    Register(
        "approved_document",  # 认可的模板、共用文件: by title, by sha256, or by the text that everybody fills in
        About.NOTHING,
        (ON, Field("title"), Field("sha256", required=False), Field("text", required=False), Field("reason")),
        "on",
        (Role.INSPECTION_OFFICE,),
    ),
)

CONFIDENTIAL: Final = frozenset(name for name, register in REGISTERS.items() if register.confidential)
