"""Trust and repair on the command line: verifying, the doctor, and new keys; what is damaged is said, never thrown."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from cases.moments import SHANGHAI
from cases.refusals import CaseError
from persistence import store_check, verification
from persistence.log import Checkpoint
from persistence.seal import Keyring
from persistence.verification import Problem, Verdict
from tasks.office import Office
from tasks.proving import prove_anew
from tasks.witness import Witness, hand_out, read, told_so_far
from xiaohao.doctor import Complaint, examine
from xiaohao.speech import sentence

CLEAN, FOUND, UNDECIDED, BROKE_DOWN = 0, 1, 2, 3


class NotClean(CaseError):
    """Rows or ledger are not as they were written; facts: count."""

    code = "not_clean"


def witnessed(witness: Witness | None, named: list[Path]) -> tuple[list[Checkpoint], str]:
    """Return the checkpoints to compare with and where they are kept: those that were named, else the house's own."""
    if named:
        return [point for path in named for point in read(path)], ", ".join(map(str, named))
    return (witness.seen(), witness.where) if witness is not None else ([], "")


def witness_in_words(witness: Witness | None) -> str:
    """Return where checkpoints go, and which one left the house last."""
    if witness is None:
        return sentence("no_witness")
    told = told_so_far(witness)
    if told.why:
        return sentence("witness_away", where=told.where, why=told.why)
    if told.newest is None:
        return sentence("witness_empty", where=told.where)
    when = f"{told.newest.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    return sentence("witness_has", where=told.where, size=told.newest.size, when=when)


def verified(verdict: Verdict, where: str) -> tuple[dict[str, Any], list[str], int]:
    """Return what verifying found as a document, in sentences, and as the code to end with."""
    is_unseen = bool(where and verdict.sealed and verdict.clean and not verdict.witnesses)
    clean: bool | None = None if verdict.keys_are_lost or is_unseen else verdict.clean
    document: dict[str, Any] = {
        "clean": clean,
        "cases": verdict.cases,
        "events": verdict.events,
        "sealed": verdict.sealed,
        "rows": verdict.rows,
        "rows_proved": verdict.rows_proved,
        "witness": where or None,
        "witnessed": verdict.witnesses,
        "problems": [asdict(problem) for problem in verdict.problems],
    }
    counted = {"events": verdict.events, "cases": verdict.cases}
    if is_unseen:  # a share that is not mounted, a folder that was emptied: it cannot say that nothing was taken back
        lines = [sentence("witness_bare", where=where, **counted)]
    elif clean is None:
        lines = [sentence("keys_lost", **counted)]
    else:
        lines = [sentence("verified" if clean else "tampered", **counted)]
    lines += [f"  {in_words(problem)}" for problem in verdict.problems[: 1 if clean is None else None]]
    lines.append(sentence("rows_proved", rows=verdict.rows) if verdict.rows_proved else sentence("rows_unproved"))
    lines.append(sentence("witnessed", where=where, count=verdict.witnesses) if where else sentence("no_witness"))
    return document, lines, UNDECIDED if clean is None else CLEAN if clean else FOUND


def in_words(problem: Problem) -> str:
    """Return a problem in a line: of a row the table, the row and the last good event."""
    kind = sentence(f"found.{problem.kind}")
    if not problem.scope:
        return f"{problem.case_id} #{problem.seq} {problem.kind} ({kind}) {problem.detail}"
    last = sentence("last_good", case=problem.case_id, seq=problem.seq) if problem.seq else sentence("no_good_event")
    place = f"{problem.table} {problem.row} ({problem.scope})" if problem.table else problem.scope
    return f"{problem.kind} ({kind}): {place}; {last}"


def verify_all(office: Office, points: list[Checkpoint]) -> Verdict:
    """Check events, heads, checkpoints and rows."""
    return verification.verify(office.database, office.keyring, witnessed=points)


def complaints_of_store(office: Office) -> list[Complaint]:
    """Return what the store says of itself, before anything else is read."""
    return [Complaint("store", what) for what in store_check.damage(office.database)]


def examined(office: Office, attachments: Any, witness: Witness | None) -> list[Complaint]:
    """Return everything that does not hold; a check that the store does not answer is a complaint itself."""
    try:
        return list(examine(office, attachments, witness))
    except DBAPIError as why:
        return [Complaint("store", f"{type(why).__name__}: {why.orig}")]


def rotate(office: Office, keys: Path, witness: Witness | None) -> tuple[Office, str]:
    """Add a key, let every sum begin anew under it, and return the office that uses it and the id of the key.

    Raises NotClean: what was tampered with is not signed anew.
    """
    verdict = verify_all(office, witness.seen() if witness else [])
    if not verdict.clean:
        raise NotClean(count=len(verdict.problems))
    fresh = Office(office.database, Keyring.rotate(keys), now=office.now)
    prove_anew(fresh, f"keys_rotated {fresh.keyring.newest}")
    if witness is not None:
        hand_out(fresh, witness)
    return fresh, fresh.keyring.newest
