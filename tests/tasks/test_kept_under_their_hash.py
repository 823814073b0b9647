"""What is kept under its hash is compared with it whenever it is loaded: diagrams, templates, files of evidence."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from cases.refusals import CaseFaulted
from persistence.attachments import FileLost
from persistence.tables import evidence, instances, paper_templates, release_files
from tasks.kept_releases import PARAMETERS, ReleaseChanged, new_parameters, release_kept
from tasks.paper_templates import TemplateChanged, in_force
from tests.support.city import NOON, City, open_city

PATH = "processes/close_finding.bpmn"


def reopened(city: City) -> City:
    """Return the same city as a process sees it that has loaded nothing yet."""
    return open_city(city.url, city.files, now=NOON)


def change_diagram(city: City) -> bytes:
    content = bytes(city.column(select(release_files.c.content).where(release_files.c.path == PATH))[0])
    changed = content.replace(b"look_back_result", b"look_back_ready_")
    assert changed != content
    city.change(update(release_files).where(release_files.c.path == PATH).values(content=changed))
    return content


def test_a_changed_diagram_of_running_cases_is_refused_and_its_cases_wait_for_repair(city: City) -> None:
    number = city.numbers[0]
    content = change_diagram(city)
    late = reopened(city)
    with late.office.read() as conn, pytest.raises(ReleaseChanged):
        release_kept(conn, late.office.release_in_force(conn))

    with pytest.raises(CaseFaulted):
        late.submit(number)

    assert late.column(select(instances.c.status).where(instances.c.case_id == late.id_of(number))) == ["faulted"]
    assert "CaseFaulted" in late.events(number)
    assert any("faulted" in complaint for complaint in late.complaints())
    late.change(update(release_files).where(release_files.c.path == PATH).values(content=content))
    healed = reopened(late)
    healed.act("sysadmin1", "repair_case", "office", case=healed.id_of(number))
    healed.submit(number)
    for one in (late, healed):
        one.office.database.dispose()


def test_cases_of_another_release_go_on(city: City) -> None:
    with city.office.read() as conn:
        other = release_kept(conn, city.office.release_in_force(conn)).with_files({"letters/x/zh/subject.txt": b"x"})
    first, second = city.numbers[:2]
    city.publish(other)
    city.change(update(instances).where(instances.c.case_id == city.id_of(second)).values(release_id=other.id))
    own = release_files.c.release_id == other.id
    city.change(update(release_files).where(own, release_files.c.path == PATH).values(content=b"<x/>"))
    late = reopened(city)

    with pytest.raises(CaseFaulted):
        late.submit(second)
    late.submit(first)

    late.office.database.dispose()


def test_a_changed_template_makes_no_paper(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("registered")
    row = {"paper": "rectification_report", "version": 1, "content": b"changed", "sha256": "0" * 64}
    given = row | {"id": 1, "drafted_by": 1, "drafted_at": NOON, "released_at": NOON, "valid_from": city.today}
    city.change(paper_templates.insert().values(**given))

    with city.office.read() as conn, pytest.raises(TemplateChanged):
        in_force(conn, "rectification_report", city.today)


def test_a_file_of_evidence_that_was_changed_is_opened_for_nobody(sqlite_city: Callable[[str], City]) -> None:
    city = sqlite_city("verifying")
    sha256 = city.column(select(func.min(evidence.c.sha256)))[0]
    path = next(city.files.rglob(sha256))
    path.write_bytes(path.read_bytes()[:-1] + b"!")

    with pytest.raises(FileLost):
        city.attachments.open(sha256)


def test_parameters_of_signals_that_are_not_their_release_s_are_not_compared(city: City) -> None:
    with city.office.read() as conn:
        known = release_kept(conn, city.office.release_in_force(conn))
    city.publish(known.with_files({"letters/x/zh/subject.txt": b"x"}))  # the parameters stay as they are
    with city.office.read() as conn:
        assert not new_parameters(conn, NOON)
    city.change(update(release_files).where(release_files.c.path == PARAMETERS).values(content=b"<x/>"))

    with city.office.read() as conn:
        assert new_parameters(conn, NOON), "both are alike, and neither is what its id says"
