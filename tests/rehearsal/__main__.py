"""``python -m tests.rehearsal --days 365``: rehearse and print the table; ends 1 where something does not agree."""

import argparse
import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.rehearsal.house import demonstration
from tests.rehearsal.rehearse import rehearse, table_of
from tests.support.mail import mail_server

FIRST = date(2026, 3, 16)  # a Monday; the year ends behind the Spring Festival of 2027
BY_COMMAND = range(14, 21)  # the week of Qingming, a Monday to a free Sunday


def main() -> int:
    """Rehearse as many days as were asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--days", type=int, default=365)
    asked.add_argument("--first", type=date.fromisoformat, default=FIRST)
    asked.add_argument("--findings", type=int, default=12, help="generated ones besides the story's")
    asked.add_argument("--week", action="store_true", help="let the command line do the week of Qingming")
    given = asked.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="xiaohao-year-") as folder,
        mail_server() as mail,
        demonstration(Path(folder), mail, given.first, more=given.findings) as house,
    ):
        compared = rehearse(house, given.first, given.days, by_command=BY_COMMAND if given.week else ())
    print("\n".join(table_of(compared)))
    return 1 if compared.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
