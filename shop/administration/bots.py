"""The shop's bots: one catalogue, one set of customers, and several bots for them to write to.

The bot of the settings is always one of them; owners add others with `MULTIBOT`. Tokens are in the database only.
"""

import logging
import re
from dataclasses import dataclass, field
from enum import Enum

from shop.administration.deaf_bots import DeafBots
from shop.context import Context
from shop.errors.catalog import BadValue
from shop.errors.refusals import BadBot, NotFound, TextTooLong
from shop.outbox import Event
from shop.people import Person, Right
from shop.pictures import MAX_PICTURE_BYTES, keep_picture, media_type
from storage.models import Bot, BotCategory, BotVisit, Category, Picture

_log = logging.getLogger("souk.shop")

MOST_BOTS = 100
LONGEST_BOT_NAME = 64
LONGEST_WELCOME = 3_000
"""The most visible characters: a message holds 4096, and a name may be inserted."""


_TOKEN = re.compile(r"(?<![\w-])(?:bot)?([0-9]{8,12}:[A-Za-z0-9_-]{35})(?![\w-])", re.ASCII)
"""A token as @BotFather shows it, or inside a URL of the Bot API."""
_ANY_TOKEN = re.compile(r"(?:/add(?:@\w+)?\s+)?([0-9]{5,15}:[A-Za-z0-9_-]{5,200})", re.ASCII)


def token_in(text: str, *, is_asked_for: bool) -> str | None:
    """Find the token of a bot in what a person typed; None if there is none.

    A token of another shape, as a self-hosted server may have, counts after `/add` and where a token is asked for.
    """
    found = _TOKEN.search(text)
    if found is not None:
        return found[1]
    whole = _ANY_TOKEN.fullmatch(text.strip())
    return whole.group(1) if whole is not None and (is_asked_for or text.strip().startswith("/add")) else None


class OffReason(Enum):
    """Why a bot is off."""

    TOKEN = "token"  # noqa: S105 - a word, not a token
    CONFLICT = "conflict"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class BotCard:
    """A bot as owners see it. `reason` says why it is off; None: it is on. `is_main`: the settings name it.
    `is_deaf`: updates do not reach it.
    """

    id: int
    name: str
    username: str
    reason: OffReason | None
    is_main: bool
    is_deaf: bool = False
    people: int = 0
    welcome: str | None = None
    has_picture: bool = False
    category_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A bot as Telegram names it, with the token that was used to ask."""

    id: int
    token: str = field(repr=False)
    username: str
    first_name: str


@dataclass(slots=True)
class ShopBots:
    """The bots, for owners, and what each of them shows; what screens ask for is held in memory."""

    context: Context
    deaf: DeafBots = field(init=False)
    """Those that get no updates."""
    _welcomes: dict[int, str] = field(init=False, default_factory=dict)
    _pictures: dict[int, int] = field(init=False, default_factory=dict)
    _roots: dict[int, frozenset[int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.deaf = DeafBots(self.context)
        if self.context.settings.multibot:
            self._settle()
            self._read()
        with self.context.database.transaction():
            self.context.outbox.move_groups(self.served)

    @property
    def served(self) -> set[int]:
        """The ids of the bots that are on: the set that the outbox checks."""
        return self.context.outbox.served

    @property
    def are_several(self) -> bool:
        """Return whether the shop may have more than one bot."""
        return self.context.settings.multibot

    def tokens(self) -> dict[int, str]:
        """Read the tokens of the bots that are on, by the id of each."""
        own = self.context.settings.token.get_secret_value()
        if not self.are_several:
            return {self.context.settings.bot_id: own}
        return {row.id: row.token or own for row in Bot.every() if row.state == "on"}

    def every(self, owner: Person) -> tuple[BotCard, ...]:
        """List the bots, oldest first."""
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        return tuple(self._card(row) for row in Bot.every())

    def one(self, owner: Person, bot_id: int) -> BotCard:
        """Read a bot.

        Raises:
            NotFound: there is none, or it was removed.
        """
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        return self._card(_there(bot_id))

    def invite(self, owner: Person) -> None:
        """Refuse another bot before its token is asked for.

        Raises:
            BadBot: this shop is set up for one bot.
        """
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        if not self.are_several:
            raise BadBot("one_only")

    def check(self, owner: Person, token: str) -> None:
        """Refuse a token that cannot be added, before Telegram is asked about it.

        Raises:
            BadBot: this shop is set up for one bot, the bot is here already, or there are too many.
        """
        self.invite(owner)
        settings = self.context.settings
        bot_id = int(token.partition(":")[0])
        known = Bot.there(bot_id)
        if token == settings.token.get_secret_value() or (known and known.state == "on" and known.token == token):
            raise BadBot("known")
        if bot_id == settings.bot_id:
            raise BadBot("main")
        if known is None and len(Bot.every()) >= MOST_BOTS:
            raise BadBot("too_many")

    def add(self, owner: Person, new: Newcomer, *, is_used_elsewhere: bool = False) -> BotCard:
        """Add a bot, or repair one that is off. One that another program uses stays off until that program ends.

        Raises:
            BadBot: as in `check`.
        """
        self.check(owner, new.token)
        name = (new.first_name or new.username or str(new.id))[:LONGEST_BOT_NAME]
        with self.context.database.transaction():
            Bot.keep(new.id, token=new.token, username=new.username, name=name, now=self.context.clock())
            if is_used_elsewhere:
                Bot.change(new.id, state="off", reason=OffReason.CONFLICT.value)
            else:
                self._switched_on(new.id)
            self.context.audit.write(owner, "bot.added", f"bot {new.id}")
        return self._card(_there(new.id))

    def rename(self, owner: Person, bot_id: int, name: str) -> BotCard:
        """Give a bot another name, which only owners see.

        Raises:
            NotFound: as in `one`.
            BadValue: there is no name, or it is too long.
        """
        row = self._known(owner, bot_id)
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_BOT_NAME:
            raise BadValue("name_too_long" if name else "missing_text")
        self._write(owner, "bot.renamed", row, name=name)
        return self._card(_there(bot_id))

    def switch(self, owner: Person, bot_id: int, *, on: bool) -> BotCard:
        """Switch a bot off, or on again; one that is still refused switches itself off again.

        Raises:
            NotFound: as in `one`.
            BadBot: the bot of the settings cannot be switched off.
        """
        row = self._known(owner, bot_id)
        if not on and self._is_main(bot_id):
            raise BadBot("main")
        if on and row.state == "off":
            with self.context.database.transaction():
                Bot.change(bot_id, state="on", reason=None)
                self._switched_on(bot_id)
                self.context.audit.write(owner, "bot.on", f"bot {bot_id}")
        elif not on and row.state == "on":
            with self.context.database.transaction():
                self._switch_off(row, OffReason.OWNER)
                self.context.audit.write(owner, "bot.off", f"bot {bot_id}")
        return self._card(_there(bot_id))

    def remove(self, owner: Person, bot_id: int) -> None:
        """Remove a bot and forget its token. Its customers stay, and so do its orders.

        Raises:
            NotFound: as in `one`.
            BadBot: it is the bot of the settings.
        """
        row = self._known(owner, bot_id)
        if self._is_main(bot_id):
            raise BadBot("main")
        with self.context.database.transaction():
            if row.state == "on":
                self._switch_off(row, OffReason.OWNER)
            Bot.dismiss(bot_id)
            self.context.audit.write(owner, "bot.removed", f"bot {bot_id}")
            self.context.database.after_commit(self._read)

    def switch_off_itself(self, bot_id: int, reason: OffReason) -> bool:
        """Switch off a bot that Telegram refuses, and tell the owners through another; return whether it was on."""
        with self.context.database.transaction():
            row = Bot.there(bot_id)
            if row is None or row.state != "on":
                return False
            self._switch_off(row, reason)
            self.context.outbox.tell_admins(
                Event.ADMIN_BOT_OFF,
                key=f"bot_off:{bot_id}:{self.context.clock()}",
                payload={"name": row.name, "username": row.username, "reason": reason.value},
            )
        _log.warning("bot %d is off: %s", bot_id, reason.value)
        return True

    def named(self, bot_id: int, username: str) -> None:
        """Store the name that Telegram has for a bot."""
        row = Bot.there(bot_id)
        if row is not None and row.username != username:
            with self.context.database.transaction():
                fresh = {"name": f"@{username}"} if row.name == str(bot_id) else {}
                Bot.change(bot_id, username=username, **fresh)

    def put_welcome(self, owner: Person, bot_id: int, html: str | None, *, length: int = 0) -> BotCard:
        """Give a bot its own greeting, in Telegram's HTML; None: the greeting of all bots.

        Raises:
            NotFound: as in `one`.
            TextTooLong: it has more than `LONGEST_WELCOME` visible characters.
        """
        row = self._known(owner, bot_id)
        if length > LONGEST_WELCOME:
            raise TextTooLong(LONGEST_WELCOME)
        self._write(owner, "bot.welcome", row, welcome=html)
        return self._card(_there(bot_id))

    def put_picture(self, owner: Person, bot_id: int, content: bytes | None) -> BotCard:
        """Give a bot its own picture above its menu; None: the picture of all bots.

        Raises:
            NotFound: as in `one`.
            BadValue: not a picture that the shop shows.
        """
        row = self._known(owner, bot_id)
        if content is not None and (media_type(content) is None or len(content) > MAX_PICTURE_BYTES):
            raise BadValue("bad_photo")
        with self.context.database.transaction():
            picture_id = None if content is None else keep_picture(content, now=self.context.clock())
            self._change(owner, "bot.picture", row, picture=picture_id)
        return self._card(_there(bot_id))

    def switch_category(self, owner: Person, bot_id: int, category_id: int) -> BotCard:
        """Add a root category to those that a bot shows, or take it away; without any it shows all.

        Raises:
            NotFound: as in `one`, or no such root category.
        """
        row = self._known(owner, bot_id)
        category = Category.there(category_id)
        if category is None or category.parent_id is not None:
            raise NotFound
        with self.context.database.transaction():
            chosen = BotCategory.every().get(bot_id, frozenset())
            BotCategory.put(bot_id, chosen ^ {category_id})
            self._change(owner, "bot.categories", row)
        return self._card(_there(bot_id))

    def roots(self, owner: Person) -> list[tuple[int, str]]:
        """List the root categories, hidden ones too."""
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        return [(row.id, row.name) for row in Category.kept(None)]

    def welcome_of(self, bot_id: int) -> str | None:
        """Return a bot's own greeting; None if it has none."""
        return self._welcomes.get(bot_id)

    def picture_of(self, bot_id: int) -> bytes | None:
        """Read a bot's own picture of the menu; None if it has none."""
        picture_id = self._pictures.get(bot_id)
        return None if picture_id is None else Picture.read(picture_id)

    def roots_of(self, bot_id: int) -> frozenset[int]:
        """Return the root categories that a bot shows; none: all."""
        return self._roots.get(bot_id, frozenset())

    def _settle(self) -> None:
        """Make the bot of the settings one of the bots, and switch it on; the one named before is removed."""
        main, now = self.context.settings.bot_id, self.context.clock()
        with self.context.database.transaction():
            before = Bot.there(main)
            if before is not None and before.state == "off":
                BotVisit.come_back(main, now=now)
            Bot.keep(main, token=None, username="", name=str(main), now=now)
            rows = Bot.every()
            self.served.update(row.id for row in rows if row.state == "on" and (row.token or row.id == main))
            for row in rows:
                if row.token is None and row.id != main:
                    BotVisit.move_away(row.id, sorted(self.served), now=now)
                    Bot.dismiss(row.id)

    def _read(self) -> None:
        rows = Bot.every()
        self._welcomes = {row.id: row.welcome for row in rows if row.welcome}
        self._pictures = {row.id: row.picture_id for row in rows if row.picture_id}
        self._roots = BotCategory.every()

    def _known(self, owner: Person, bot_id: int) -> Bot:
        self.context.customers.require(owner, Right.OWNERS_ONLY)
        return _there(bot_id)

    def _is_main(self, bot_id: int) -> bool:
        return bot_id == self.context.settings.bot_id

    def _write(self, owner: Person, action: str, row: Bot, **columns: object) -> None:
        with self.context.database.transaction():
            self._change(owner, action, row, **columns)

    def _change(self, owner: Person, action: str, row: Bot, **columns: object) -> None:
        if columns:
            Bot.change(row.id, **columns)
        self.context.audit.write(owner, action, f"bot {row.id}")
        self.context.database.after_commit(self._read)

    def _switched_on(self, bot_id: int) -> None:
        BotVisit.come_back(bot_id, now=self.context.clock())
        self.context.outbox.move_groups({*self.served, bot_id})
        self.context.database.after_commit(lambda: self.served.add(bot_id))
        self.context.database.after_commit(self.context.outbox.ring)

    def _switch_off(self, row: Bot, reason: OffReason) -> None:
        """Switch a bot off; people who have used another one get their messages through that."""
        others = sorted(self.served - {row.id})
        Bot.change(row.id, state="off", reason=reason.value)
        if others:
            BotVisit.move_away(row.id, others, now=self.context.clock())
            self.context.outbox.move_groups(others)
        self.context.database.after_commit(lambda: self.served.discard(row.id))
        self.context.database.after_commit(self.context.outbox.ring)

    def _card(self, row: Bot) -> BotCard:
        return BotCard(
            id=row.id,
            name=row.name,
            username=row.username,
            reason=None if row.reason is None else OffReason(row.reason),
            is_main=self._is_main(row.id),
            is_deaf=row.id in self.deaf.ids,
            people=BotVisit.count_of(row.id),
            welcome=row.welcome,
            has_picture=row.picture_id is not None,
            category_ids=BotCategory.every().get(row.id, frozenset()),
        )


def _there(bot_id: int) -> Bot:
    row = Bot.there(bot_id)
    if row is None:
        raise NotFound
    return row
