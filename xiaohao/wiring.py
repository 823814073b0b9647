"""Settings become objects: the house as a whole, ready for the web, the clock and the command line."""

from dataclasses import dataclass
from functools import cached_property

from persistence.attachments import Attachments
from persistence.database import Database
from persistence.seal import Keyring
from tasks.begin import begin
from tasks.catalogue import every_act
from tasks.deliver import House
from tasks.office import Office
from tasks.passwords import Passwords
from workflows.clock import Clock
from xiaohao.settings import Settings


@dataclass(frozen=True)
class Wired:
    """Everything that a command may need, each made when it is first asked for."""

    settings: Settings

    @cached_property
    def office(self) -> Office:
        """The office, its database brought up to date and the acts registered."""
        every_act()
        self.settings.data.mkdir(parents=True, exist_ok=True)
        return Office(Database(self.settings.database_url), Keyring.read(self.settings.data / "keys.json"))

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

    def clock(self) -> Clock:
        """Return a clock that does not tick yet."""
        return Clock(self.office, self.settings.smtp, self.house, self.attachments)

    def open(self) -> Office:
        """Return the office of a database that is there and up to date: a newer schema is applied."""
        begin(self.office)
        return self.office

    def close(self) -> None:
        """Let go of the database."""
        self.office.database.dispose()
