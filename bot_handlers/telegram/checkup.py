"""How Telegram sees each bot: its token, its webhook, waiting updates, and which owners it can write to."""

from collections.abc import Iterator, Sequence

from telebot import TeleBot

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.setup import ArrivalFailed, greet
from bot_handlers.telegram.webhook_watch import MANY_WAITING
from shop.doctor.findings import Finding, failure, ok, warning
from shop.settings.model import Settings
from storage.inspection import FurtherBot

_RECENT_S = 3_600


def examine(settings: Settings, *, now: int) -> Iterator[Finding]:
    """Ask Telegram for the bot in the settings and for its webhook; nothing is changed."""
    yield from _bot(settings.token.get_secret_value(), settings, now=now, prefix="")


def examine_further(bots: Sequence[FurtherBot], settings: Settings, *, now: int) -> Iterator[Finding]:
    """Check the other bots: those that are on, with Telegram; for the others, say why they are off."""
    for bot in bots:
        if bot.off is None:
            yield from _bot(bot.token, settings, now=now, prefix=f"{bot.name}: ")
        elif bot.off == "owner":
            yield ok("telegram", f"{bot.name}: an owner has turned it off")
        else:
            why = "Telegram rejects its token" if bot.off == "token" else "another program uses it"
            yield warning("telegram", f"{bot.name} has turned itself off: {why}", "Admin, Bots in the bot")


def _bot(token: str, settings: Settings, *, now: int, prefix: str) -> Iterator[Finding]:
    """Ask Telegram for one bot; `prefix` names it if there are several."""
    bot = TeleBot(token, threaded=False)
    try:
        greet(bot, settings.telegram_api_url)
    except ArrivalFailed as error:
        yield failure("telegram", f"{prefix}{error}", "nothing works without it")
        return
    yield ok("telegram", f"{prefix}the bot token is good")
    try:
        known = bot.get_webhook_info()
    except TelegramFailure as error:
        text = f"{prefix}Telegram does not tell it ({failures.describe(error)})"
        yield warning("webhook", text, "try again later")
        return
    yield _webhook(known.url, settings, bot.bot_id, prefix)
    waiting = f"{prefix}{known.pending_update_count} wait at Telegram"
    if known.pending_update_count > MANY_WAITING:
        yield warning("updates", waiting, "is the shop running, and can Telegram reach it?")
    else:
        yield ok("updates", waiting)
    if known.last_error_date and now - known.last_error_date < _RECENT_S:
        minutes = max(0, now - known.last_error_date) // 60
        text = f"{prefix}Telegram failed to deliver an update {minutes} min ago: {known.last_error_message}"
        yield warning("webhook", text, "check the web server in front of the shop and its certificate")


def owners(settings: Settings, started: set[int]) -> Iterator[Finding]:
    """Report which owners have pressed Start; the bot may not write to the others."""
    for telegram_id in settings.admin_id_list:
        if telegram_id in started:
            yield ok("owners", f"{telegram_id} has pressed Start")
        else:
            yield warning(
                "owners", f"{telegram_id} has never pressed Start", "have them open the bot and press Start"
            )


def _webhook(actual: str, settings: Settings, bot_id: int, prefix: str) -> Finding:
    wanted = f"{settings.public_url}{settings.webhook_path}/{bot_id}" if settings.public_url else ""
    if actual == wanted:
        return ok("webhook", prefix + (wanted or "none, the shop fetches its updates"))
    if settings.runtime_environment == "dev" and not settings.public_url:
        return ok("webhook", prefix + actual)
    cure = "start the shop: it sets its own; if it changes again, another program uses this token"
    return failure("webhook", f"{prefix}it leads to {actual or 'nowhere'}, not to {wanted or 'nowhere'}", cure)
