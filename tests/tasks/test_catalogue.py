"""Every act has a form, and no form asks for less than its act needs."""

import json

import pytest

from cases.rights import PERMISSIONS
from config.messages import say
from tasks.catalogue import every_act
from tasks.releases import everything_shipped

WITHOUT_A_FORM = {
    "settle_finding",  # fields of the finding's own page
    "map_responsibility",  # the table of texts on the page of a list
    "open_durability",  # one button
    "see_hints",  # that of the submission
    "fill_form",  # the form is the one that was drawn
}
ACTS = {name: act for name, act in every_act().items() if act.on not in ("office", "anywhere")}  # those: their pages
RELEASE = everything_shipped()


@pytest.mark.parametrize("name", sorted(set(ACTS) - WITHOUT_A_FORM))
def test_a_form_asks_at_least_for_what_its_act_needs(name: str) -> None:
    form = json.loads(RELEASE[f"forms/{name}.json"])

    assert set(ACTS[name].needs) <= set(form.get("required", ()))
    assert set(ACTS[name].needs) <= set(form["properties"])


@pytest.mark.parametrize("name", sorted(WITHOUT_A_FORM))
def test_what_has_no_form_needs_none(name: str) -> None:
    assert f"forms/{name}.json" not in RELEASE.files
    assert ACTS[name].needs == ()


@pytest.mark.parametrize("name", sorted(every_act()))
def test_every_act_asks_for_a_right_that_somebody_has(name: str) -> None:
    assert PERMISSIONS[every_act()[name].permission]


@pytest.mark.parametrize("name", sorted(ACTS))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_act_has_a_name_for_people(name: str, language: str) -> None:
    assert say(language, f"act.{name}") not in ("", f"act.{name}")
