"""The letters about payments in Stars."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

from bot_handlers.screens import stars as screens
from bot_handlers.screens.screen import Screen
from locales import Translator
from shop.assembly import Shop
from shop.outbox import Event, Letter
from shop.payments.stars import PaymentView


class _Letters(Protocol):
    @property
    def shop(self) -> Shop: ...


def _paid(letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.paid(_view(letters, letter), t)


def _refunded(letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.refunded(_view(letters, letter), t)


def _taken_back(letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.taken_back(_view(letters, letter), t)


def _admin_paid(letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.admin_paid(*_named(letters, letter), t)


def _admin_kept(letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.kept(*_named(letters, letter), t)


def _admin_held(letters: _Letters, letter: Letter, t: Translator) -> Screen:
    customer_id = letter.payload["customer_id"]
    return screens.held(letter.payload["stars"], customer_id, letters.shop.customers.name_of(customer_id), t)


def _admin_chargeback(letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.charged_back(*_named(letters, letter), t)


def _admin_withdrawn(_letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.withdrawn(letter.payload["stars"], t, incoming=letter.payload["incoming"])


def _admin_differ(_letters: _Letters, letter: Letter, t: Translator) -> Screen:
    return screens.differ(letter.payload["listed"], letter.payload["balance"], t)


def _view(letters: _Letters, letter: Letter) -> PaymentView:
    again = bool(letter.payload.get("again"))
    return letters.shop.payments.stars.view(letter.payload["payment_id"], again=again)


def _named(letters: _Letters, letter: Letter) -> tuple[PaymentView, str]:
    view = _view(letters, letter)
    return view, letters.shop.customers.name_of(view.customer_id)


WRITERS: Mapping[Event, Callable[[_Letters, Letter, Translator], Screen]] = MappingProxyType(
    {
        Event.STARS: _paid,
        Event.STARS_REFUNDED: _refunded,
        Event.STARS_TAKEN_BACK: _taken_back,
        Event.ADMIN_STARS: _admin_paid,
        Event.ADMIN_STARS_KEPT: _admin_kept,
        Event.ADMIN_STARS_HELD: _admin_held,
        Event.ADMIN_CHARGEBACK: _admin_chargeback,
        Event.ADMIN_STARS_WITHDRAWN: _admin_withdrawn,
        Event.ADMIN_STARS_DIFFER: _admin_differ,
    }
)
"""The writer of the letter about each event."""
