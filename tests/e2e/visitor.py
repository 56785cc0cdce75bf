"""A user who presses every kind of reachable button once and reads what is shown."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from string import Formatter

from bot_handlers.routes.table import routes_of
from bot_handlers.updates.boundary import BURST, REFILL_PER_S
from bot_handlers.updates.router import Group
from locales import Languages
from tests.bot_handlers.buttons import KINDS
from tests.e2e.driver import ChainPanel, Chat, address_in, buttons_of, plain, wait_for
from web.sandbox.wire import Json

LANGUAGES = Languages.found()
ROOT = Path(__file__).resolve().parents[2]


class Anything:
    """Stands in for the handlers if only the names of the admin buttons matter."""

    def __getattr__(self, _name: str) -> "Anything":
        return self


BUTTONS = routes_of(Anything(), LANGUAGES).buttons
OF_ADMINS = {kind.prefix for kind, access, _ in BUTTONS if access is not Group.EVERYBODY}
OF_CUSTOMERS = {kind.prefix for kind in KINDS} - OF_ADMINS


def fragments(language: str) -> set[str]:
    """List the fixed parts of a language's texts that are long enough to distinguish it from another."""
    texts = json.loads((ROOT / "locales" / f"{language}.json").read_text("utf-8"))
    forms = [form for text in texts.values() for form in (text.values() if isinstance(text, dict) else [text])]
    parts = {re.sub(r"<[^>]*>", "", part) for form in forms for part, *_ in Formatter().parse(form)}
    return {line.strip() for part in parts for line in part.split("\n") if len(line.strip()) >= 12}


FRAGMENTS = {language: fragments(language) for language in LANGUAGES.codes}


class Visitor:
    """A user who speaks one language.

    `typed` is what to type after a button that asks for input. `last` lists buttons that remove what other buttons
    need; they are pressed in this order when nothing else is left. `several` says how many buttons of a kind to
    press, by default one. `braces` is what may be shown in braces.
    """

    def __init__(
        self,
        base: str,
        language: str,
        user_id: int,
        *,
        typed: Mapping[str, Sequence[str]],
        last: Sequence[str] = (),
        several: Mapping[str, int] | None = None,
        braces: str = "",
    ) -> None:
        self.chat = Chat(base, user_id)
        self.language = language
        self.t = LANGUAGES[language]
        self.typed, self.last, self.several = typed, last, several or {}
        self.braces = braces
        self.pressed: set[str] = set()
        self.shown: set[str] = set()
        self.known: dict[str, int] = {}
        """The buttons seen so far, and their messages. They still work after the message shows something else."""
        self.taps: list[float] = []

    @property
    def kinds(self) -> set[str]:
        """The kinds of buttons that were pressed."""
        return {data.partition(":")[0] for data in self.pressed}

    def arrive(self) -> None:
        self.chat.say("/start", first_name="Ada", language_code=self.language)

    def top_up(self, panel: ChainPanel, coins: str, asset: str = "BTC") -> None:
        self.chat.say("/topup")
        self.press_kind("pay", asset)
        panel.pay(asset.lower(), address_in(self.chat), coins)

    def see_deposit(self) -> None:
        """Wait until the shop says that the deposit was credited."""
        self.chat.wait_text(plain(self.t.text("deposit.credited", amount="")))

    def press_kind(self, prefix: str, words: str = "", *, counts: bool = False) -> None:
        """Press the newest button of a kind; one in `counts` is not pressed again."""
        message_id, data = next(
            (number, data) for number, data in self.buttons() if data.startswith(prefix) and words in data
        )
        if counts:
            self.pressed.add(data)
        self.tap(lambda: self.chat.press_data(message_id, data))

    def follow(self, command: str) -> None:
        """Send a command and press every button that it leads to."""
        self.tap(lambda: self.chat.say(command))
        self.press_what_is_new()

    def press_what_is_new(self) -> None:
        while (choice := self.next_button()) is not None:
            self.press_next(*choice)

    def next_button(self) -> tuple[int, str] | None:
        """Choose a button that has not been pressed; those that remove something come last."""
        fresh = [(number, data) for data, number in self.known.items() if data not in self.pressed]
        return min(fresh, key=lambda each: self.rank(each[1]), default=None)

    def rank(self, data: str) -> int:
        prefix = data.partition(":")[0]
        return self.last.index(prefix) + 1 if prefix in self.last else 0

    def press_next(self, message_id: int, data: str) -> None:
        self.pressed.add(data)
        self.tap(lambda: self.chat.press_data(message_id, data))
        for text in self.typed.get(data.partition(":")[0], ()):
            self.tap(lambda text=text: self.chat.say(text))

    def tap(self, act: Callable[[], None]) -> None:
        """Act as fast as a person may: the shop blocks anyone who taps faster for long."""
        self.taps.append(time.monotonic())
        if len(self.taps) > BURST - 5:
            welcome_at = self.taps[-(BURST - 5)] + (BURST - 5) / REFILL_PER_S
            wait_for(lambda: time.monotonic() >= welcome_at, "the shop's patience")
        act()
        self.look()

    def look(self) -> None:
        """Read what appeared after the last tap: texts, alerts, labels."""
        state = self.chat.settled
        messages = state["messages"]
        texts = [message.get("text") or message.get("caption") or "" for message in messages]
        labels = [button["text"] for message in messages for button in buttons_of(message)]
        for number, data in data_of(messages):
            prefix = data.partition(":")[0]
            kinds = [each for each in self.known if each.partition(":")[0] == prefix]
            leads_abroad = data.rpartition(":")[2] in LANGUAGES.codes - {self.language}
            if data in self.known or (not leads_abroad and len(kinds) < self.several.get(prefix, 1)):
                self.known[data] = number
        self.shown |= {*texts, *labels, *(answer.get("text") or "" for answer in state["answers"])}

    def buttons(self) -> list[tuple[int, str]]:
        """Every pressable button in the chat, newest message first."""
        return data_of(self.chat.messages)

    def wrong(self) -> list[str]:
        """List what was shown in another language, what is not text, and every apology."""
        mine, sorry = "\n".join(FRAGMENTS[self.language]), self.t.text("apology")
        others = set().union(*(FRAGMENTS[code] for code in LANGUAGES.codes if code != self.language))
        everything = "\n".join(self.shown)
        foreign = {fragment for fragment in others if fragment in everything and fragment not in mine}
        return [
            text
            for text in self.shown
            if sorry in text
            or set(re.findall(r"\{\w+\}", text)) - {self.braces}
            or any(fragment in text for fragment in foreign)
        ]


def data_of(messages: Sequence[Json]) -> list[tuple[int, str]]:
    """List the callback data of messages' buttons, newest message first."""
    return [
        (message["message_id"], button["callback_data"])
        for message in reversed(messages)
        for button in buttons_of(message)
        if "callback_data" in button
    ]


def at_the_same_time(acts: Sequence[Callable[[], None]]) -> None:
    """Run all of these on threads; raise the first failure."""
    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(act) for act in acts]:
            done.result()
