"""Stored state: compact, the same for the same case, and refused rather than half understood."""

import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn.codec import StoredStateUnreadable, release_of
from bpmn.engine import Engine
from tests.bpmn.drawing import Drawing
from tests.bpmn.test_engine import Case, engine


def busy() -> tuple[Engine, bytes]:
    """A case with a call, a loop over a list, a timer and a waiting join."""
    drawing = Drawing(facts="people").parallel("split", "join").each("sign", "people").call("look", "called").user("a")
    drawing.timer("t", "due", on="look", interrupting=False).end("told").line("t", "told").end()
    drawing.line("start", "split", "sign", "join", "end").line("split", "look", "join").line("split", "a", "join")
    called = Drawing("called").user("go").end().line("start", "go", "end")
    played = engine(drawing, called)
    case = Case(played, people=["x", "y"]).do("a").do("sign")
    return played, case.stored()


PLAYED, STORED = busy()


def test_a_case_is_a_few_hundred_bytes_and_names_its_release() -> None:
    assert len(STORED) < 600
    assert release_of(STORED) == PLAYED.release.id
    assert PLAYED.dump(PLAYED.load(STORED)) == STORED


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in _places(one, (*path, key)))]


@settings(max_examples=300)
@given(st.data())
def test_damaged_state_is_refused_or_plays_on_but_never_crashes_the_reading(data: st.DataObject) -> None:
    document = json.loads(zlib.decompress(STORED[33:]))
    place = data.draw(st.sampled_from(_places(document)))
    junk: Any = data.draw(st.sampled_from([None, -1, 0, 999, "x", [], {}, [[]], True, 1.5, "sign"]))
    around = document
    for key in place[:-1]:
        around = around[key]
    if place:
        around[place[-1]] = junk
    else:
        document = junk

    try:
        PLAYED.load(STORED[:33] + zlib.compress(json.dumps(document).encode()))
    except StoredStateUnreadable:
        return


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(stored: bytes) -> None:
    for content in (stored, STORED[:33] + stored):
        try:
            PLAYED.load(content)
        except StoredStateUnreadable:
            continue
        raise AssertionError("was read")


def test_a_bomb_is_not_unpacked() -> None:
    bomb = STORED[:33] + zlib.compress(b"[" + b" " * 50_000_000 + b"]", 9)

    with pytest.raises(StoredStateUnreadable):
        PLAYED.load(bomb)
