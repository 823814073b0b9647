import json
import re
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOT, project, rooms, texts

# Written so that this file does not find itself.
REGISTRY = re.compile(
    r"--(?:extra-)?index-url [a-z]|registry\.npm[j]s|py[p]i\.org|python[h]osted|\"resolved\":|npm[m]irror"
)
MACHINE_PATH = re.compile(r"(?<![\w.}~-])/(?:work|farm|root|home/\w+|Users/\w+)/")


class Pin(NamedTuple):
    """One line of a lock."""

    version: str
    hashes: int


def lock(name: str) -> dict[str, Pin]:
    """Return the pins of requirements/*name*.txt by canonical name."""
    pins: dict[str, Pin] = {}
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements" / f"{name}.txt").read_text("utf-8"))
    for entry in filter(None, entries):
        required = Requirement(entry.split("\\")[0].strip())
        (specifier,) = required.specifier
        assert specifier.operator == "=="
        pins[canonicalize_name(required.name)] = Pin(specifier.version, entry.count("--hash=sha256:"))
    return pins


def group(name: str) -> list[str]:
    """Return the requirements of a dependency group, those of the groups in it included."""
    found: list[str] = []
    for entry in project()["dependency-groups"][name]:
        found += group(entry["include-group"]) if isinstance(entry, dict) else [entry]
    return found


def meets(required: Requirement, pins: dict[str, Pin]) -> bool:
    """Whether *pins* hold a version that satisfies *required*."""
    pin = pins.get(canonicalize_name(required.name))
    return pin is not None and required.specifier.contains(pin.version, prereleases=True)


@pytest.mark.parametrize(("name", "groups"), [("run", ["build"]), ("dev", ["dev"])])
def test_the_lock_holds_everything_that_the_project_asks_for(name: str, groups: list[str]) -> None:
    pins = lock(name)
    asked = [*project()["project"]["dependencies"], *(entry for each in groups for entry in group(each))]

    unmet = [entry for entry in asked if not meets(Requirement(entry), pins)]

    assert unmet == [], f"requirements/{name}.txt is behind pyproject.toml: run `make lock`"


def test_the_lock_can_build_the_package_without_asking_elsewhere() -> None:
    for entry in project()["build-system"]["requires"]:
        assert canonicalize_name(Requirement(entry).name) in lock("run")


def test_every_pin_has_hashes() -> None:
    assert [name for name, pin in {**lock("run"), **lock("dev")}.items() if pin.hashes == 0] == []


def test_what_is_tested_is_what_runs() -> None:
    run, dev = lock("run"), lock("dev")

    assert {name: pin.version for name, pin in run.items()} == {name: dev[name].version for name in run}


def test_no_file_names_a_package_registry() -> None:
    found = [f"{path.relative_to(ROOT)}: {hit[0]}" for path, text in texts() if (hit := REGISTRY.search(text))]

    assert found == []


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    found = [f"{path.relative_to(ROOT)}: {hit[0]}" for path, text in texts() if (hit := MACHINE_PATH.search(text))]

    assert found == []


@pytest.mark.parametrize("name", [*rooms(), "tests"])
def test_no_installed_distribution_ships_a_name_of_ours(name: str) -> None:
    spec = find_spec(name)

    assert set(packages_distributions().get(name, [])) <= {"xiaohao"}
    assert spec is not None
    assert spec.origin is not None
    assert Path(spec.origin).is_relative_to(ROOT)


def test_the_lock_of_the_browser_files_pins_what_they_are_made_of() -> None:
    wanted = json.loads((ROOT / "web/assets/package.json").read_text("utf-8"))["devDependencies"]
    locked = json.loads((ROOT / "web/assets/package-lock.json").read_text("utf-8"))["packages"]

    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, entry in locked.items() if name and not entry.get("integrity")] == []
