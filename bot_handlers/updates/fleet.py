"""Several bots for one shop: they come and go while it runs, and losing one does not disturb the rest.

One thread asks Telegram about them: it starts each one, checks its webhook, and finds out what a refusal means.
A bot whose token is refused, or which another program uses, switches itself off; the last one left does not.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from telebot import TeleBot, apihelper

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.reachability import ALARM_AFTER_S, Reachability, Trouble
from bot_handlers.telegram.roster import Roster, bot_of
from bot_handlers.telegram.setup import set_webhook
from bot_handlers.telegram.webhook_watch import LOOK_EVERY_S, WebhookWatch
from shop.administration.bots import Newcomer, OffReason, ShopBots
from shop.errors.refusals import BadBot

_log = logging.getLogger("souk.telegram")

_LOOK_S = 5.0
_AGAIN_S = 30
_CONFLICTS = 3
_CONFLICTS_S = 600
"""`_CONFLICTS` conflicts within `_CONFLICTS_S` seconds mean that another program keeps using the token."""
_ANNOUNCE_S = 86_400


@dataclass(slots=True)
class _Crew:
    """The state of one bot. Times are from a monotonic clock."""

    bot: TeleBot
    has_arrived: bool = False
    is_doubted: bool = False
    look_at: float = 0.0
    announce_at: float = 0.0
    conflicts: deque[float] = field(default_factory=lambda: deque(maxlen=_CONFLICTS))
    watch: WebhookWatch | None = None


class Fleet:
    """Keeps the roster of bots in step with the shop's list of them.

    `announce` registers a bot's commands with Telegram, and `secret_of` computes its webhook secret; `secrets` holds
    those of the bots that are served.
    """

    def __init__(
        self,
        roster: Roster,
        shop_bots: ShopBots,
        reachability: Reachability,
        *,
        announce: Callable[[TeleBot], None],
        secret_of: Callable[[int], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._roster = roster
        self._shop_bots = shop_bots
        self._reachability = reachability
        self._register: Callable[[TeleBot], None] = lambda _bot: None
        self._announce = announce
        self._secret_of = secret_of
        self._monotonic = monotonic
        self._crews: dict[int, _Crew] = {}
        self._bell = threading.Event()
        self._stop = threading.Event()
        self.secrets: dict[int, str] = {}
        self.webhook_url: Callable[[int], str] | None = None
        """Returns the URL to which Telegram posts a bot's updates; None: they are fetched."""
        self.changed: Callable[[], None] = lambda: None
        """Called when a bot has been added or removed."""

    @property
    def has_several_bots(self) -> bool:
        """Return whether the shop may have more than one bot: then `run` is needed."""
        return self._shop_bots.are_several

    def begin(self, register: Callable[[TeleBot], None]) -> None:
        """Serve the bots that are on; `register` gives each its handlers."""
        self._register = register
        self._keep_to_list()

    def run(self) -> None:
        """Keep the bots in step with the list until `stop`."""
        while not self._stop.is_set():
            self.look()
            self._bell.wait(_LOOK_S)
            self._bell.clear()

    def stop(self) -> None:
        """End after the current call."""
        self._stop.set()
        self._bell.set()

    def ring(self) -> None:
        """Wake the thread, because the list of bots has changed."""
        self._bell.set()

    def look(self) -> None:
        """Do everything that is due for the bots, once."""
        self._keep_to_list()
        for bot_id, crew in list(self._crews.items()):
            if self._stop.is_set():
                return
            now = self._monotonic()
            if crew.is_doubted or now >= crew.look_at:
                crew.is_doubted, crew.look_at = False, now + _AGAIN_S
                self._examine(bot_id, crew)
        self._shop_bots.deaf.tell(set(self._roster), again_after_s=ALARM_AFTER_S)

    def doubt(self, bot_id: int) -> None:
        """Check a bot with Telegram soon, because something it tried to send was refused."""
        if (crew := self._crews.get(bot_id)) is not None:
            crew.is_doubted = True
            self._bell.set()

    def is_gone(self, bot_id: int) -> bool:
        """Ask Telegram whether it refuses a bot altogether, and switch it off if so."""
        crew = self._crews.get(bot_id)
        if crew is None:
            return True
        try:
            crew.bot.get_me()
        except TelegramFailure as error:
            return failures.bot_is_refused(error) and self._is_off(bot_id, Trouble.TOKEN, failures.describe(error))
        return False

    def meet(self, token: str) -> tuple[Newcomer, bool]:
        """Ask Telegram for a token's bot; return it, and whether another program uses it.

        Raises:
            BadBot: Telegram does not know it, or cannot be reached.
        """
        bot = bot_of(token)
        try:
            me = bot.get_me()
            new = Newcomer(bot.bot_id, token, me.username or "", me.first_name or "")
        except TelegramFailure as error:
            raise BadBot("unknown" if failures.bot_is_refused(error) else "unreachable") from None
        return new, self._is_used_elsewhere(bot)

    def to_poll(self) -> Mapping[int, str]:
        """Read the tokens of the bots to fetch updates for now."""
        if self.webhook_url is not None:
            return {}
        return {bot_id: crew.bot.token for bot_id, crew in list(self._crews.items()) if crew.has_arrived}

    def heard(self, bot_id: int) -> None:
        """Record that a bot's updates arrive."""
        self._shop_bots.deaf.clear(bot_id)
        self._reachability.well()

    def failed(self, bot_id: int, error: Exception) -> None:
        """Record that a bot's updates could not be fetched."""
        crew = self._crews.get(bot_id)
        if crew is None:
            return
        if failures.says(error, "conflict"):
            if failures.says(error, *failures.WEBHOOK_IS_SET):
                crew.has_arrived, crew.look_at = False, 0.0
                self._bell.set()
            self._note_conflict(bot_id, crew, failures.describe(error))
        elif failures.bot_is_refused(error):
            self.doubt(bot_id)
        else:
            self._ill(bot_id, Trouble.SILENT, failures.describe(error))

    def _keep_to_list(self) -> None:
        """Serve the bots that are on, and no others."""
        tokens = self._shop_bots.tokens()
        for bot_id, crew in list(self._crews.items()):
            if tokens.get(bot_id) != crew.bot.token:
                self._let_go(bot_id, crew)
        for bot_id, token in tokens.items():
            if bot_id not in self._crews:
                bot = bot_of(token)
                self._register(bot)
                self._crews[bot_id] = _Crew(bot)
                self.secrets[bot_id] = self._secret_of(bot_id)
                self._roster[bot_id] = bot

    def _let_go(self, bot_id: int, crew: _Crew) -> None:
        """Stop serving a bot; if Telegram can still be told, it no longer posts that bot's updates here."""
        del self._crews[bot_id]
        self.secrets.pop(bot_id, None)
        self._roster.pop(bot_id, None)
        self._shop_bots.deaf.forget(bot_id)
        self.changed()
        if self.webhook_url is not None and crew.has_arrived:
            try:
                crew.bot.delete_webhook()
            except TelegramFailure as error:
                _log.info("bot %d keeps its webhook: %s", bot_id, failures.describe(error))

    def _examine(self, bot_id: int, crew: _Crew) -> None:
        """Ask Telegram for a bot, start it, and check its webhook."""
        try:
            self._arrive(bot_id, crew)
        except TelegramFailure as error:
            if failures.bot_is_refused(error):
                self._is_off(bot_id, Trouble.TOKEN, failures.describe(error))
            else:
                self._ill(bot_id, Trouble.SILENT, failures.describe(error))
            return
        if crew.watch is not None:
            crew.watch.look()
        if self._monotonic() >= crew.announce_at:
            crew.announce_at = self._monotonic() + _ANNOUNCE_S
            self._announce(crew.bot)

    def _arrive(self, bot_id: int, crew: _Crew) -> None:
        """Direct a bot's updates to this shop. Raises what `TelegramFailure` lists."""
        try:
            self._shop_bots.named(bot_id, crew.bot.get_me().username or "")
        except TelegramFailure as error:
            if not failures.says(error, "method not found"):
                raise
        if crew.has_arrived:
            crew.look_at = self._monotonic() + LOOK_EVERY_S
            return
        if self.webhook_url is None:
            crew.bot.delete_webhook()
        else:
            url, secret = self.webhook_url(bot_id), self.secrets[bot_id]
            set_webhook(crew.bot, url, secret=secret)
            crew.watch = WebhookWatch(crew.bot, url, secret=secret, reachability=_BotListener(self, bot_id, crew))
        crew.has_arrived, crew.look_at = True, self._monotonic() + LOOK_EVERY_S
        _log.info("bot %d is served", bot_id)
        self.changed()

    def _is_used_elsewhere(self, bot: TeleBot) -> bool:
        """Return whether another program receives the updates of a bot; nothing is confirmed or changed."""
        own = "" if self.webhook_url is None else self.webhook_url(bot.bot_id)
        try:
            url = bot.get_webhook_info().url
            if not url:
                # telebot replaces 0 with its own ten seconds.
                apihelper.get_updates(bot.token, limit=1, long_polling_timeout=1)
        except TelegramFailure as error:
            return failures.says(error, "conflict")
        return url not in ("", own)

    def _note_conflict(self, bot_id: int, crew: _Crew, detail: str) -> None:
        now = self._monotonic()
        crew.conflicts.append(now)
        if len(crew.conflicts) == _CONFLICTS and now - crew.conflicts[0] < _CONFLICTS_S:
            crew.conflicts.clear()
            self._is_off(bot_id, Trouble.CONFLICT, detail)
        else:
            self._ill(bot_id, Trouble.CONFLICT, detail)

    def _is_off(self, bot_id: int, trouble: Trouble, detail: str) -> bool:
        """Switch a bot off, unless it is the last one: the owners could not be told through any other."""
        if len(self._roster) < 2:
            self._ill(bot_id, trouble, detail)
            return False
        reason = OffReason.TOKEN if trouble is Trouble.TOKEN else OffReason.CONFLICT
        self._shop_bots.switch_off_itself(bot_id, reason)
        self.secrets.pop(bot_id, None)
        self._roster.pop(bot_id, None)
        self._bell.set()
        return True

    def _ill(self, bot_id: int, trouble: Trouble, detail: str, *, alarm_after_s: int = ALARM_AFTER_S) -> None:
        """Record a problem. It concerns the whole shop only if no bot gets updates."""
        self._shop_bots.deaf.note(bot_id, trouble.value, detail, alarm_after_s=alarm_after_s)
        if self._shop_bots.deaf.ids >= set(self._roster):
            self._reachability.ill(trouble, detail)


@dataclass(slots=True)
class _BotListener:
    """The listener for one bot's webhook watch."""

    fleet: Fleet
    bot_id: int
    crew: _Crew
    waiting: int = 0

    def well(self) -> None:
        """Record that updates arrive."""
        self.crew.conflicts.clear()
        self.fleet.heard(self.bot_id)

    def ill(self, trouble: Trouble, detail: str, *, alarm_after_s: int = ALARM_AFTER_S) -> None:
        """Record what is wrong. A webhook that keeps changing is another program's doing."""
        if trouble is Trouble.SILENT:  # ask again before the alarm
            self.crew.look_at = self.fleet._monotonic() + _AGAIN_S
        if trouble is Trouble.MOVED:
            self.fleet._note_conflict(self.bot_id, self.crew, detail)
        else:
            self.fleet._ill(self.bot_id, trouble, detail, alarm_after_s=alarm_after_s)
