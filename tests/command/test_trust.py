"""Trust on the command line: what was changed, lost or damaged is said in sentences and by the code at the end."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update
from typer.testing import CliRunner

from cases.refusals import CaseError
from persistence.columns import moment_text
from persistence.ledger import chained_hash, head_mac
from persistence.row_images import imaged, rows_of, short
from persistence.rows import sum_text, total_text
from persistence.tables import cases, checkpoints, findings, instances, row_sums
from persistence.tables import ledger as events
from tasks.patrols.audit import seal
from tests.support.city import KEY, KEYS, City, open_city
from tests.support.keys import write_keys
from xiaohao.command import app

PAGE_BYTES = 4096


class House:
    """A city on disk, and the command line in its place."""

    def __init__(self, city: City, folder: Path) -> None:
        self.city, self.data = city, folder
        self.database = Path(city.url.removeprefix("sqlite:///"))
        write_keys(folder / "keys.json", KEY)
        (folder / "evidence").symlink_to(city.files)
        self.witness = folder / "elsewhere"

    def run(self, *command: str, witness: bool = False) -> tuple[int, dict[str, Any]]:
        """Run a command and return the code at its end and what it printed."""
        names = {"XIAOHAO_DATA": str(self.data), "XIAOHAO_DATABASE_URL": self.city.url, "XIAOHAO_LANGUAGE": "en"}
        names |= {"XIAOHAO_WITNESS": str(self.witness) if witness else ""}
        ended = CliRunner().invoke(app, [*command, "--json"], env=names)
        if isinstance(ended.exception, CaseError):  # what `main` turns into a sentence
            return 1, {}
        assert ended.exception is None or isinstance(ended.exception, SystemExit)
        return ended.exit_code, json.loads(ended.stdout)


@pytest.fixture
def house(sqlite_city: Callable[[str], City], tmp_path: Path) -> House:
    folder = tmp_path / "data"
    folder.mkdir()
    return House(sqlite_city("rectifying"), folder)


def drop_guards(city: City) -> None:
    for name in city.column(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
        city.change(text(f"DROP TRIGGER {name}"))


def test_a_changed_row_is_named_with_the_last_good_event(house: House) -> None:
    assert house.run("audit", "verify")[0] == 0
    number = house.city.numbers[0]
    house.city.change(update(findings).where(findings.c.number == number).values(title="略有不规范"))

    code, told = house.run("audit", "verify")

    (problem,) = told["problems"]
    case_id = house.city.id_of(number)
    assert code == 1
    assert (problem["kind"], problem["table"], problem["row"]) == ("row_changed", "findings", str(case_id))
    assert problem["case_id"]
    assert problem["seq"]


@pytest.mark.parametrize(
    "command", [("audit", "verify"), ("audit", "verify", "--json"), ("doctor",), ("tasks", "--json"), ("findings",)]
)
def test_what_has_no_room_to_say_what_it_found_says_that_and_is_no_verdict(
    house: House, command: tuple[str, ...]
) -> None:
    names = {"XIAOHAO_DATA": str(house.data), "XIAOHAO_DATABASE_URL": house.city.url, "XIAOHAO_LANGUAGE": "en"}
    run = [sys.executable, "-c", "from xiaohao.command import main; main()", *command]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            run, env=os.environ | names, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )

    assert ended.returncode == 3, ended.stderr  # 1 would be: something was found
    assert "Traceback" not in ended.stderr
    assert "disk is full" in ended.stderr.lower()


def test_without_a_witness_the_commands_say_so(house: House) -> None:
    _, told = house.run("audit", "verify")
    _, examined = house.run("doctor")

    assert told["witness"] is None
    assert any("XIAOHAO_WITNESS" in note for note in examined["notes"])


def test_emptied_checkpoints_and_an_older_copy_are_found_by_the_witness(house: House, tmp_path: Path) -> None:
    seal(house.city.office)
    older = tmp_path / "older.sqlite"
    with sqlite3.connect(house.database) as database:
        database.execute("VACUUM INTO ?", (str(older),))
    house.city.submit(house.city.numbers[0])
    assert house.run("audit", "hand-out", witness=True)[0] == 0
    assert house.run("audit", "verify", witness=True)[0] == 0
    drop_guards(house.city)
    house.city.change(delete(checkpoints))
    house.city.change(update(events).values(leaf=None))

    assert house.run("audit", "verify")[0] == 0, "nothing inside can tell"
    code, told = house.run("audit", "verify", witness=True)
    assert (code, told["problems"][0]["kind"]) == (1, "rolled_back")
    assert house.run("audit", "verify", "--witness", str(house.witness))[0] == 1

    with sqlite3.connect(older) as before, sqlite3.connect(house.database) as database:
        before.backup(database)
    assert house.run("audit", "verify")[0] == 0
    code, told = house.run("audit", "verify", witness=True)
    assert (code, told["problems"][0]["kind"]) == (1, "rolled_back")


def test_an_unreadable_witness_is_no_verdict(house: House) -> None:
    house.witness.mkdir()
    (house.witness / "checkpoints.jsonl").write_text("nonsense\n", "utf-8")

    assert house.run("audit", "verify", witness=True)[0] == 2


@pytest.mark.parametrize(
    "said",
    ['{"case/1": 1}', '{"case/1": ["1", "k", "t", {}]}', "[1]", '{"case/1": [9, "k", "t", {"findings": 1}]}', "7"],
)
def test_what_is_written_over_the_statement_of_an_event_is_found(house: House, said: str) -> None:
    drop_guards(house.city)
    first = events.c.case_id == 1, events.c.stated.is_not(None)
    house.city.change(update(events).where(*first).values(stated=said))

    code, told = house.run("audit", "verify")

    assert code == 1
    assert "changed" in {problem["kind"] for problem in told["problems"]}


def test_keys_are_changed_and_everything_stays_proved(house: House) -> None:
    code, told = house.run("audit", "rotate-keys")
    assert code == 0
    assert len(told["keys"]) == 2
    assert house.run("audit", "verify")[0] == 0
    again = open_city(house.city.url, house.city.files)
    assert again.events("XC2026-001")

    code, _ = house.run("audit", "rotate-keys")
    assert code == 0
    house.city.change(update(findings).values(title="略有不规范"))
    code, told = house.run("audit", "verify")
    assert code == 1
    assert {problem["table"] for problem in told["problems"]} == {"findings"}
    assert house.run("audit", "rotate-keys")[0] == 1, "what was tampered with is not signed anew"
    again.office.database.dispose()


def test_lost_keys_are_no_tampering_and_no_clean_bill(house: House) -> None:
    (house.data / "keys.json").unlink()

    code, told = house.run("audit", "verify")

    assert (code, told["clean"]) == (2, None)


def test_the_doctor_opens_every_seal(house: House) -> None:
    one, other = house.city.ask(instances.select().where(instances.c.status == "running").limit(2))
    house.city.change(update(instances).where(instances.c.id == one.id).values(state=other.state))

    code, told = house.run("doctor")

    assert code == 1
    assert any(
        complaint["check"] == "seals_open" and str(one.id) in complaint["what"] for complaint in told["complaints"]
    )


@pytest.mark.parametrize("seed", range(3))
def test_overwritten_pages_end_in_a_sentence(house: House, seed: int) -> None:
    house.city.is_tampered = True
    house.city.office.database.dispose()
    with sqlite3.connect(house.database) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content, chance = bytearray(house.database.read_bytes()), Random(seed)
    for _ in range(12):
        page = chance.randrange(1, len(content) // PAGE_BYTES) * PAGE_BYTES
        content[page : page + PAGE_BYTES] = chance.randbytes(PAGE_BYTES)
    house.database.write_bytes(content)

    code, told = house.run("doctor")
    assert (code, told["healthy"]) == (1, False)
    assert any(complaint["check"] == "store" for complaint in told["complaints"])
    assert house.run("audit", "verify")[0] in (1, 2)


def rewritten_with_the_keys(city: City) -> None:
    """What an insider with the database and the keys can do: another title, and everything inside agrees with it."""
    drop_guards(city)
    number = city.numbers[0]
    how, scope = imaged(findings), f"case/{city.id_of(number)}"
    with city.office.database.writing() as conn:
        before = rows_of(conn, findings, scope)[0]
        conn.execute(update(findings).where(findings.c.number == number).values(title="略有不规范"))
        after = rows_of(conn, findings, scope)[0]
        was, now = (KEYS.row_digest(KEY.name, how.text(image)) for image in (before, after))
        moved = int.from_bytes(now, "big") - int.from_bytes(was, "big")

        for of_case in conn.scalars(select(cases.c.id)).all():  # other cases' events speak of its rows too
            previous, place = "", events.c.case_id == of_case
            for row in conn.execute(select(events).where(place).order_by(events.c.seq)).mappings().all():
                said = json.loads(row["stated"] or "{}")
                if scope in said:
                    stamp, key, total, written = said[scope]
                    written = json.loads(json.dumps(written).replace(short(was), short(now)))
                    said[scope] = [stamp, key, total_text(int(total, 16) + moved), written]
                stated = json.dumps(said, separators=(",", ":")) if said else None
                moments = {name: moment_text(row[name]) for name in ("at", "recorded_at")}
                hashed = chained_hash(dict(row) | moments | {"stated": stated, "previous": previous})
                change = {"stated": stated, "previous": previous, "hash": hashed}
                conn.execute(update(events).where(place, events.c.seq == row["seq"]).values(change))
                previous, last = hashed, row["seq"]
            if previous:
                head = {"ledger_head": previous, "head_mac": head_mac(KEYS, of_case, last, previous)}
                conn.execute(update(cases).where(cases.c.id == of_case).values(head))
        kept = conn.execute(select(row_sums).where(row_sums.c.scope == scope)).one()
        total = total_text(int(kept.total, 16) + moved)
        mac = KEYS.mac(sum_text(scope, kept.stamp, kept.key, total))
        conn.execute(update(row_sums).where(row_sums.c.scope == scope).values(total=total, mac=mac))
        conn.execute(delete(checkpoints))
        conn.execute(update(events).values(leaf=None))
    city.is_tampered = True
    seal(city.office)


def test_a_log_recomputed_with_the_keys_is_found_by_the_witness_alone(house: House) -> None:
    assert house.run("audit", "hand-out", witness=True)[0] == 0

    rewritten_with_the_keys(house.city)

    code, told = house.run("audit", "verify")
    assert told["problems"] == [], "nothing inside can tell"
    assert (code, told["witness"]) == (0, None), "and it says that nothing outside was asked"
    code, told = house.run("audit", "verify", witness=True)
    assert code == 1
    assert {problem["kind"] for problem in told["problems"]} <= {"rewritten", "checkpoint_missing"}
    assert told["problems"]


def test_what_was_recomputed_and_handed_out_again_is_still_found(house: House) -> None:
    assert house.run("audit", "hand-out", witness=True)[0] == 0
    rewritten_with_the_keys(house.city)
    house.city.submit(house.city.numbers[1])

    assert house.run("audit", "hand-out", witness=True)[0] == 0, "the house goes on, the witness only ever adds"

    code, told = house.run("audit", "verify", witness=True)
    assert code == 1
    assert told["problems"]


def test_the_doctor_says_which_checkpoint_left_the_house_last(house: House) -> None:
    _, told = house.run("doctor", witness=True)
    assert any(str(house.witness) in note and "no checkpoint yet" in note for note in told["notes"])
    _, given = house.run("audit", "hand-out", witness=True)
    assert given["given"]

    _, told = house.run("doctor", witness=True)

    size = house.city.column(select(func.max(checkpoints.c.size)))[0]
    assert any(f"covers {size} events" in note for note in told["notes"])
