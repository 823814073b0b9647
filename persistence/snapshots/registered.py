"""What the registers say of a finding: money, people, checks and particulars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection, Row

from cases.moments import shanghai_date
from cases.signals.snapshot import (
    Appointment,
    Callback,
    Executed,
    Issued,
    Payment,
    PersonAction,
    Recovery,
    Regulated,
    SpotCheck,
    Waiver,
)
from persistence import registers
from persistence.registers import Entry
from persistence.snapshots.reference import Reference

AROUND = timedelta(days=62)  # payments this near to a refund are read; the rule knows how near counts

Kept = Mapping[str, Sequence[Entry]]


@dataclass(frozen=True, slots=True)
class Particulars:
    """The newest particulars of a finding (问题要素)."""

    needs_on_site: bool | None = None
    location: tuple[float, float] | None = None
    fund: str = ""
    objects: tuple[str, ...] = ()
    co_units: tuple[str, ...] = ()


def particulars(kept: Kept) -> Particulars:
    """Return what the newest row says; what it leaves open an older one may say."""
    told: dict[str, Any] = {}
    for entry in kept.get("particulars", ()):
        told |= {name: value for name, value in entry.fields.items() if value not in (None, "")}
    place = None
    if "latitude" in told and "longitude" in told:
        place = (float(told["latitude"]), float(told["longitude"]))
    several = {name: tuple(filter(None, str(told.get(name, "")).split("、"))) for name in ("object", "co_units")}
    return Particulars(told.get("needs_on_site"), place, told.get("fund", ""), several["object"], several["co_units"])


def money(value: object) -> Decimal:
    """Return yuan as they stand in a register; nothing written is nothing."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


def recoveries(kept: Kept, reference: Reference, own: frozenset[str]) -> tuple[Recovery, ...]:
    """Return what came back, and whose account it reached."""
    found = []
    for entry in kept.get("recovery", ()):
        payee = str(entry.fields.get("payee") or "")
        account = reference.account_of(str(entry.fields["account"]), payee, own)
        found.append(
            Recovery(entry.id, entry.at, money(entry.fields["amount"]), str(entry.fields["payer"]), account, payee)
        )
    return tuple(found)


def claimed(kept: Kept) -> tuple[Decimal | None, int | None]:
    """Return what the unit says it refunded, and to how many, or by how many, people."""
    rows = kept.get("claimed_refund", ())
    return (money(rows[-1].fields["amount"]), int(rows[-1].fields["persons"])) if rows else (None, None)


def payments(
    conn: Connection, finding: Row[Any], refunds: Sequence[Recovery], reference: Reference, as_of: datetime
) -> tuple[Payment, ...]:
    """Return what the unit, its superiors and what is below it paid around the refunds."""
    if not refunds:
        return ()
    family = [unit.id for unit in reference.family(finding.unit_path)]
    first, last = min(refund.at for refund in refunds), max(refund.at for refund in refunds)
    rows = registers.of_units(conn, "payment", family, as_of=as_of, since=first - AROUND, until=last + AROUND)
    return tuple(
        Payment(
            row.id, row.at, money(row.fields["amount"]), str(row.fields["payee"]), str(row.fields["purpose"]),
            timed=bool(row.fields.get("at_timed", True)),
        )
        for row in rows
    )  # fmt: skip


def callbacks(kept: Kept) -> tuple[Callback, ...]:
    """Return what people on a list of refunds said."""
    return tuple(Callback(e.id, str(e.fields["person"]), bool(e.fields["confirmed"])) for e in kept.get("callback", ()))


def waivers(kept: Kept) -> tuple[Waiver, ...]:
    """Return what was decided not to be asked for."""
    return tuple(
        Waiver(
            str(entry.fields["what"]),
            money(entry.fields["amount"]) if entry.fields.get("amount") else None,
            shanghai_date(entry.at),
        )
        for entry in kept.get("waiver", ())
    )


def person_actions(kept: Kept) -> tuple[PersonAction, ...]:
    """Return what was done about people."""
    return tuple(
        PersonAction(
            entry.id, str(entry.fields["person"]), str(entry.fields["kind"]), shanghai_date(entry.at),
            date.fromisoformat(entry.fields["until"]) if entry.fields.get("until") else None,
        )
        for entry in kept.get("person_action", ())
    )  # fmt: skip


def appointments(conn: Connection, actions: Sequence[PersonAction], as_of: datetime) -> tuple[Appointment, ...]:
    """Return the appointments, anywhere, of people about whom something was done."""
    if not actions:
        return ()
    people = {action.person for action in actions}
    rows = registers.of_units(conn, "appointment", None, as_of=as_of)
    return tuple(
        Appointment(
            row.id, str(row.fields["person"]), str(row.fields["title"]), shanghai_date(row.at), str(row.fields["kind"])
        )
        for row in rows
        if row.fields["person"] in people
    )


def executed(kept: Kept) -> tuple[Executed, ...]:
    """Return when regulations were used, checked or taught."""
    return tuple(Executed(shanghai_date(e.at), title=str(e.fields["title"])) for e in kept.get("execution", ()))


def regulations(kept: Kept) -> tuple[Regulated, ...]:
    """Return what is registered of the regulations that were made."""
    return tuple(
        Regulated(
            str(e.fields["title"]), shanghai_date(e.at),
            *(str(e.fields.get(name) or "") for name in ("number", "adopted_by", "distribution")),
        )
        for e in kept.get("regulation", ())
    )  # fmt: skip


def issued_documents(conn: Connection, unit_id: int, as_of: datetime) -> tuple[Issued, ...]:
    """Return the unit's book of documents sent."""
    return tuple(
        Issued(
            str(row.fields["number"]), str(row.fields["title"]), shanghai_date(row.at),
            date.fromisoformat(row.fields["copied_on"]) if row.fields.get("copied_on") else None,
        )
        for row in registers.of_units(conn, "issued_document", [unit_id], as_of=as_of)
    )  # fmt: skip


def self_checks(kept: Kept) -> tuple[date, ...]:
    """Return when the rest was looked at."""
    return tuple(shanghai_date(entry.at) for entry in kept.get("self_check", ()))


def spot_checks(kept: Kept) -> tuple[SpotCheck, ...]:
    """Return what was asked on the spot, and how much did not agree."""
    return tuple(
        SpotCheck(
            entry.id, shanghai_date(entry.at), int(entry.fields["asked"]), int(entry.fields["mismatches"]),
            str(entry.fields.get("note") or ""),
        )
        for entry in kept.get("spot_check", ())
    )  # fmt: skip
