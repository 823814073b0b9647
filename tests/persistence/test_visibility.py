"""The predicate in SQL and the rule in Python say the same, for any tree, any rights, on both databases."""

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cases.finding import State
from cases.rights import PERMISSIONS, Actor, Clearance, Grant, Role, Subject, may
from persistence.database import Database
from persistence.tables import findings
from persistence.visibility import visible_findings
from tests.persistence.stock import a_finding, add_findings, found_city

PATHS = ("/1/", "/1/2/", "/1/2/21/", "/1/2/210/", "/1/20/", "/1/3/", "/1/3/31/")
SUBJECTS = [
    Subject(case, path, int(level), issued)
    for case, (path, level, issued) in enumerate(product(PATHS, Clearance, (True, False)), 100)
]

paths = st.sampled_from([*PATHS, "/9/"])
grants = st.builds(
    Grant, st.sampled_from(Role), st.just(1), paths, st.sampled_from([int(level) for level in Clearance])
)
actors = st.builds(
    Actor, st.just(1), st.none(), st.just(""), st.just("zh"), st.lists(grants, max_size=4).map(tuple),
    recused_paths=st.lists(paths, max_size=2).map(tuple),
    recused_cases=st.frozensets(st.sampled_from([subject.case_id for subject in SUBJECTS]), max_size=3),
)  # fmt: skip


@pytest.fixture
def stocked(database: Database) -> Database:
    with database.writing() as connection:
        found_city(connection)
        add_findings(
            connection,
            *[
                a_finding(
                    subject.case_id, unit_path=subject.unit_path, confidentiality=subject.confidentiality,
                    state=State.OPEN if subject.issued else State.REGISTERED,
                )
                for subject in SUBJECTS
            ],
        )  # fmt: skip
    return database


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actor=actors, permission=st.sampled_from(["view", *sorted(PERMISSIONS)]))
def test_a_list_shows_exactly_what_the_rule_allows(stocked: Database, actor: Actor, permission: str) -> None:
    with stocked.reading() as connection:
        shown = set(connection.scalars(select(findings.c.id).where(visible_findings(actor, permission))))

    assert shown == {subject.case_id for subject in SUBJECTS if may(actor, permission, subject)}
