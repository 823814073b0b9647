"""An office that was begun by halves, for its process was killed, is one office with one history in the end."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, select

from persistence.database import Database
from persistence.tables import accounts, ledger, one_time_links, people, units
from persistence.verification import verify
from tasks import begin as beginning
from tasks.begin import begin
from tasks.office import Office
from tests.support.city import KEYS
from xiaohao.first_people import name_administrators


def office_in(folder: Path) -> Office:
    return Office(Database(f"sqlite:///{folder}/office.sqlite"), KEYS)


def events(office: Office) -> list[str]:
    with office.read() as conn:
        return list(conn.scalars(select(ledger.c.event).order_by(ledger.c.seq)))


def test_an_office_without_history_gets_it_from_the_next_one_who_opens_it(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    office.database.migrate()
    with office.database.writing() as conn:
        beginning._lay_the_ground(conn, True, office.now())  # and then it was killed

    begin(office)
    begin(office)

    assert events(office) == ["OfficeOpened"]
    with office.read() as conn:
        assert office.is_rehearsal(conn)
    assert verify(office.database, office.keyring).clean


def test_administrators_are_named_with_their_links_and_their_event_or_not_at_all(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    begin(office)

    def die(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO ledger"):
            raise RuntimeError("power cut")

    event.listen(Engine, "before_cursor_execute", die)
    try:
        with pytest.raises(RuntimeError):
            name_administrators(office, unit="本级党委")
    finally:
        event.remove(Engine, "before_cursor_execute", die)
    with office.read() as conn:
        left = [conn.scalar(select(func.count()).select_from(t)) for t in (units, people, accounts, one_time_links)]
    assert left == [0, 0, 0, 0]

    links = name_administrators(office, unit="本级党委")

    assert len(links) == 3
    assert events(office) == ["OfficeOpened", "AdministratorsNamed"]
    assert verify(office.database, office.keyring).clean
