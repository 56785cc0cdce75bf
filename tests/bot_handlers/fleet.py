"""Several bots of one shop on a stage: people write to each of them, and tests read what each one answers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from bot_handlers.updates.polling_many import PollerOfMany
from shop.people import Person
from storage.models import Bot, Customer
from tests.bot_handlers.stage import CUSTOMER, Stage, take_updates
from tests.stand import ADMIN, BOT_ID, TOKEN, Stand


def token_of(number: int) -> str:
    """Return the token of the bot with this number, in @BotFather's format; number 0 is the one in the settings."""
    return f"{BOT_ID + number}:TEST-{number:030}" if number else TOKEN


class FleetStage(Stage):
    """A stage with several bots, which people choose by number."""

    def __init__(self, stand: Stand, *stage: Any) -> None:
        super().__init__(stand, *stage)
        self.offsets: dict[int, int] = {}

    def tell(self, number: int, text: str, user_id: int = CUSTOMER, **profile: Any) -> None:
        """Type a text to a bot and let the shop handle it."""
        self.rest()
        self.telegram.people.say(user_id, text, profile=profile, bot_name=str(BOT_ID + number))
        self.deliver_to(number)

    def tap(self, number: int, *labels: str, user_id: int = CUSTOMER) -> None:
        """Press buttons in the chat with a bot."""
        for label in labels:
            self.rest()
            message, button = self.button_of(number, label, user_id)
            self.telegram.people.press(
                user_id, message["message_id"], button["callback_data"], bot_name=str(BOT_ID + number)
            )
            self.deliver_to(number)

    def deliver_to(self, number: int) -> None:
        """Let the shop handle the updates that are pending for a bot."""
        for update in take_updates(self.telegram, token_of(number), offset=self.offsets.get(number)):
            self.offsets[number] = update["update_id"] + 1
            self.front.bots.accept(BOT_ID + number, update)

    def chat(self, number: int, user_id: int = CUSTOMER) -> list[dict[str, Any]]:
        """Read the messages of a chat with a bot."""
        return list(self.telegram.view(user_id, bot_name=str(BOT_ID + number))["messages"])

    def said(self, number: int, user_id: int = CUSTOMER) -> list[str]:
        """Read what a bot wrote, oldest first."""
        mine = [message for message in self.chat(number, user_id) if message["from"]["is_bot"]]
        return [message.get("text") or message.get("caption") or "" for message in mine]

    def button_of(self, number: int, label: str, user_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
        for message in reversed(self.chat(number, user_id)):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in button["text"]:
                        return message, button
        raise AssertionError(f"no button {label!r} in {self.said(number, user_id)}")

    def alerts_of(self, number: int, user_id: int = CUSTOMER) -> list[str]:
        """Read the alerts shown in the chat with a bot."""
        answers = self.telegram.view(user_id, bot_name=str(BOT_ID + number))["answers"]
        return [answer["text"] for answer in answers if answer.get("text")]

    def person(self, user_id: int = CUSTOMER) -> Person:
        """Read a customer without changing which bot they used last."""
        customer = Customer.by_telegram_id(user_id)
        assert customer is not None
        return self.stand.shop.customers.person(customer.id)

    def add(self, *numbers: int) -> None:
        """Add bots as the owner, and press Start in each; not while a poller fetches their updates."""
        self.tell(0, "/start", ADMIN)
        for number in numbers:
            self.tell(0, f"/add {token_of(number)}", ADMIN)
            assert Bot.there(BOT_ID + number)
            self.front.fleet.look()
            self.tell(number, "/start", ADMIN)

    def poller(self, **more: Any) -> PollerOfMany:
        """Build a poller for all bots on this stage's Telegram."""
        connect = partial(self.transport.long_poll, self.url)
        values: Mapping[str, Any] = {"monotonic": self.seconds, "at_end": self.stand.database.release_thread} | more
        return PollerOfMany(self.front.fleet, self.front.bots, connect, **values)
