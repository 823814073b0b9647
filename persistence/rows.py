"""Rows equal events: a keyed digest of every proved row, and the sums of them that the ledger states.

A scope (a case, an account, a unit, a release) has the sum of its rows' digests modulo 2^256 in ``row_sums``. Whatever
an act writes goes through `Writing`, which takes the image before away and adds the image after; the first event of
the act then states the new sums and which rows were written (`ledger.rows`). Who changes a row behind our back changes
the sum and cannot mend it: the key is no row. A changed row that is worked on later stays off for ever, because what is
taken away is the image that was found, not the one that was put in.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    BinaryExpression,
    BindParameter,
    Connection,
    Delete,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.sql.base import Executable

from persistence.declared import PROVED, proved_tables
from persistence.row_images import Image, Imaged, batched, every_row, imaged, rows_of, short
from persistence.seal import Keyring, SealBroken
from persistence.tables import row_sums

MODULUS = 1 << 256
ANEW = "="  # in the place of the image before: the sum began anew with this one
AT_ONCE = 500  # scopes asked for in one statement
Values = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class SumMoved(Exception):
    """A sum that was read with the case is not the present one any more: somebody wrote rows of it meanwhile."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of ``row_sums`` as it was read, before anybody asked whether it is ours."""

    scope: str
    stamp: int
    key: str
    total: str
    mac: str


@dataclass
class Sum:
    """The sum of a scope while it is written; *stamp* counts how often it was stated."""

    scope: str
    stamp: int
    key: str  # id of the key of its digests
    total: int
    is_new: bool = False
    is_held: bool = True  # locked; else it was read before, and moves only where nobody moved it meanwhile
    written: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)  # table -> key -> before, after


def sum_text(scope: str, stamp: int, key: str, total: str) -> str:
    """Return what the MAC of a sum is over."""
    return f"rows {scope} {stamp} {key} {total}"


def total_text(total: int) -> str:
    """Return a total as it is kept."""
    return format(total % MODULUS, "064x")


class Writing:
    """The one way by which proved rows are written: use it for all statements of one transaction, then `state`.

    *at_hand*: sums that were read with the cases; `state` raises SumMoved where they are not the present ones.
    *rows*: what was read in the same snapshot with `Imaged.raw`, by table and id: it need not be read again before it
    changes, for whoever wrote it meanwhile has moved the sum. What is changed behind our back stays off, as ever.
    """

    def __init__(
        self,
        connection: Connection,
        keyring: Keyring,
        *,
        at_hand: Iterable[Kept] = (),
        rows: Mapping[tuple[str, int], Sequence[Any]] = MappingProxyType({}),
    ) -> None:
        self.connection = connection
        self._keyring = keyring
        self._at_hand = {kept.scope: kept for kept in at_hand}
        self._rows = dict(rows)
        self._sums: dict[str, Sum] = {}

    def execute(self, statement: Executable, values: Values = None) -> Any:
        """Execute *statement*; where it writes a proved table, its sums follow."""
        table = getattr(statement, "table", None)
        if not isinstance(table, Table) or table.name not in PROVED:
            return self._plain(statement, values)
        how = imaged(table)
        if isinstance(statement, Insert):
            result = self._plain(statement, values)
            self.inserted(table, _rows_of(statement, values))
            return result
        if isinstance(statement, Update):
            return self._update(how, statement, values)
        assert isinstance(statement, Delete)
        before = self._before(how, statement, values)
        result = self._plain(statement, values)
        self._put(how, [(image, None) for image in before])
        return result

    def inserted(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take *rows* in that were inserted by a statement of their own."""
        how = imaged(table)
        self._put(how, [(None, how.given(row)) for row in rows])

    def state(self) -> str:
        """Write the new sums and return what the event says of them; empty where nothing proved was written."""
        changed = [one for one in self._sums.values() if one.written]
        if not changed:
            return ""
        new, held = [], []
        for one in sorted(changed, key=attrgetter("scope")):
            one.stamp += 1
            total = total_text(one.total)
            mac = self._keyring.mac(sum_text(one.scope, one.stamp, one.key, total))
            row = {"scope": one.scope, "stamp": one.stamp, "key": one.key, "total": total, "mac": mac}
            if one.is_new:
                new.append(row)
                continue
            move = {f"to_{name}": value for name, value in row.items()}
            if one.is_held:
                held.append(move)
            elif self.connection.execute(_move_sum_from, move | {"was": one.stamp - 1}).rowcount != 1:
                raise SumMoved(one.scope)
        if new:
            self.connection.execute(_put_sum, new)
        if held:
            self.connection.execute(_move_sum, held)
        said = {one.scope: [one.stamp, one.key, total_text(one.total), _written(one)] for one in changed}
        for one in changed:
            one.written, one.is_new, one.is_held = {}, False, True
        return json.dumps(said, separators=(",", ":"))

    def mark(self, scope: str, total: str) -> None:
        """Keep *total* for a scope that has no rows."""
        self._load([scope])
        self._empty(scope)
        self._sums[scope].total = int(total, 16)

    def begin_anew(self, scope: str) -> None:
        """Let the sum of *scope* be that of its rows as they stand, whatever it was; the event names them all."""
        images = [
            (imaged(table), image) for table in proved_tables() for image in rows_of(self.connection, table, scope)
        ]
        self._load([scope])
        self._empty(scope)
        for how, image in images:
            self._take_in(how, image)

    def begin_all_anew(self) -> None:
        """Let every sum be that of its rows as they stand: a house that is furnished, upgraded or given new keys."""
        self._load(self.connection.scalars(select(row_sums.c.scope)).all())
        for scope in self._sums:
            self._empty(scope)
        for table in proved_tables():
            how = imaged(table)
            for part in batched(every_row(self.connection, table), AT_ONCE):
                for scope in {how.scope_of(image) for image in part} - self._sums.keys():
                    self._sums[scope] = Sum(scope, 0, self._keyring.newest, 0, is_new=True)
                for image in part:
                    self._take_in(how, image)

    def _empty(self, scope: str) -> None:
        one = self._sums[scope]
        one.key, one.total, one.written = self._keyring.newest, 0, {"": {}}

    def _take_in(self, how: Imaged, image: Image) -> None:
        one = self._sums[how.scope_of(image)]
        digest = self._keyring.row_digest(one.key, how.text(image))
        one.total = (one.total + int.from_bytes(digest, "big")) % MODULUS
        one.written.setdefault(how.name, {})[how.key_of(image)] = (ANEW, short(digest))

    def _plain(self, statement: Executable, values: Values) -> Any:
        if values is None:
            return self.connection.execute(statement)
        return self.connection.execute(statement, values)

    def _update(self, how: Imaged, statement: Update, values: Values) -> Any:
        if isinstance(values, Sequence):
            for each in values:
                result = self._update(how, statement, each)
            return result
        news = _news_of(how.table, statement, values or {})
        if news is not None and not news.keys() & how.columns.keys():
            return self._plain(statement, values)  # nothing that is covered
        before = self._before(how, statement, values)
        result = self._plain(statement, values)
        if news is not None:
            self._put(how, [(image, how.changed(image, news)) for image in before])
            return result
        for image in before:
            self._put(how, [(image, self._again(how, image))])
        return result

    def _before(self, how: Imaged, statement: Update | Delete, values: Values) -> list[Image]:
        known = self._known(how, statement, values)
        if known is not None:
            return [known]
        query = _before_of(statement)
        params = values if isinstance(values, Mapping) else {}
        return [how.read(row) for row in self.connection.execute(query, params)]

    def _known(self, how: Imaged, statement: Update | Delete, values: Values) -> Image | None:
        """Return the row that is meant by its id alone as it was read with its case; what was read serves once."""
        if not self._rows:
            return None
        if isinstance(values, Mapping) and _is_by_id(statement):
            row = self._rows.pop((how.name, values["row_id"]), None)
            image = None if row is None else how.read(row)
            return image if image is not None and how.scope_of(image) in self._at_hand else None
        for place in [place for place in self._rows if place[0] == how.name]:
            del self._rows[place]  # this statement may change it
        return None

    def _again(self, how: Imaged, image: Image) -> Image:
        found = self.connection.execute(_one(how.table), {f"of_{name}": image[name] for name in how.key}).one()
        return how.read(found)

    def _put(self, how: Imaged, changes: Sequence[tuple[Image | None, Image | None]]) -> None:
        """Move the sums from the images before to those after."""
        self._load({how.scope_of(image) for pair in changes for image in pair if image is not None})
        for before, after in changes:
            if before is None or after is None:
                texts = tuple("" if image is None else how.text(image) for image in (before, after))
            else:
                texts = how.texts(before, after)
            for image, text, is_after in ((before, texts[0], False), (after, texts[1], True)):
                if image is not None and how.covers(image):
                    self._count(how, image, text, is_after=is_after)

    def _count(self, how: Imaged, image: Image, text: str, *, is_after: bool) -> None:
        one = self._sums[how.scope_of(image)]
        digest = self._keyring.row_digest(one.key, text)
        number = int.from_bytes(digest, "big")
        one.total = (one.total + (number if is_after else -number)) % MODULUS
        written = one.written.setdefault(how.name, {})
        key = how.key_of(image)
        was = written.get(key, ("", ""))
        if is_after:
            written[key] = (was[0], short(digest))
        else:
            written[key] = (was[0] if key in written else short(digest), "")

    def _load(self, scopes: Iterable[str]) -> dict[str, Sum]:
        wanted = sorted(set(scopes) - self._sums.keys())
        if not wanted:
            return self._sums
        for scope in wanted:
            if (kept := self._at_hand.get(scope)) is not None:
                self._take_up(kept, is_held=False)
        absent = [scope for scope in wanted if scope not in self._sums]
        for start in range(0, len(absent), AT_ONCE):
            part = absent[start : start + AT_ONCE]
            found = (_sum_of, {"scope": part[0]}) if len(part) == 1 else (_sums_of, {"scopes": part})
            for row in self.connection.execute(*found):
                self._take_up(Kept(*row), is_held=True)
        for scope in wanted:
            if scope not in self._sums:
                self._sums[scope] = Sum(scope, 0, self._keyring.newest, 0, is_new=True)
        return self._sums

    def _take_up(self, kept: Kept, *, is_held: bool) -> None:
        text = sum_text(kept.scope, kept.stamp, kept.key, kept.total)
        if not self._keyring.mac_holds(text, kept.mac):
            raise SealBroken(f"{kept.scope}: the sum of its rows")
        total = int(kept.total, 16)
        self._sums[kept.scope] = Sum(kept.scope, kept.stamp, kept.key, total, is_held=is_held)


def _written(one: Sum) -> dict[str, dict[str, str]]:
    """Return the rows as the event names them: ``after``, ``before>after``, ``before>`` of one that went."""
    return {
        table: {key: (f"{before}>{after}" if before else after) for key, (before, after) in rows.items()}
        for table, rows in one.written.items()
        if table
    }


def _rows_of(statement: Insert, values: Values) -> Iterable[Mapping[str, Any]]:
    """Return the rows that an INSERT puts in."""
    if isinstance(values, Mapping):
        return [values]
    if values is not None:
        return values
    return [statement.compile().params]


def _news_of(table: Table, statement: Update, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return column -> new value, or None where the database itself works the value out."""
    inline: Any = statement._values
    if inline is None:
        return {name: value for name, value in values.items() if name in table.c}
    news: dict[str, Any] = {}
    for column, value in inline.items():
        if not isinstance(value, BindParameter):
            return None
        name = column if isinstance(column, str) else column.name
        news[name] = values.get(value.key, value.effective_value)
    return news


@lru_cache(maxsize=512)
def _before_of(statement: Update | Delete) -> Select[Any]:
    """Return the query for the rows that *statement* is about to change."""
    how = imaged(statement.table)
    return select(*how.raw).select_from(how.table).where(*statement._where_criteria).with_for_update()


@lru_cache(maxsize=512)
def _is_by_id(statement: Update | Delete) -> bool:
    """Whether *statement* changes the one row whose id is given as ``row_id``."""
    wanted = statement._where_criteria
    if len(wanted) != 1 or not isinstance(wanted[0], BinaryExpression):
        return False
    left, right = wanted[0].left, wanted[0].right
    return left is statement.table.c.get("id") and isinstance(right, BindParameter) and right.key == "row_id"


@cache
def _one(table: Table) -> Select[Any]:
    how = imaged(table)
    return select(*how.raw).where(*(table.c[name] == bindparam(f"of_{name}") for name in how.key))


_sum_of = select(row_sums).where(row_sums.c.scope == bindparam("scope")).with_for_update()  # quicker than a list of one
_sums_of = (
    select(row_sums)
    .where(row_sums.c.scope.in_(bindparam("scopes", expanding=True)))
    .order_by(row_sums.c.scope)
    .with_for_update()
)
_put_sum = insert(row_sums)
_move_sum = (
    update(row_sums)
    .where(row_sums.c.scope == bindparam("to_scope"))
    .values({name: bindparam(f"to_{name}") for name in ("stamp", "key", "total", "mac")})
)
_move_sum_from = _move_sum.where(row_sums.c.stamp == bindparam("was"))
