"""``python -m tests.bench [--large] [section ...]``: every section, or the named ones, as one table."""

import gc
import platform
import sys
import time

from tests.bench import (
    figures,
    ledger_import,
    likeness,
    mail,
    officer,
    one_task,
    patrol,
    reading,
    signals,
    task_list,
    workbook,
)
from tests.bench.places import VAR, places
from tests.bench.table import Line, as_text, keep

SECTIONS = {
    module.SECTION: module
    for module in (
        one_task,
        officer,
        task_list,
        figures,
        patrol,
        mail,
        ledger_import,
        reading,
        workbook,
        likeness,
        signals,
    )
}


def main(wanted: list[str]) -> int:
    """Measure, print, keep."""
    large = "--large" in wanted
    wanted = [name for name in wanted if name != "--large"]
    if unknown := [name for name in wanted if name not in SECTIONS]:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    lines: list[Line] = []
    began = time.monotonic()
    with places(large=large) as here:
        for name in wanted or SECTIONS:
            print(f"{name} ...", file=sys.stderr, flush=True)
            gc.collect()
            lines += SECTIONS[name].measure(here)
    head = f"Python {platform.python_version()}, {platform.machine()}, {time.monotonic() - began:.0f} s in all."
    head += " Only the ratios mean something: both sides of each took turns in this run."
    print(as_text(lines))
    _, page = keep(lines, VAR, head)
    print(f"\n{head}\n{page}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
