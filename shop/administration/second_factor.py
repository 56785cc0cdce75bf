"""A second factor for admins: time-based codes (RFC 6238: six digits, 30 s, SHA-1), if switched on."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass

import pyotp

from shop.audit import Audit
from shop.context import Context
from shop.errors.refusals import CodesLocked, NotAllowed, SecondFactorNeeded, StaleScreen, WrongCode
from shop.outbox import Event
from shop.people import Person, Right
from storage.database import Database
from storage.models import AuditEntry, Customer
from storage.models import SecondFactor as FactorRow

GUARDED = frozenset({Right.MONEY, Right.BACKUP, Right.OWNERS_ONLY})
STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1
"""How many steps of 30 seconds a phone's clock may be off, in either direction."""
OPEN_S = 600
TRIES = 5
FIRST_LOCK_S = 60
LONGEST_LOCK_S = 86_400
ISSUER = "Souk"
_WEEK_S = 604_800


@dataclass(frozen=True, slots=True)
class Enrolment:
    """The secret for an authenticator app, shown once, also as a link (Key URI format)."""

    secret: str
    uri: str

    def __repr__(self) -> str:
        return "Enrolment(…)"


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Admins' codes. A code unlocks guarded rights for a while; each is accepted once."""

    database: Database
    audit: Audit
    clock: Callable[[], int]
    on: bool
    new_secret: Callable[[], str] = pyotp.random_base32

    def check(self, person: Person, right: Right) -> None:
        """Guard the rights that need a second factor; raises as `require` does."""
        if right in GUARDED:
            self.require(person)

    def require(self, person: Person) -> None:
        """Ask an admin for a code, unless they entered one a moment ago.

        Raises:
            SecondFactorNeeded: a code has to be entered first, or the admin has to enrol.
        """
        if not self.on:
            return
        row = FactorRow.of(person.telegram_id)
        if row is None or row.confirmed_at is None:
            raise SecondFactorNeeded(enrolled=False)
        left_s = row.open_until - self.clock()
        if not 0 < left_s <= OPEN_S:  # more is left if the clock was set back since
            raise SecondFactorNeeded(enrolled=True)

    def enrol(self, person: Person) -> Enrolment:
        """Make a secret for an admin; it replaces one that was not confirmed.

        Raises:
            NotAllowed: the person is not an admin.
            StaleScreen: they have a confirmed one, which is never shown again.
        """
        if not person.is_admin:
            raise NotAllowed
        secret = self.new_secret()
        with self.database.transaction():
            row = FactorRow.of(person.telegram_id)
            if row is not None and row.confirmed_at is not None:
                raise StaleScreen
            FactorRow.begin(person.telegram_id, secret, now=self.clock())
        code = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
        return Enrolment(secret, code.provisioning_uri(name=str(person.telegram_id), issuer_name=ISSUER))

    def enter(self, person: Person, text: str) -> None:
        """Unlock guarded rights with a code; the first code confirms the enrolment.

        Raises:
            WrongCode: it is malformed, another admin's, too old, or was used before.
            CodesLocked: too many codes were wrong.
            StaleScreen: the admin has no secret.
        """
        code = text.replace(" ", "")
        if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
            raise WrongCode
        with self.database.transaction():
            row = FactorRow.of(person.telegram_id)
            if row is None:
                raise StaleScreen
            now = self.clock()
            if 0 < row.locked_until - now <= _lock_s(row.failures):  # more is left if the clock was set back since
                raise CodesLocked(row.locked_until - now)
            step = _step_of(row, code, now)
            lock_s = self._failed(person, row) if step is None else self._opened(person, row, step)
        if lock_s:
            raise CodesLocked(lock_s)
        if step is None:
            raise WrongCode

    def _opened(self, person: Person, row: FactorRow, step: int) -> int:
        now = self.clock()
        if row.confirmed_at is None:
            FactorRow.change(person.telegram_id, confirmed_at=now)
            self.audit.write(person, "factor.enrolled")
        FactorRow.change(person.telegram_id, last_step=step, failures=0, open_until=now + OPEN_S)
        return 0

    def _failed(self, person: Person, row: FactorRow) -> int:
        """Count a wrong code; return how many seconds codes are refused from now on."""
        failures = row.failures + 1
        FactorRow.change(person.telegram_id, failures=failures)
        if failures % TRIES:
            return 0
        lock_s = _lock_s(failures)
        FactorRow.change(person.telegram_id, locked_until=self.clock() + lock_s)
        self.audit.write(person, "factor.locked", seconds=lock_s)
        return lock_s


@dataclass(frozen=True, slots=True)
class FactorReminder:
    """Reminds owners without a second factor once a week, if the shop asks for one."""

    context: Context

    def remind(self) -> None:
        """Write to each owner who has never confirmed a code, and again a week later or after a reset."""
        if not self.context.settings.admin_totp:
            return
        week, bare = self.context.clock() // _WEEK_S, self.bare_owners()
        with self.context.database.transaction():
            for owner in bare:
                self.context.outbox.tell_admin(owner, Event.ADMIN_FACTOR, key=f"factor-reminder:{week}:{owner}")

    def bare_owners(self) -> list[int]:
        """List the Telegram ids of the owners without a confirmed second factor."""
        rows = {owner: FactorRow.of(owner) for owner in self.context.settings.admin_id_list}
        return [owner for owner, row in rows.items() if row is None or row.confirmed_at is None]


def reset_by_operator(database: Database, telegram_id: int, *, clock: Callable[[], int]) -> bool:
    """Delete an admin's factor on the server, so that they can enrol again; return whether there was one."""
    with database.transaction():
        dropped = FactorRow.drop(telegram_id)
        admin = Customer.by_telegram_id(telegram_id)
        if dropped and admin is not None:
            AuditEntry.create(admin=admin.id, action="factor.reset_on_server", created_at=clock())
    return dropped


def _lock_s(failures: int) -> int:
    """Return how many seconds codes are refused after so many wrong ones."""
    return min(LONGEST_LOCK_S, FIRST_LOCK_S << min(failures // TRIES - 1, 20)) if failures >= TRIES else 0


def _step_of(row: FactorRow, code: str, now: int) -> int | None:
    """Find the time step of a code; steps up to the newest used one are not accepted."""
    codes = pyotp.TOTP(row.secret, digits=DIGITS, interval=STEP_S)
    middle = now // STEP_S
    for step in range(max(middle - DRIFT_STEPS, row.last_step + 1), middle + DRIFT_STEPS + 1):
        if hmac.compare_digest(codes.generate_otp(step), code):
            return step
    return None
