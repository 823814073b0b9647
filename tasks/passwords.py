"""Passwords: argon2id, and the rules that a new one has to meet."""

from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cases.refusals import CaseError


class PasswordTooWeak(CaseError):
    """A new password is too short, too plain, holds the login, or was used before; facts: least."""

    code = "password_too_weak"
    field = "password"


class Passwords:
    """Hashes and checks passwords; cheap settings are for tests and for the passwords of a demonstration."""

    def __init__(self, *, cheap: bool = False) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()

    def hash(self, password: str) -> str:
        """Return the argon2id hash of *password* with a salt of its own."""
        return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether *password* is the one in *stored*; an account without a password takes as long and fits nothing."""
        try:
            return self._hasher.verify(stored or _nobody(self._hasher), password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    def require_strong(self, password: str, *, login: str, least: int, past: list[str]) -> None:
        """Raise PasswordTooWeak unless *password* may become the new one; *past* are earlier hashes."""
        kinds: list[Callable[[str], bool]] = [str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()]
        variety = sum(any(kind(c) for c in password) for kind in kinds)
        used = any(self.fits(stored, password) for stored in past)
        if len(password) < least or variety < 3 or login.lower() in password.lower() or used:
            raise PasswordTooWeak(least=least)


_of_nobody: list[str] = []


def _nobody(hasher: PasswordHasher) -> str:
    if not _of_nobody:
        _of_nobody.append(hasher.hash("nobody has this password"))
    return _of_nobody[0]
