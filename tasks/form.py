"""What a person filled in, read once: typed answers, or the fields that need attention."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from cases.moments import DayOutOfRange, read_day
from cases.refusals import FormIncomplete

LARGEST_ID = 2**63 - 1  # what a column of either database holds


class Form(Mapping[str, Any]):
    """The answers of one act; every reader raises FormIncomplete that names the field."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = {name: value for name, value in answers.items() if value not in (None, "", [])}

    def __getitem__(self, name: str) -> Any:
        return self._answers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)

    def need(self, *names: str) -> None:
        """Raise unless every one of *names* is answered."""
        if missing := {name: "required" for name in names if name not in self._answers}:
            raise FormIncomplete(missing)

    def text(self, name: str) -> str:
        """Return a text, empty when it was not answered."""
        return str(self._answers.get(name, "")).strip()

    def choice(self, name: str, *values: str) -> str:
        """Return one of *values*."""
        self.need(name)
        if (chosen := str(self._answers[name])) not in values:
            raise FormIncomplete({name: "not_a_choice"})
        return chosen

    def day(self, name: str) -> date | None:
        """Return a day, or None when it was not answered."""
        try:
            return read_day(self.text(name)) if name in self._answers else None
        except DayOutOfRange:
            raise FormIncomplete({name: "day_out_of_range"}) from None
        except ValueError:
            raise FormIncomplete({name: "not_a_date"}) from None

    def needed_day(self, name: str) -> date:
        """Return a day that has to be there."""
        self.need(name)
        day = self.day(name)
        assert day is not None
        return day

    def money(self, name: str) -> Decimal | None:
        """Return yuan, or None when it was not answered."""
        try:
            amount = Decimal(self.text(name).replace(",", "")) if name in self._answers else None
        except InvalidOperation:
            raise FormIncomplete({name: "not_an_amount"}) from None
        if amount is not None and (not amount.is_finite() or amount != round(amount, 2) or abs(amount) >= 10**13):
            raise FormIncomplete({name: "not_an_amount"})
        return amount

    def number(self, name: str) -> int | None:
        """Return a whole number, or None when it was not answered."""
        try:
            number = int(self.text(name)) if name in self._answers else None
        except ValueError:
            raise FormIncomplete({name: "not_a_number"}) from None
        if number is not None and abs(number) > LARGEST_ID:
            raise FormIncomplete({name: "not_a_number"})
        return number

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; one text is a list of one."""
        value = self._answers.get(name, [])
        return [str(item) for item in value] if isinstance(value, list | tuple) else [str(value)]

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the lines of a text or of a list of texts; empty ones are left out."""
        return tuple(line.strip() for text in self.texts(name) for line in text.splitlines() if line.strip())

    def ids(self, name: str) -> list[int]:
        """Return a list of ids."""
        try:
            found = [int(item) for item in self.texts(name)]
        except ValueError:
            raise FormIncomplete({name: "not_a_choice"}) from None
        if any(abs(one) > LARGEST_ID for one in found):
            raise FormIncomplete({name: "not_a_choice"})
        return found

    def flag(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self._answers.get(name) in (True, "true", "on", "1", "yes")
