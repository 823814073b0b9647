"""Every number that an office may set has a name that it can read."""

import pytest

from config.messages import say
from config.policy import NUMBERS


@pytest.mark.parametrize("name", sorted(NUMBERS))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_number_has_a_name_for_people(name: str, language: str) -> None:
    assert say(language, f"number.{name}") not in ("", f"number.{name}")
