"""Who runs the shop: name, contact and country, from the settings or as an owner typed them in the bot."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from shop.context import Context
from shop.errors.refusals import TextTooLong
from shop.people import Person, Right
from shop.settings.model import Settings
from shop.settings.types import is_link
from storage.models import Customer, OperatorDetail

MAX_DETAIL = 200
"""The most characters of a name, a contact or a country."""


class Detail(Enum):
    """The details about its operator that most countries' laws require a shop to give."""

    NAME = "name"
    CONTACT = "contact"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Operator:
    """The operator as customers see them; details not entered are empty."""

    name: str
    contact: str
    country: str

    @property
    def missing(self) -> tuple[Detail, ...]:
        """List the details not entered."""
        return tuple(detail for detail in Detail if not getattr(self, detail.value))


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to: as text, as a link for a button, or both; what there is not is empty.

    Telegram may refuse a button with a link to a person, so that `text` is all that arrives.
    """

    text: str
    link: str


@dataclass(frozen=True, slots=True)
class OperatorDetails:
    """Reads and writes who runs the shop."""

    context: Context

    def read(self) -> Operator:
        """Read the operator's details: values typed in the bot override the settings."""
        return operator_of(self.context.settings)

    def contact(self) -> Contact:
        """Return the contact for people who cannot use the shop: the operator, or else an owner."""
        given = self.read().contact or self.context.settings.support_link
        if given:
            link = given if is_link(given) else ""
            return Contact("" if link.startswith("tg://") else given, link)
        owner_id = self.context.settings.admin_id_list[0]
        owner = Customer.by_telegram_id(owner_id)
        name = f"@{owner.username}" if owner is not None and owner.username else ""
        return Contact(name, f"tg://user?id={owner_id}")

    def change(self, admin: Person, detail: Detail, text: str) -> Operator:
        """Set one detail in place of the setting; an empty text goes back to the setting.

        Raises:
            TextTooLong: it has more than `MAX_DETAIL` characters.
        """
        self.context.customers.require(admin, Right.CATALOGUE)
        value = " ".join(text.split())
        if len(value) > MAX_DETAIL:
            raise TextTooLong(MAX_DETAIL)
        with self.context.database.transaction():
            OperatorDetail.put(detail.value, value)
            self.context.audit.write(admin, "operator.changed", detail.value, value=value)
        return self.read()


def operator_of(settings: Settings) -> Operator:
    """Read the operator's details from the open database and the settings."""
    return with_typed(settings, OperatorDetail.every())


def with_typed(settings: Settings, typed: Mapping[str, str]) -> Operator:
    """Override the settings with values typed in the bot."""
    given = {
        Detail.NAME: settings.operator_name,
        Detail.CONTACT: settings.operator_contact,
        Detail.COUNTRY: settings.operator_country,
    }
    return Operator(**{detail.value: typed.get(detail.value, given[detail]) for detail in Detail})
