"""The commands that are killed: every one that writes, in a house that it can be given in."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.rounds import Ground

LEDGER = "序号,问题,整改措施,整改时限\n" + "".join(
    f"{n},第{n}号门面房租金未收缴到位,追缴第{n}号租金,2031-09-30\n" for n in range(1, 13)
)
ACCOUNTS = "日期,编号,户名,账户归属\n" + "".join(f"2026-09-01,1700 0202 {n:04},第{n}代管户,国库\n" for n in range(1, 9))
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PASSPHRASE = "eleven quiet herons at dawn"
OLD = "an old house"  # template: the house of fe3e884 as it lay there
CAUGHT_UP = "an old house, caught up"
ON_BOTH = ("sqlite", "postgres")


@dataclass(frozen=True)
class Command:
    """A command to kill; *files* are laid into the house's folder first, ``{here}`` is that folder."""

    name: str
    words: Callable[["Ground"], tuple[str, ...]]
    template: str = "read"  # "" for an empty place
    files: Mapping[str, bytes] = field(default_factory=dict)
    on: tuple[str, ...] = ("sqlite", "sqlite", "postgres")
    more: Mapping[str, str] = field(default_factory=dict)
    """Variables of its environment; ``{here}`` as above."""
    archive: str = ""
    """What `restore` finds as ``kept.tar.gz``: plain, sealed or old."""
    done_once: bool = False
    """Given again after it was done, it rightly does it once more."""
    then: tuple[str, ...] = ()
    """A command that has to succeed afterwards: the house goes on."""

    def environment(self, here: Path) -> Mapping[str, str]:
        """Return its variables in the house in that folder."""
        return {name: value.replace("{here}", str(here)) for name, value in self.more.items()}

    @property
    def verb(self) -> str:
        """What it is at bottom, whatever is special about it: backup, restore; else its name."""
        return next((verb for verb in ("backup", "restore") if self.name.startswith(verb)), self.name)


def _given(name: str, *words: str, template: str = "read", on: tuple[str, ...] = ON_BOTH, **files: bytes) -> Command:
    """Return a command whose words are always the same; ``ledger_csv=…`` is laid down as ``ledger.csv``."""
    return Command(name, lambda _: words, template, {name.replace("_", "."): text for name, text in files.items()}, on)


def _patrol(name: str, template: str = "read") -> Command:
    return Command(
        f"patrol {name}" if template == "read" else "reading of evidence",
        lambda ground: ("patrol", name, "--at", ground.at(), "--json"), template,
    )  # fmt: skip


def _act(act: str, number: str, login: str, data: Mapping[str, object], *more: str) -> Command:
    name = f"act {act}" + (" with a file" if more else "")
    words = ("act", act, number, "--as", login, "--data", "{here}/data.json", "--key", f"key of {act}", *more, "--json")
    files = {"data.json": json.dumps(data).encode()} | ({"evidence.pdf": PDF} if more else {})
    return Command(name, lambda _: words, files=files)


NUMBER = "XC2026-001-005"
ENTER_ACCOUNTS = ("register", "account", "--file", "{here}/accounts.csv", "--as", "office1", "--json")
SUSPENDED = {"because": "litigation", "comment": "案件已由省高院受理，已核对受理通知书第12号"}
DRAW = ("sample", "draw", "--unit", "江夏国资集团", "--purpose", "年度抽查", "--percent", "50")
GOES_ON = ("tests.faults.old_house:go_on",)
SEALED = {"XIAOHAO_BACKUP_PASSPHRASE": PASSPHRASE}
WITNESS = {"XIAOHAO_WITNESS": "{here}/witness"}
RESTORE = ("restore", "{here}/kept.tar.gz", "--json")
BACKUP = ("backup", "{here}/kept.tar.gz", "--json")

COMMANDS = (
    _given("import", "import", "{here}/ledger.csv", "--unit", "徐庄镇党委", "--json", ledger_csv=LEDGER.encode()),
    _given("register", *ENTER_ACCOUNTS, accounts_csv=ACCOUNTS.encode()),
    _act("report_progress", NUMBER, "u11handler", {"text": "已收回三户门面房租金，票据齐全", "percent": 40}),
    _act("suspend_finding", NUMBER, "office1", SUSPENDED),
    _act(
        "report_progress", NUMBER, "u11handler", {"text": "附上第4号收据和银行回单，余款分期", "percent": 60},
        "--attach", "{here}/evidence.pdf=FUND_RECEIPT",
    ),
    _patrol("deadlines"),
    _patrol("signals"),
    _patrol("campaigns"),
    _patrol("letters"),
    _patrol("audit"),
    _patrol("letters", "demo"),
    _given("audit export", "audit", "export"),
    _given("backup", *BACKUP),
    _given("init", "init", "--json", template=""),
    _given("demo", "demo", "--json", template="", on=("sqlite",)),
    replace(_given("restore", *RESTORE, template=""), archive="plain"),
    replace(_given("upgrade", "findings", "--json", template=OLD), then=GOES_ON),
    replace(_given("a day of work", "tests.faults.old_house:work_a_day", template=CAUGHT_UP)),
    replace(_given("restore of an old archive", *RESTORE, template=""), archive="old", then=GOES_ON),
    replace(_given("backup under a passphrase", *BACKUP, "--encrypt"), more=SEALED),
    replace(_given("restore of a sealed archive", *RESTORE, template=""), archive="sealed", more=SEALED),
    replace(_given("rotate-keys", "audit", "rotate-keys", "--json", template=CAUGHT_UP), done_once=True, then=GOES_ON),
    replace(_given("rotate-keys with a witness", "audit", "rotate-keys", "--json"), done_once=True, more=WITNESS),
    replace(_given("hand-out", "audit", "hand-out", "{here}/witness", "--json")),
    replace(_given("sample draw", *DRAW, "--as", "office1", "--json", template=CAUGHT_UP), done_once=True),
    _given("prove", "audit", "prove", NUMBER),
    _given("letters let go", "deliver", "--after-restore", "send", "--json", template="restored"),
)  # fmt: skip
