"""Imports a ledger in a process of its own: ``python -m tests.tasks.import_and_die URL FILE``.

It prints «writing» once the findings go in, for a killer outside.
"""

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from tasks.import_list import import_list
from tests.support.city import NOON, open_city


def main(url: str, file: str) -> None:
    """Import *file* into the database at *url* as an officer."""
    city = open_city(url, Path(file).parent / "files", now=NOON)
    actor = city.actor("office1")

    @event.listens_for(Engine, "after_cursor_execute")
    def watch(_conn: Any, _cursor: Any, executed: str, *_rest: Any) -> None:
        if executed.startswith("INSERT INTO issue_lists"):
            print("writing", flush=True)

    import_list(city.office, actor, "台账.csv", Path(file).read_bytes(), unit="徐庄镇党委")


if __name__ == "__main__":
    main(*sys.argv[1:])
