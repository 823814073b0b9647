"""登记簿 as pages show them: rows in words, forms with their errors, and what a finding's money and people come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from cases.finding import Finding
from cases.moments import SHANGHAI, shanghai_date
from cases.registers import ACCOUNTS, CONFIDENTIAL, REGISTERS, About, Field, FieldKind, Register
from config.messages import knows, say
from persistence.registers import Shown, of_finding, shown_of_case
from persistence.snapshots import reference_of
from persistence.snapshots.registered import claimed, money, recoveries, waivers
from persistence.tables import findings
from tasks.case import FindingCase
from web.seeing import Seen


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a register in words: *cells* in the order of its fields."""

    id: str
    cells: Sequence[str]
    who: str
    entered_at: datetime
    place: str
    withdrawn: str | None
    unit: str


@dataclass(frozen=True, slots=True)
class Control:
    """One field of the form of a register."""

    name: str
    label: str
    hint: str
    widget: str  # line, text, day, number, choose
    required: bool
    choices: Sequence[tuple[str, str]] = ()
    value: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A register with its rows."""

    register: Register
    headings: Sequence[str]
    lines: Sequence[Line]
    may_enter: bool

    @property
    def name(self) -> str:
        """Name of the register."""
        return self.register.name


@dataclass(frozen=True, slots=True)
class Refund:
    """One sum that came back, and the way that it took."""

    on: date
    amount: Decimal
    payer: str
    payee: str
    account: str
    voucher: str


@dataclass(frozen=True, slots=True)
class MoneyAndPeople:
    """资金与人员 of a finding: what was named, what came back, what was waived, and who was dealt with."""

    named: Decimal | None
    recovered: Decimal
    waived: Decimal
    waived_whole: bool
    claimed_amount: Decimal | None
    claimed_persons: int | None
    refunds: Sequence[Refund]
    actions: Sequence[Mapping[str, str]]
    waived_because: Sequence[Mapping[str, str]] = field(default_factory=tuple)

    @property
    def missing(self) -> Decimal:
        """Yuan that are still to come back."""
        if self.named is None or self.waived_whole:
            return Decimal(0)
        return max(self.named - self.recovered - self.waived, Decimal(0))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of money or people."""
        return self.named is None and not (self.refunds or self.actions or self.waived_because or self.claimed_amount)


def registers_about(about: About) -> list[Register]:
    """Return the registers of findings, of lists, of units or of the office."""
    return [register for register in REGISTERS.values() if register.about is about]


def tables_of_case(seen: Seen) -> list[Table]:
    """Return the registers of a finding or list that the person may read, with their rows."""
    about = About.FINDING if isinstance(seen.case, FindingCase) else About.LIST
    hidden = frozenset() if seen.from_outside else CONFIDENTIAL
    rows = shown_of_case(seen.conn, seen.case.id, hidden)
    return [
        table_of(register, [row for row in rows if row.register == register.name], seen.person.language,
                 may_enter=may_enter(seen, register))
        for register in registers_about(about) if register.name not in hidden
    ]  # fmt: skip


def may_enter(seen: Seen, register: Register) -> bool:
    """Whether the person may enter rows of *register* about the case."""
    subject = seen.subject
    fits = register.may_be_entered_by(seen.person.actor, subject.unit_path, subject.confidentiality)
    return fits and seen.may("enter_register") and (seen.from_outside or not register.outside)


def table_of(register: Register, rows: Sequence[Shown], language: str, *, may_enter: bool) -> Table:
    """Return a register in words."""
    headings = [say(language, f"register_field.{one.name}") for one in register.fields]
    lines = [
        Line(
            str(row.id),
            [in_words(one, row.fields, language) for one in register.fields],
            row.who or "",
            row.entered_at,
            row.place,
            row.withdrawn_because,
            row.unit or "",
        )
        for row in rows
    ]
    return Table(register, headings, lines, may_enter)


def in_words(asked: Field, values: Mapping[str, Any], language: str) -> str:
    """Return a value as people read it."""
    value = values.get(asked.name)
    if value is None or value == "":
        return ""
    match asked.kind:
        case FieldKind.MOMENT:
            at = datetime.fromisoformat(str(value)).astimezone(SHANGHAI)
            return f"{at:%Y-%m-%d %H:%M}" if values.get(f"{asked.name}_timed", True) else f"{at:%Y-%m-%d}"
        case FieldKind.MONEY:
            return f"{money(value):,.2f}"
        case FieldKind.YES_NO:
            return say(language, "registers.yes" if value else "registers.no")
        case FieldKind.PERCENT:
            return f"{value}%"
        case _:
            key = f"register_choice.{'belongs' if asked.name == 'account' else asked.name}.{value}"
            return say(language, key) if (asked.choices or asked.name == "account") and knows(key) else str(value)


def controls_of(
    register: Register, language: str, written: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> list[Control]:
    """Return the fields of the form of *register*, as they were *written* and with what was wrong."""
    written, errors = written or {}, errors or {}
    controls = []
    for one in register.fields:
        hint = f"register_field_hint.{one.name}"
        controls.append(
            Control(
                one.name,
                say(language, f"register_field.{one.name}"),
                say(language, hint) if knows(hint) else "",
                _widget(one),
                one.required,
                _choices(one, language),
                written.get(one.name, ""),
                errors.get(one.name, ""),
            )
        )
    return controls


_LONG = frozenset({"text", "reason", "note"})


def _widget(one: Field) -> str:
    match one.kind:
        case FieldKind.DAY:
            return "day"
        case FieldKind.YES_NO | FieldKind.CHOICE:
            return "choose"
        case FieldKind.MONEY | FieldKind.COUNT | FieldKind.NUMBER | FieldKind.PERCENT:
            return "number"
        case _:
            return "text" if one.name in _LONG else "line"


def _choices(one: Field, language: str) -> list[tuple[str, str]]:
    if one.kind is FieldKind.YES_NO:
        return [("true", say(language, "registers.yes")), ("false", say(language, "registers.no"))]
    if one.name == "account":  # offered, but any number may be written
        return [("", say(language, f"register_choice.belongs.{word}")) for word in ACCOUNTS]
    return [(word, say(language, f"register_choice.{one.name}.{word}")) for word in one.choices]


def money_and_people(seen: Seen) -> MoneyAndPeople:
    """Return what the registers say of the money that a finding names and of the people behind it."""
    assert isinstance(seen.value, Finding)
    conn, language, now = seen.conn, seen.person.language, seen.work.at
    kept = of_finding(conn, seen.case.id, as_of=now)
    reference = reference_of(conn, now)
    own = {name for unit in reference.units if unit.id == seen.value.unit_id for name in unit.names}
    back = recoveries(kept, reference, frozenset(own))
    vouchers = {entry.id: str(entry.fields.get("voucher") or "") for entry in kept.get("recovery", ())}
    amount, persons = claimed(kept)
    let_off = [waiver for waiver in waivers(kept) if waiver.what == "amount"]
    return MoneyAndPeople(
        named=_named(conn, seen.case.id),
        recovered=sum((one.amount for one in back), Decimal(0)),
        waived=sum((one.amount or Decimal(0) for one in let_off), Decimal(0)),
        waived_whole=any(one.amount is None for one in let_off),
        claimed_amount=amount,
        claimed_persons=persons,
        refunds=[
            Refund(shanghai_date(one.at), one.amount, one.payer, one.payee, _account(one.account, language),
                   vouchers.get(one.id, ""))
            for one in back
        ],
        actions=[_in_words(entry.fields, "person_action", language) for entry in kept.get("person_action", ())],
        waived_because=[_in_words(entry.fields, "waiver", language) for entry in kept.get("waiver", ())],
    )  # fmt: skip


def _named(conn: Connection, finding_id: int) -> Decimal | None:
    amount: Decimal | None = conn.scalar(select(findings.c.amount_yuan).where(findings.c.id == finding_id))
    return amount


def _account(belongs: str, language: str) -> str:
    return say(language, f"register_choice.belongs.{belongs}") if belongs else ""


def _in_words(values: Mapping[str, Any], register: str, language: str) -> dict[str, str]:
    return {one.name: in_words(one, values, language) for one in REGISTERS[register].fields}
