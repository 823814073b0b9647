"""疑点·资金: money that did not come back, came to the wrong place, or was lent out to come back.

Source: DOMAIN.md 3.4; parameters stand in the decision table ``signal_parameters``.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Final

from cases.evidence import EvidenceKind
from cases.evidence_facts import FactKind
from cases.signals.snapshot import Found, Numbers, Outcome, Payment, Quote, Recovery, Signal, Snapshot, Unsure
from cases.wording import RECOVERABLE

_LENT: Final = re.compile(
    r"借款|出借|借支|借给|暂借|补贴|补助|补偿|奖励|慰问|工程款|工程进度款|往来款|暂付|预付|周转|垫付|拆借|扶持|劳务"
)
_ONE_FOR_ALL: Final = re.compile(r"代缴|汇总|统一缴|集中缴|代收")
_AND_OTHERS: Final = re.compile(r"等\s*(\d+)\s*[人名户]")


def _not_recovered(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-10 点名金额未追回: less came back than the finding names, what was written off or corrected left out.

    Only where the finding or its measures speak of bringing money back; without a register, receipts in the evidence
    count, one sum each.
    """
    if not seen.amount or not seen.submitted or not RECOVERABLE.search(_words(seen)):
        return None
    if seen.recoveries is None:
        return Unsure(("recoveries",))
    waived = [w for w in seen.waivers if w.what == "amount"] if numbers.get("exempt_corrected", 1) else []
    if any(waiver.amount is None for waiver in waived):
        return None
    owed = seen.amount - sum((waiver.amount or Decimal(0) for waiver in waived), Decimal(0))
    back = sum((recovery.amount for recovery in seen.recoveries), Decimal(0)) or _on_receipts(seen)
    if not seen.recoveries and any(e.kind is EvidenceKind.FUND_RECEIPT and e.facts is None for e in seen.exhibits):
        return Unsure(("evidence_text",))
    if owed <= 0 or back * 100 >= owed * numbers.get("recovered_percent", 99):
        return None
    facts: dict[str, str | int] = {"owed": f"{owed:.2f}", "recovered": f"{back:.2f}", "missing": f"{owed - back:.2f}"}
    quotes = (Quote(seen.title, f"{seen.amount:.2f}"), *map(_quoted, seen.recoveries))
    return Found(facts, [owed, back], quotes)


def _words(seen: Snapshot) -> str:
    return "。".join([seen.category, seen.text, *(measure.text for measure in seen.measures)])


def _on_receipts(seen: Snapshot) -> Decimal:
    """Return the sum of the receipts in the evidence: the largest amount that each of them names."""
    sums = {
        exhibit.sha256: max(
            (Decimal(fact.value) for fact in exhibit.facts or () if fact.kind is FactKind.AMOUNT), default=Decimal(0)
        )
        for exhibit in seen.exhibits
        if exhibit.kind is EvidenceKind.FUND_RECEIPT
    }
    return sum(sums.values(), Decimal(0))


def _wrong_path(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-11 退款路径不符: refunded elsewhere than where the money belongs; ``<fund>_to_<account>`` says where."""
    if not seen.recoveries:
        return None
    fund = seen.fund or "unknown"
    wrong = [r for r in seen.recoveries if r.account and not numbers.get(f"{fund}_to_{r.account}", 0)]
    if not wrong:
        return Unsure(("account",)) if any(not recovery.account for recovery in seen.recoveries) else None
    amount = sum((recovery.amount for recovery in wrong), Decimal(0))
    facts: dict[str, str | int] = {
        "count": len(wrong),
        "amount": f"{amount:.2f}",
        "payees": "、".join(sorted({recovery.payee or recovery.account for recovery in wrong})),
    }
    return Found(facts, sorted(recovery.id for recovery in wrong), tuple(map(_quoted, wrong)))


def _round_trip(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-12 资金回流、以借转退: about as much was paid to the payer or its affiliate around the refund."""
    if not seen.recoveries:
        return None
    if seen.payments is None:
        return Unsure(("payments",))
    pairs = [(r, p) for r in seen.recoveries for p in seen.payments if _goes_round(seen, r, p, numbers)]
    if not pairs:
        return None
    hours = min(abs((refund.at - paid.at).total_seconds()) / 3600 for refund, paid in pairs)
    at_once = any(
        paid.timed and abs(refund.at - paid.at) <= timedelta(hours=numbers.get("critical_hours", 24))
        for refund, paid in pairs
    )
    quotes = tuple(quote for refund, paid in pairs for quote in (_quoted(refund), _paid(paid)))
    facts: dict[str, str | int] = {
        "count": len(pairs),
        "refunded": f"{sum((r.amount for r in {r.id: r for r, _ in pairs}.values()), Decimal(0)):.2f}",
        "paid": f"{sum((p.amount for p in {p.id: p for _, p in pairs}.values()), Decimal(0)):.2f}",
        "hours": round(hours),
    }
    same = sorted((refund.id, paid.id) for refund, paid in pairs)
    return Found(facts, same, quotes, "CRITICAL" if at_once else "HIGH")


def _goes_round(seen: Snapshot, refund: Recovery, paid: Payment, numbers: Numbers) -> bool:
    near = abs(refund.at - paid.at) <= timedelta(days=numbers.get("days", 30))
    alike = (
        refund.amount * numbers.get("least_percent", 80)
        <= paid.amount * 100
        <= refund.amount * numbers.get("most_percent", 130)
    )
    return near and alike and paid.payee in _parties(seen, refund.payer) and _LENT.search(paid.purpose) is not None


def _parties(seen: Snapshot, payer: str) -> set[str]:
    """Return *payer* and those that are known to belong to it."""
    close = {affiliate for party, affiliate in seen.affiliates if party == payer}
    return {payer} | close | {party for party, affiliate in seen.affiliates if affiliate == payer}


def _list_mismatch(seen: Snapshot, numbers: Numbers) -> Outcome:
    """PR-13 清退名单不符: fewer payers or less money than was claimed, or somebody on the list knows nothing of it."""
    refunds = seen.recoveries
    denied = [said for said in seen.callbacks or () if not said.confirmed]
    payers, total = _payers(refunds or ()), sum((refund.amount for refund in refunds or ()), Decimal(0))
    one_for_all = any(_ONE_FOR_ALL.search(refund.payer) for refund in refunds or ())
    claimed = seen.claimed_amount if seen.claimed_persons else None
    waived = sum((waiver.amount or Decimal(0) for waiver in seen.waivers if waiver.what == "amount"), Decimal(0))
    wrong = {
        "denied": len(denied) >= max(numbers.get("denials", 1), 1),
        "persons": refunds is not None and not one_for_all and (seen.claimed_persons or payers) != payers,
        "amount": refunds is not None and claimed is not None and not _agree(total, claimed, waived),
    }
    reasons = [name for name, holds in wrong.items() if holds]
    if not reasons:
        return Unsure(("recoveries",)) if seen.claimed_persons and refunds is None else None
    facts: dict[str, str | int] = {
        "claimed": seen.claimed_persons or 0,
        "payers": payers,
        "denied": len(denied),
        "claimed_amount": f"{seen.claimed_amount or Decimal(0):.2f}",
        "amount": f"{total:.2f}",
    }
    quotes = tuple(Quote(said.person, "callback") for said in denied)
    return Found(facts, [*reasons, payers, total, *sorted(said.id for said in denied)], quotes)


def _agree(total: Decimal, claimed: Decimal, waived: Decimal) -> bool:
    """Whether as much came back as was claimed, what a second count (复核) took off it left out; within a hundredth."""
    return claimed - waived - claimed / 100 <= total <= claimed + claimed / 100


def _payers(recoveries: Iterable[Recovery]) -> int:
    """Return how many different people paid; 「甲等12人」 are twelve."""
    people = 0
    for payer in {recovery.payer for recovery in recoveries}:
        others = _AND_OTHERS.search(payer)
        people += int(others[1]) if others else 1
    return people


def _quoted(recovery: Recovery) -> Quote:
    return Quote(
        f"{recovery.payer} {recovery.amount:.2f}", f"{recovery.at:%Y-%m-%d} {recovery.payee or recovery.account}"
    )


def _paid(payment: Payment) -> Quote:
    return Quote(f"{payment.purpose} {payment.amount:.2f}", f"{payment.at:%Y-%m-%d} {payment.payee}")


SIGNALS: Final = (
    Signal("PR-10", "AMOUNT_NOT_RECOVERED", _not_recovered),
    Signal("PR-11", "REFUND_PATH_WRONG", _wrong_path),
    Signal("PR-12", "ROUND_TRIP_REFUND", _round_trip),
    Signal("PR-13", "REFUND_LIST_MISMATCH", _list_mismatch, version=2),
)
