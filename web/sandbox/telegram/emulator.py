"""The emulated Telegram as one thing: its Bot API, its people, its webhook deliveries, its state."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flask import Blueprint

from web.sandbox.errors import SandboxError
from web.sandbox.telegram.delivery import Delivery
from web.sandbox.telegram.faults import SWITCHES, Fault
from web.sandbox.telegram.files import FileStore, StoredFile
from web.sandbox.telegram.http import bot_api
from web.sandbox.telegram.people import People
from web.sandbox.telegram.stars import Stars
from web.sandbox.telegram.views import chat_view, overview, version_of
from web.sandbox.telegram.world import MAX_POLL_S, World
from web.sandbox.wire import Clock, Json

MAX_WAIT_S = 25.0


class Telegram:
    """Telegram for the given bots. Threads may call everything here.

    `hang_s` is how long an unanswered call is held, `longest_poll_s` how long getUpdates waits at most.
    """

    def __init__(
        self,
        tokens: Sequence[str],
        *,
        clock: Clock,
        files_folder: Path | None = None,
        on_change: Callable[[], None] = lambda: None,
        retry_base_s: float = 2.0,
        hang_s: float = 35.0,
        longest_poll_s: float = MAX_POLL_S,
    ) -> None:
        self.world = World(tokens, clock=clock, files=FileStore(files_folder), on_change=on_change)
        self.world.stars = Stars(self.world)
        self.world.longest_poll_s = longest_poll_s
        self._delivery = Delivery(self.world, retry_base_s=retry_base_s)
        self._hang_s = hang_s
        self.people = People(self.world)

    def blueprint(self) -> Blueprint:
        """Return the Bot API, to be mounted at the root of a server."""
        return bot_api(self.world, hang_s=self._hang_s)

    def start(self) -> None:
        """Start delivering to webhooks."""
        self._delivery.start()

    def stop(self) -> None:
        """End every wait: long polls, page polls, held calls, deliveries."""
        self.world.stopping.set()
        with self.world.changed:
            self.world.changed.notify_all()
        self._delivery.stop()

    def view(
        self,
        user_id: int,
        *,
        bot_name: str | None = None,
        group_id: int | None = None,
        after_version: int | None = None,
        settled: bool = False,
        wait_s: float = 0.0,
    ) -> Json:
        """Show a chat, or a group as a person sees it.

        Wait up to `wait_s`: with `after_version`, until its version is another; with `settled`, until the shop has
        dealt with all that this person did.
        """
        world = self.world
        with world.changed:
            bot = world.bot_named(bot_name)
            world.check_group(group_id)

            def changed() -> bool:
                return world.stopping.is_set() or version_of(bot, user_id, group_id) != after_version

            def dealt_with() -> bool:
                return world.stopping.is_set() or all(update.user_id != user_id for update in bot.updates)

            if wait_s > 0 and (settled or after_version is not None):
                world.changed.wait_for(dealt_with if settled else changed, timeout=min(wait_s, MAX_WAIT_S))
            world.drop_expired(bot)
            return chat_view(world, bot, user_id, group_id)

    def open_group(self, chat_id: int, title: str) -> None:
        """Make the bots members of a group."""
        self.world.open_group(chat_id, title)

    def overview(self) -> Json:
        """Show bots, people and faults."""
        with self.world.changed:
            return overview(self.world)

    def fault(self, kind: str, count: int, method: str | None = None, **details: Any) -> None:
        """Make the next `count` calls fail (`faults.Fault` has the details); count 0 or 1 turns `SWITCHES`."""
        with self.world.changed:
            if kind in SWITCHES:
                setattr(self.world.faults, kind, count > 0)
            else:
                self.world.faults.add(Fault(kind, count, method, **details))
            self.world.touch()

    def wallet(self, user_id: int) -> Json:
        """Show a person's Stars and their payments, newest first."""
        world = self.world
        with world.changed:
            book = world.stars.book(world.bot_named(None))
            paid = [
                {"charge_id": charge_id, "stars": charge.stars, "refunded": charge.refunded}
                for charge_id, charge in book.charges.items()
                if charge.user_id == user_id
            ]
            return {"stars": world.stars.wallet(user_id), "payments": paid[::-1], "bot": book.balance}

    def pay_stars(self, user_id: int, message_id: int, *, bill_of: int | None = None) -> str:
        """Tap *Pay* in a bill; return the number of the question that the bot is asked."""
        with self.world.changed:
            return self.world.stars.ask(self.world.bot_named(None), user_id, message_id, bill_of=bill_of)

    def fill_wallet(self, user_id: int, stars: int) -> Json:
        """Put Stars into a wallet."""
        with self.world.changed:
            self.world.stars.wallets[user_id] = self.world.stars.wallet(user_id) + stars
            self.world.touch(self.world.bot_named(None).chats.get(user_id))
        return self.wallet(user_id)

    def charge_back(self, charge_id: str) -> None:
        """Reverse a payment to the bot."""
        with self.world.changed:
            self.world.stars.charge_back(self.world.bot_named(None), charge_id)

    def withdraw_stars(self, stars: int) -> None:
        """Pay out Stars of the bot."""
        with self.world.changed:
            self.world.stars.withdraw(self.world.bot_named(None), stars)
            self.world.touch()

    def bot_id(self, name: str) -> int:
        """Read the number of a bot. Raises: SandboxError 404."""
        with self.world.changed:
            return self.world.bot_named(name).bot_id

    def revoke(self, name: str, *, new_token: str = "") -> None:
        """Revoke a bot's token, as @BotFather does: calls with it are unauthorized. Raises: SandboxError."""
        with self.world.changed:
            self.world.revoke(self.world.bot_named(name), new_token)

    def file(self, file_id: str) -> tuple[StoredFile, bytes]:
        """Return a file for the page. Raises: SandboxError 404."""
        with self.world.changed:
            stored = self.world.files.find(file_id)
            if stored is None:
                raise SandboxError("There is no such file.", 404)
            return stored, self.world.files.content(stored)

    def snapshot(self) -> Json:
        """Return the state as JSON. Its parts are never altered afterwards, only replaced."""
        with self.world.changed:
            return self.world.snapshot()

    def restore(self, saved: dict[str, Any]) -> None:
        """Restore a snapshot; call it before `start`."""
        with self.world.changed:
            self.world.restore(saved)
