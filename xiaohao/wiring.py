"""Settings become objects: the house as a whole, ready for the web, the clock and the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import select

from persistence.attachments import Attachments
from persistence.case_store import OFFICE
from persistence.database import Database
from persistence.seal import Keyring, KeysForeign
from persistence.tables import cases
from persistence.timekeeping import Keeping
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.deliver import House
from tasks.office import Office
from tasks.passwords import Passwords
from tasks.witness import Witness, witness_at
from workflows.clock import Clock
from workflows.prefect_watch import Neighbour
from xiaohao.halves import KEYS, settle_restore
from xiaohao.privacy import close_house
from xiaohao.settings import Settings


@dataclass(frozen=True)
class Wired:
    """Everything that a command may need, each made when it is first asked for."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The database; nothing is made by asking it."""
        return Database(self.settings.database_url)

    @cached_property
    def office(self) -> Office:
        """The office, the acts registered. Raises KeysMissing: keys are made by `lay_ground` only."""
        every_act()
        return Office(self.database, Keyring.read(self.settings.data / KEYS))

    def is_begun(self) -> bool:
        """Whether a house is here; asking makes neither folder nor keys. Raises RestoreUnfinished, RestoreUnderWay."""
        settle_restore(self.settings.data, self.database)
        return self.database.is_filled()

    def lay_ground(self) -> None:
        """Make folder and keys where no house is yet; what is there already is never made anew."""
        if not self.is_begun():
            self.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
            Keyring.make(self.settings.data / KEYS)

    @cached_property
    def attachments(self) -> Attachments:
        """The folder of evidence."""
        return Attachments(self.settings.data / "evidence")

    @cached_property
    def passwords(self) -> Passwords:
        """How passwords are hashed."""
        return Passwords()

    @property
    def house(self) -> House:
        """What letters say of where they come from."""
        return House(self.settings.base_url, self.settings.mail_from)

    def clock(self, prefect: Neighbour | None = None, tell: Callable[[Keeping], None] | None = None) -> Clock:
        """Return a clock that does not tick yet; it asks *prefect* who keeps the timetable, and *tell*s changes."""
        settings = self.settings
        return Clock(
            self.office, settings.smtp, self.house, self.attachments,
            timetable=settings.timetable, prefect=prefect, tell=tell, witness=self.witness,
        )  # fmt: skip

    @cached_property
    def witness(self) -> Witness | None:
        """Where checkpoints go; None where nothing outside witnesses."""
        return witness_at(self.settings.witness)

    def open(self) -> Office:
        """Return the office of a database, a newer schema applied and its files closed. Raises KeysForeign."""
        if self.database.is_filled():
            self._require_own_keys()
        close_house(self.settings.data)
        begin(self.office)
        close_house(self.settings.data)  # what the database has made since
        return self.office

    def _require_own_keys(self) -> None:
        with self.database.reading() as conn:
            mac = conn.scalar(select(cases.c.head_mac).where(cases.c.id == OFFICE))
        if mac and not self.office.keyring.knows(mac):
            raise KeysForeign(file=str(self.settings.data / KEYS))

    def close(self) -> None:
        """Let go of the database."""
        self.database.dispose()
