import ast
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter

import pytest

from config.messages import LANGUAGES, catalogue
from tests.architecture.checkout import ROOT, files, rooms, texts


def modules() -> list[Path]:
    """Return the public modules of our rooms; a package stands as its ``__init__.py``."""
    return [
        path
        for path in files()
        if path.suffix == ".py"
        and path.relative_to(ROOT).parts[0] in rooms()
        and (path.name == "__init__.py" or not path.name.startswith("_"))
    ]


def place_holders(sentence: str) -> set[str]:
    """Return the names that *sentence* wants filled in."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_imports_point_down_only() -> None:
    contracts = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert contracts.returncode == 0, contracts.stdout


def test_every_module_says_what_it_is() -> None:
    silent = [path.relative_to(ROOT) for path in modules() if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]

    assert silent == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "helpers", "common", "manager", "base", "misc"}

    assert [path.relative_to(ROOT) for path in modules() if path.stem in empty_words] == []


def test_every_sentence_stands_in_every_language() -> None:
    first, *others = (catalogue(language) for language in LANGUAGES)

    for other in others:
        assert set(first) ^ set(other) == set()


def test_a_sentence_fills_in_the_same_facts_in_every_language() -> None:
    chinese, english = catalogue("zh"), catalogue("en")

    different = [key for key in chinese if place_holders(chinese[key]) != place_holders(english.get(key, ""))]

    assert different == []


def test_every_sentence_that_the_code_says_is_in_the_catalogues() -> None:
    unknown = [
        f"{path.relative_to(ROOT)}:{call.lineno} {key}"
        for path in modules()
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", "")) == "say"
        for argument in call.args[:2]
        if isinstance(argument, ast.Constant) and "." in (key := str(argument.value)) and key not in catalogue("zh")
    ]

    assert unknown == []


@pytest.mark.parametrize("page", [path for path in files() if path.suffix == ".md"], ids=lambda path: path.name)
def test_links_of_the_documents_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))

    broken = [target for target in targets if "://" not in target and not (page.parent / target).exists()]

    assert broken == []


def test_a_line_ends_as_lines_do() -> None:
    assert [path.relative_to(ROOT) for path, text in texts() if path.suffix == ".py" and "\r" in text] == []
