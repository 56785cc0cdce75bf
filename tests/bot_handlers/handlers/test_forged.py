"""Forged buttons: every kind of callback data, every field of it, and the ids of somebody else's rows.

In Telegram's own app, nobody can press a button that they were not shown; a client of one's own can send anything.
"""

from collections.abc import Iterator
from dataclasses import fields
from itertools import count, islice
from typing import Any

import pytest

from bot_handlers.callbacks import MAX_BYTES, Callback
from storage import models
from storage.models import Customer, Offer, Order, OrderLine, Outbox, Product, Search, Ticket, TicketMessage
from tests.bot_handlers.buttons import KINDS, plausible
from tests.bot_handlers.stage import Stage
from tests.stand import ADMIN

VICTIM, FORGER = 4711471147, 6666
SECRETS = ("Victoria", "victim_name", "GOODS-OF-HERS", "TICKET-OF-HERS", "words of hers", "4711471147")
"""What is written in her rows; her deposit address is added to it."""
APOLOGY = "Sorry, something went wrong"
OWNED = [model for each in models.__all__ if "customer" in (model := getattr(models, each))._meta.fields]
LARGEST = 10**18 - 1


class Scene:
    """A customer who has one of everything, a forger who has nothing but an account, and an owner."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def set(self) -> None:
        stage, stand = self.stage, self.stage.stand
        stage.say("/start", ADMIN)
        stand.stock("GOODS-OF-HERS", "NOT-SOLD-1", "NOT-SOLD-2")
        stage.say("/start", VICTIM, first_name="Victoria", username="victim_name")
        stand.grant(stand.visitor(VICTIM, first_name="Victoria", username="victim_name"), "15.00")
        for label in ("Shop", "Games", "Key", "Buy now", "Pay $10.00"):
            stage.press(label, VICTIM)
        stage.send_letters()
        stage.say("/profile", VICTIM)
        stage.press("Tickets", VICTIM)
        stage.press("Message the shop", VICTIM)
        stage.say("TICKET-OF-HERS", VICTIM)
        stage.say("/shop", VICTIM)
        stage.press("Search", VICTIM)
        stage.say("words of hers", VICTIM)
        stage.say("/topup", VICTIM)
        stage.press("Bitcoin", VICTIM)
        stage.say("/shop", VICTIM)
        for label in ("Games", "Key", "Add to cart", "Check out"):
            stage.press(label, VICTIM)
        stage.say("/start", FORGER, first_name="Mallory")
        [address] = models.DepositAddress.select()
        self.secrets = (*SECRETS, address.address)
        self.numbers = numbers()

    def forge(self, data: str, user_id: int) -> str:
        """Press a button that may not be in the chat; return what the bot says to that."""
        chat = self.stage.chat(user_id)
        self.stage.rest()
        self.stage.press_data(data, user_id, message_id=next(reversed(chat.messages)))
        newest = (each for each in reversed(chat.messages.values()) if each["from"]["is_bot"])
        texts = [each.get("text") or each.get("caption") or "" for each in islice(newest, 2)]
        alert = next((answer["text"] for answer in reversed(chat.answers) if answer.get("text")), "")
        return "\n".join([*texts, alert])

    def hers(self) -> dict[str, Any]:
        """Return every row of hers, and what her chat shows."""
        her = Customer.by_telegram_id(VICTIM)
        rows = {model.__name__: list(model.select().where(model.customer == her.id).dicts()) for model in OWNED}
        rows["Customer"] = list(Customer.select().where(Customer.id == her.id).dicts())
        rows["lines"] = list(OrderLine.select().dicts())
        rows["ticket"] = list(TicketMessage.select().dicts())
        rows["letters"] = list(Outbox.select(Outbox.key).where(Outbox.telegram_id == VICTIM).dicts())
        return rows | {"chat": self.stage.texts(VICTIM)}


def numbers() -> list[int]:
    """List the ids of her rows, the largest and smallest numbers, and numbers that nothing has."""
    of = (Offer, Order, OrderLine, Ticket, Search, Product, Customer)
    hers = {number for model in of for (number,) in model.select(model.id).tuples()}
    return sorted(hers | {0, -1, 99, LARGEST, -LARGEST})


def forgeries(kind: type[Callback], numbers: list[int]) -> list[str]:
    """List data of this kind with each field in turn set to every interesting value, and malformed data."""
    return list(dict.fromkeys(_forgeries(kind, numbers)))


def _forgeries(kind: type[Callback], numbers: list[int]) -> Iterator[str]:
    plain = plausible(kind)
    yield plain.pack()
    for field in fields(kind):
        tried: list[Any] = ["en", "BTC", "nu", "shelf", "..", "x" * 20]
        if "int" in str(field.type):
            tried = [*numbers, *([None] if "None" in str(field.type) else [])]
        for value in tried:
            values = {each.name: getattr(plain, each.name) for each in fields(kind)} | {field.name: value}
            data = ":".join([kind.prefix, *("~" if each is None else str(each) for each in values.values())])
            if len(data.encode()) <= MAX_BYTES:
                yield data
    yield from (f"{kind.prefix}:", f"{kind.prefix}:1:1:1:1:1", f"{kind.prefix}:١", f"{kind.prefix}:1e3")


@pytest.fixture
def scene(stage: Stage) -> Scene:
    scene = Scene(stage)
    scene.set()
    return scene


def test_no_forged_button_shows_or_changes_anything_of_somebody_elses(scene: Scene) -> None:
    stage, before, pressed = scene.stage, scene.hers(), count()
    for kind in KINDS:
        for data in forgeries(kind, scene.numbers):
            next(pressed)
            said = scene.forge(data, FORGER)
            assert not [secret for secret in scene.secrets if secret in said], data
            assert APOLOGY not in said, data
    assert scene.hers() == before
    assert next(pressed) > 500
    shown = str(stage.view(FORGER))
    assert not [secret for secret in scene.secrets if secret in shown]


def test_what_the_forger_tried_works_for_her(scene: Scene) -> None:
    """The control: pressed by her, the same buttons of orders and tickets do show what is hers."""
    missed = {"GOODS-OF-HERS", "TICKET-OF-HERS"}
    hers = [kind for kind in KINDS if kind.__module__.endswith((".orders", ".tickets"))]
    for data in (data for kind in hers for data in forgeries(kind, scene.numbers)):
        said = scene.forge(data, VICTIM)
        missed -= {secret for secret in missed if secret in said}
        if not missed:
            break
    assert missed == set()
