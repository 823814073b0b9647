import hashlib
import json

from tests.architecture.checkout import ROOT, files

VENDOR = ROOT / "web" / "static" / "vendor"
LIST = json.loads((VENDOR / "vendor.json").read_text("utf-8"))


def test_every_vendored_file_is_the_one_that_was_built() -> None:
    found = {
        path.name: {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        for path in files()
        if path.parent == VENDOR and path.name != "vendor.json"
    }

    assert found == {
        name: {"bytes": entry["bytes"], "sha256": entry["sha256"]} for name, entry in LIST["files"].items()
    }


def test_every_package_in_a_vendored_file_has_its_licence_beside_it() -> None:
    contained = {package for entry in LIST["files"].values() for package in entry["packages"]}
    texts = {path.relative_to(VENDOR).as_posix() for path in files() if path.parent == VENDOR / "LICENSES"}

    assert set(LIST["packages"]) == contained
    assert {entry["text"] for entry in LIST["packages"].values()} == texts
    assert all(len((VENDOR / text).read_text("utf-8")) > 200 for text in texts)


def test_licences_of_vendored_files_let_us_ship_them() -> None:
    free = {"MIT", "0BSD", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause"}
    with_the_mark_shown = {"bpmn-js": "SEE LICENSE IN LICENSE"}  # MIT, and the mark of bpmn.io stays visible

    others = {name: entry["licence"] for name, entry in LIST["packages"].items() if entry["licence"] not in free}

    assert others == with_the_mark_shown


def test_vendored_files_were_built_from_the_versions_that_are_locked() -> None:
    locked = json.loads((ROOT / "web/assets/package-lock.json").read_text("utf-8"))["packages"]

    for name, entry in LIST["packages"].items():
        assert locked[f"node_modules/{name}"]["version"] == entry["version"]
