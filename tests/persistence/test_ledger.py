"""The chain of each case, the log over all of them, and everything that somebody may try with the database password."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, select, text, update

from cases.refusals import Unknown
from persistence import ledger, log, proof_check
from persistence.database import Database
from persistence.ledger import Entry, Head, Recorded, chained_hash
from persistence.log import Checkpoint, NotSealedYet, prove, seal_log
from persistence.merkle import Tree, audit_path, leaf_hash, node_hash
from persistence.seal import Keyring, SealBroken
from persistence.tables import cases, checkpoints
from persistence.tables import ledger as rows_of_ledger
from persistence.verification import Kind, Verdict, verify

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
L = rows_of_ledger.c


def entry(**facts: Any) -> Entry:
    given: dict[str, Any] = {
        "event": "RectificationSubmitted",
        "act": "submit_rectification",
        "at": NOW,
        "person_id": 7,
        "account_id": 70,
        "who": "经办人",
        "post": "办公室主任",
        "body": {"completion": "已完成整改", "yuan": "1200.50"},
    }
    return Entry(**given | facts)


def open_case(connection: Connection, case_id: int) -> Head:
    about = {"kind": "finding", "changed_at": NOW, "changed_by": "", "changed_act": ""}
    connection.execute(insert(cases).values(id=case_id, **about))
    return Head(case_id)


def record(connection: Connection, keyring: Keyring, head: Head, *entries: Entry) -> Head:
    head = ledger.append(connection, head, entries, keyring=keyring, recorded_at=NOW)
    values = {"ledger_seq": head.seq, "ledger_head": head.hash, "head_mac": head.mac}
    connection.execute(update(cases).where(cases.c.id == head.case_id).values(**values))
    return head


def three_cases(database: Database, keyring: Keyring, *, events: int = 5) -> None:
    """Cases 1, 2 and 3 with as many events each, sealed into two checkpoints."""
    with database.writing() as connection:
        heads = [record(connection, keyring, open_case(connection, case_id), entry()) for case_id in (1, 2, 3)]
        seal_log(connection, keyring, NOW)
        for head in heads:
            made = [entry(at=NOW + timedelta(hours=n), body={"n": n, "of": head.case_id}) for n in range(1, events)]
            record(connection, keyring, head, *made)
        seal_log(connection, keyring, NOW + timedelta(minutes=1))


def unguarded(connection: Connection) -> None:
    """What an insider with the database password does first."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER USER"))
        connection.execute(text("ALTER TABLE checkpoints DISABLE TRIGGER USER"))
        return
    for name in ("ledger_stays", "ledger_keeps", "checkpoints_stay", "checkpoints_keep"):
        connection.execute(text(f"DROP TRIGGER {name}"))


def place(case_id: int, seq: int) -> Any:
    return (L.case_id == case_id) & (L.seq == seq)


def stored(connection: Connection, case_id: int, seq: int) -> dict[str, Any]:
    row = connection.execute(select(rows_of_ledger).where(place(case_id, seq))).one()
    return dict(row._mapping)


def rehashed(row: dict[str, Any]) -> dict[str, Any]:
    texts = {
        name: value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for name, value in row.items() if isinstance(value, datetime)
    }
    return row | {"hash": chained_hash(row | texts)}


def renumber(connection: Connection, case_id: int, seq: int, to: int, *, to_case: int | None = None) -> None:
    values = {"seq": to, "case_id": to_case or case_id}
    connection.execute(update(rows_of_ledger).where(place(case_id, seq)).values(**values))


def change_body(connection: Connection) -> None:
    connection.execute(update(rows_of_ledger).where(place(2, 3)).values(body='{"n":2,"of":9}'))


def change_actor(connection: Connection) -> None:
    connection.execute(update(rows_of_ledger).where(place(2, 3)).values(person_id=8))


def change_time(connection: Connection) -> None:
    connection.execute(update(rows_of_ledger).where(place(2, 3)).values(at=NOW - timedelta(days=30)))


def change_body_and_hash(connection: Connection) -> None:
    row = rehashed(stored(connection, 2, 3) | {"body": "{}"})
    connection.execute(update(rows_of_ledger).where(place(2, 3)).values(body="{}", hash=row["hash"]))


def swap(connection: Connection) -> None:
    renumber(connection, 2, 3, 99)
    renumber(connection, 2, 4, 3)
    renumber(connection, 2, 99, 4)


def insert_between(connection: Connection) -> None:
    for seq in (5, 4, 3):
        renumber(connection, 2, seq, seq + 1)
    row = stored(connection, 2, 2)
    forged = rehashed(row | {"seq": 3, "previous": row["hash"], "body": "{}", "leaf": None})
    connection.execute(insert(rows_of_ledger).values(**forged))


def delete_in_the_middle(connection: Connection) -> None:
    connection.execute(delete(rows_of_ledger).where(place(2, 3)))


def delete_and_close_the_gap(connection: Connection) -> None:
    delete_in_the_middle(connection)
    renumber(connection, 2, 4, 3)
    renumber(connection, 2, 5, 4)


def delete_the_tail(connection: Connection) -> None:
    connection.execute(delete(rows_of_ledger).where((L.case_id == 2) & (L.seq >= 4)))


def delete_the_tail_and_set_the_head(connection: Connection) -> None:
    delete_the_tail(connection)
    last = stored(connection, 2, 3)["hash"]
    connection.execute(update(cases).where(cases.c.id == 2).values(ledger_seq=3, ledger_head=last))


def move_to_another_case(connection: Connection) -> None:
    renumber(connection, 3, 5, 6, to_case=2)


def add_after_the_head(connection: Connection) -> None:
    row = stored(connection, 2, 5)
    added = rehashed(row | {"seq": 6, "previous": row["hash"], "leaf": None})
    connection.execute(insert(rows_of_ledger).values(**added))


def delete_the_whole_case(connection: Connection) -> None:
    connection.execute(delete(rows_of_ledger).where(L.case_id == 2))
    connection.execute(delete(cases).where(cases.c.id == 2))


def write_all_of_it_anew(connection: Connection) -> None:
    previous = stored(connection, 2, 2)["hash"]
    for seq in (3, 4, 5):
        row = rehashed(stored(connection, 2, seq) | {"who": "别人", "previous": previous})
        previous = row["hash"]
        connection.execute(update(rows_of_ledger).where(place(2, seq)).values(**row))
    connection.execute(update(cases).where(cases.c.id == 2).values(ledger_head=previous))


def forge_a_checkpoint(connection: Connection) -> None:
    connection.execute(update(checkpoints).where(checkpoints.c.size == 15).values(root="0" * 64))


def forge_the_peaks(connection: Connection) -> None:
    connection.execute(update(checkpoints).where(checkpoints.c.size == 15).values(peaks="0" * 64))


def delete_the_last_checkpoint(connection: Connection) -> None:
    connection.execute(delete(checkpoints).where(checkpoints.c.size == 15))


def delete_the_first_checkpoint(connection: Connection) -> None:
    connection.execute(delete(checkpoints).where(checkpoints.c.size == 3))


def test_what_was_only_appended_to_is_clean(database: Database, keyring: Keyring) -> None:
    three_cases(database, keyring)

    assert verify(database, keyring) == Verdict(cases=3, events=15, sealed=15, problems=())


@pytest.mark.parametrize(
    ("tamper", "case_id", "seq", "kind"),
    [
        (change_body, 2, 3, Kind.CHANGED),
        (change_actor, 2, 3, Kind.CHANGED),
        (change_time, 2, 3, Kind.CHANGED),
        (change_body_and_hash, 2, 3, Kind.CHANGED),
        (swap, 2, 3, Kind.SWAPPED),
        (insert_between, 2, 3, Kind.INSERTED),
        (delete_in_the_middle, 2, 3, Kind.MISSING),
        (delete_and_close_the_gap, 2, 3, Kind.MISSING),
        (delete_the_tail, 2, 4, Kind.CUT),
        (delete_the_tail_and_set_the_head, 2, 3, Kind.HEAD_FORGED),
        (move_to_another_case, 2, 6, Kind.MOVED),
        (add_after_the_head, 2, 6, Kind.ADDED),
        (delete_the_whole_case, None, None, Kind.VANISHED),
        (write_all_of_it_anew, 2, 5, Kind.HEAD_FORGED),
        (forge_a_checkpoint, None, None, Kind.CHECKPOINT_FORGED),
        (forge_the_peaks, None, None, Kind.CHECKPOINT_FORGED),
        (delete_the_last_checkpoint, 1, 2, Kind.CHECKPOINT_MISSING),
        (delete_the_first_checkpoint, None, None, Kind.CHECKPOINT_MISSING),
    ],
)
def test_tampering_is_found_and_named(
    database: Database,
    keyring: Keyring,
    tamper: Callable[[Connection], None],
    case_id: int | None,
    seq: int | None,
    kind: Kind,
) -> None:
    three_cases(database, keyring)

    with database.writing() as connection:
        unguarded(connection)
        tamper(connection)

    first = verify(database, keyring).problems[0]
    assert (first.case_id, first.seq, first.kind) == (case_id, seq, kind)


def test_whoever_writes_a_sealed_case_anew_is_found_in_the_log_too(database: Database, keyring: Keyring) -> None:
    three_cases(database, keyring)

    with database.writing() as connection:
        unguarded(connection)
        write_all_of_it_anew(connection)

    assert Kind.REWRITTEN in {problem.kind for problem in verify(database, keyring).problems}


def test_an_older_backup_is_found_by_a_checkpoint_kept_elsewhere(database: Database, keyring: Keyring) -> None:
    three_cases(database, keyring)
    with database.reading() as connection:
        kept = log.latest(connection)
    assert kept is not None

    with database.writing() as connection:
        unguarded(connection)
        connection.execute(delete(rows_of_ledger).where(L.seq > 1))
        connection.execute(delete(checkpoints).where(checkpoints.c.size == 15))
        for case_id in (1, 2, 3):  # as the older backup had it
            first = stored(connection, case_id, 1)["hash"]
            values = {"ledger_seq": 1, "ledger_head": first, "head_mac": ledger.head_mac(keyring, case_id, 1, first)}
            connection.execute(update(cases).where(cases.c.id == case_id).values(**values))

    assert verify(database, keyring).clean
    assert [p.kind for p in verify(database, keyring, witnessed=[kept]).problems] == [Kind.ROLLED_BACK]


def test_a_forged_head_is_never_built_upon(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        head = record(connection, keyring, open_case(connection, 1), entry())

        with pytest.raises(SealBroken):
            ledger.append(connection, Head(1, 1, "0" * 64, head.mac), [entry()], keyring=keyring, recorded_at=NOW)


def test_a_forged_log_is_never_built_upon(database: Database, keyring: Keyring) -> None:
    three_cases(database, keyring)

    with database.writing() as connection:
        unguarded(connection)
        forge_a_checkpoint(connection)
        with pytest.raises(SealBroken):
            seal_log(connection, keyring, NOW)


def test_nothing_new_makes_no_checkpoint(database: Database, keyring: Keyring) -> None:
    three_cases(database, keyring)

    with database.writing() as connection:
        assert seal_log(connection, keyring, NOW) is None


def test_an_older_key_still_vouches_for_what_it_sealed(database: Database, tmp_path: Path) -> None:
    three_cases(database, Keyring.make(tmp_path / "keys.json"))

    rotated = Keyring.rotate(tmp_path / "keys.json")

    assert verify(database, rotated).clean
    assert not verify(database, Keyring.fresh()).clean


def test_a_case_reads_back_as_it_was_written(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        record(connection, keyring, open_case(connection, 1), entry(body={"b": 1, "a": ["五", None]}))

        (event,) = ledger.of_case(connection, 1)

    assert (event.seq, event.who, event.at, event.body) == (1, "经办人", NOW, {"b": 1, "a": ["五", None]})
    assert list(event.body) == ["b", "a"]


def test_what_a_person_did_is_read_page_by_page_newest_first(database: Database, keyring: Keyring) -> None:
    three_cases(database, keyring)
    with database.writing() as connection:
        record(connection, keyring, open_case(connection, 4), entry(person_id=8))

    seen: list[Recorded] = []
    before = None
    with database.reading() as connection:
        while page := ledger.by_person(connection, 7, before=before, limit=4):
            seen += page
            before = (page[-1].at, page[-1].case_id, page[-1].seq)

    assert len(seen) == 15
    assert seen == sorted(seen, key=lambda e: (e.at, e.case_id, e.seq), reverse=True)


def test_every_event_is_proved_to_an_outsider_and_no_other(database: Database, keyring: Keyring) -> None:
    three_cases(database, keyring)

    with database.reading() as connection:
        proofs = [prove(connection, case_id, seq) for case_id in (1, 2, 3) for seq in range(1, 6)]

    assert all(proof_check.holds(proof, proof["checkpoint"]["root"]) for proof in proofs)
    for proof in proofs:
        proof["event"][8] = "别人"
    assert not any(proof_check.holds(proof, proof["checkpoint"]["root"]) for proof in proofs)


def test_a_proof_checks_on_a_machine_without_our_code(database: Database, keyring: Keyring, tmp_path: Path) -> None:
    three_cases(database, keyring)
    with database.reading() as connection:
        proof = prove(connection, 2, 3)
    (tmp_path / "proof.json").write_text(json.dumps(proof), "utf-8")

    def check(root: str) -> int:
        alone = [sys.executable, "-I", proof_check.__file__, str(tmp_path / "proof.json"), root]
        return subprocess.run(alone, capture_output=True, check=False).returncode

    assert check(proof["checkpoint"]["root"]) == 0
    assert check("0" * 64) == 1


def test_what_is_not_sealed_or_not_there_has_no_proof(database: Database, keyring: Keyring) -> None:
    with database.writing() as connection:
        record(connection, keyring, open_case(connection, 1), entry())

    with database.reading() as connection:
        with pytest.raises(NotSealedYet):
            prove(connection, 1, 1)
        with pytest.raises(Unknown):
            prove(connection, 1, 2)


def root_by_the_book(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_by_the_book(leaves[:half]), root_by_the_book(leaves[half:]))


@given(st.integers(1, 70), st.data())
def test_the_growing_tree_is_the_tree_of_the_book(size: int, data: st.DataObject) -> None:
    leaves = [str(n) for n in range(size)]
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf.encode())

    assert tree.root() == root_by_the_book([leaf.encode() for leaf in leaves])

    place = data.draw(st.integers(0, size - 1))
    path = audit_path([leaf.encode() for leaf in leaves], place)
    node, fits = leaf_hash(leaves[place].encode()), iter(path)
    low, high, turns = 0, size, []
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        turns.append(place >= middle)
        low, high = (middle, high) if place >= middle else (low, middle)
    for right in reversed(turns):
        sibling = next(fits)
        node = node_hash(sibling, node) if right else node_hash(node, sibling)
    assert node == tree.root()


def test_a_checkpoint_says_what_it_signs(keyring: Keyring) -> None:
    checkpoint = Checkpoint(3, "ab", "", NOW, "cd", "")

    assert checkpoint.text == "xiaohao log sha256\n3\nab\ncd\n2026-03-02T01:30:00.000000Z\n"
