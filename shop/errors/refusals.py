"""The base of every refusal, and the refusals that many subjects share."""

from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar

from shop.money import Money


class Refusal(Exception):
    """Something was not done, and the person can be told why.

    `alert`: the screen is still correct, so an alert over it is enough.
    `told`: the attributes that the sentence names, if these are not simply the fields.
    `counted`: the attribute that decides the plural form; the sentence calls it `count`.
    """

    alert: ClassVar[bool] = False
    told: ClassVar[tuple[str, ...] | None] = None
    counted: ClassVar[str] = ""

    @classmethod
    def placeholders(cls) -> dict[str, str]:
        """Return the attribute for each placeholder of the sentence."""
        names = cls.told
        if names is None:
            names = tuple(field.name for field in fields(cls)) if is_dataclass(cls) else ()
        return {"count" if name == cls.counted else name: name for name in names}

    @property
    def values(self) -> dict[str, object]:
        """The values for the sentence's placeholders."""
        return {placeholder: getattr(self, name) for placeholder, name in self.placeholders().items()}


class NotAllowed(Refusal):
    """The person lacks the required right, or is banned; any method that takes an admin can raise it."""

    alert = True


class NotFound(Refusal):
    """The requested thing does not exist, or is not this customer's."""


class PersonUnknown(Refusal):
    """The text matches no person known to the shop, or more than one."""


class IsOwner(Refusal):
    """An owner has every right and cannot be made a manager."""


@dataclass
class SecondFactorNeeded(Refusal):
    """This needs a code from an authenticator app first, or an enrolment if the admin has none."""

    told = ()

    enrolled: bool


class WrongCode(Refusal):
    """The code is malformed, another admin's, too old, or was used before."""


@dataclass
class CodesLocked(Refusal):
    """Too many codes were wrong: no code is accepted for a while."""

    told = ("wait_min",)
    counted = "wait_min"

    wait_s: int

    @property
    def wait_min(self) -> int:
        """The wait in minutes, rounded up."""
        return -(-self.wait_s // 60)


@dataclass
class BackupFailed(Refusal):
    """No backup could be made; `reason` is the system's message."""

    alert = True

    reason: str


class StaleScreen(Refusal):
    """The button belongs to a screen that is out of date, or that this person was never shown."""


class DataSentToday(Refusal):
    """The person got everything that is stored about them within the last 24 hours."""

    alert = True


class OnTheTeam(Refusal):
    """The person has rights in this shop, which an owner has to remove before their data can be deleted."""

    alert = True


@dataclass
class TooSoon(Refusal):
    """It is too early to do this again."""

    counted = "wait_s"

    wait_s: int


@dataclass
class TextTooLong(Refusal):
    """The text is too long."""

    counted = "most"

    most: int


@dataclass
class TooManyTickets(Refusal):
    """The customer has the maximum number of open tickets."""

    counted = "most"

    most: int


@dataclass
class TooManyFiles(Refusal):
    """The ticket has the maximum number of files."""

    counted = "most"

    most: int


class OwnAccount(Refusal):
    """Managers may not do this to their own account."""

    alert = True


@dataclass
class BalanceTooLow(Refusal):
    """The balance is lower than the amount to take."""

    alert = True

    balance: Money


class MoneyRightNeeded(Refusal):
    """The line would have both a replacement and a refund, which together need the right to money."""

    alert = True


@dataclass
class ReplacementLimit(Refusal):
    """A manager has replaced as many units as they may, of this line or in a day."""

    alert = True
    counted = "most"

    most: int


@dataclass
class SearchLimit(Refusal):
    """A manager has searched delivered goods as often as they may in a day."""

    counted = "most"

    most: int


class SameAccount(Refusal):
    """This Telegram account already belongs to the customer."""


class AccountOfTeam(Refusal):
    """One of the two Telegram accounts has rights in the shop."""


class AccountBanned(Refusal):
    """One of the two Telegram accounts is banned."""


class AccountInUse(Refusal):
    """The other Telegram account already has money, orders or deposit addresses in the shop."""


class CannotBanSelf(Refusal):
    """Admins may not ban themselves."""

    alert = True


class CannotBanOwner(Refusal):
    """No one may ban an owner: their rights come from the settings alone."""

    alert = True


class OwnersOnly(Refusal):
    """Only owners may do this to an admin."""

    alert = True


@dataclass
class NotAnnounced(Refusal):
    """An announcement cannot be made or sent like this."""

    alert = True

    reason: str


@dataclass
class BadBot(Refusal):
    """A bot cannot be added, or cannot be changed like this."""

    alert = True

    reason: str


@dataclass
class BadLink(Refusal):
    """A line does not have the form “label - https://…”."""

    line: str


class OperatorError(Exception):
    """What only the operator can put right. Its text tells you how; a command prints it and ends with `exit_code`."""

    exit_code = 1


class CannotStart(OperatorError):
    """The settings do not match the database."""
