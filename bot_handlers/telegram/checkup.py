"""How Telegram sees the bot: its token, its webhook, what waits, and which owners can be written to."""

from collections.abc import Iterator

from telebot import TeleBot

from bot_handlers.telegram import failures
from bot_handlers.telegram.failures import TelegramFailure
from bot_handlers.telegram.setup import ArrivalFailed, greet
from bot_handlers.telegram.webhook_watch import MANY_WAITING
from shop.doctor.findings import Finding, failure, ok, warning
from shop.settings.model import Settings

_RECENT_S = 3_600


def examine(settings: Settings, *, now: int) -> Iterator[Finding]:
    """Ask Telegram for the bot and for its webhook; nothing is changed."""
    bot = TeleBot(settings.token.get_secret_value(), threaded=False)
    try:
        greet(bot, settings.telegram_api_url)
    except ArrivalFailed as error:
        yield failure("telegram", str(error), "nothing works without it")
        return
    yield ok("telegram", "the bot token is good")
    try:
        known = bot.get_webhook_info()
    except TelegramFailure as error:
        yield warning("webhook", f"Telegram does not tell it ({failures.describe(error)})", "try again later")
        return
    yield _webhook(known.url, settings)
    waiting = known.pending_update_count
    if waiting > MANY_WAITING:
        yield warning("updates", f"{waiting} wait at Telegram", "is the shop running, and can Telegram reach it?")
    else:
        yield ok("updates", f"{waiting} wait at Telegram")
    if known.last_error_date and now - known.last_error_date < _RECENT_S:
        minutes = max(0, now - known.last_error_date) // 60
        text = f"Telegram failed to deliver an update {minutes} min ago: {known.last_error_message}"
        yield warning("webhook", text, "check the web server in front of the shop and its certificate")


def owners(settings: Settings, started: set[int]) -> Iterator[Finding]:
    """Say which owners have pressed Start; the bot may not write to anybody else."""
    for telegram_id in settings.admin_id_list:
        if telegram_id in started:
            yield ok("owners", f"{telegram_id} has pressed Start")
        else:
            yield warning("owners", f"{telegram_id} has never pressed Start", "they open the bot and press Start")


def _webhook(actual: str, settings: Settings) -> Finding:
    wanted = ""
    if settings.public_url:
        wanted = f"{settings.public_url}{settings.webhook_path}/{settings.bot_id}"
    if actual == wanted:
        return ok("webhook", wanted or "none, the shop fetches its updates")
    if settings.runtime_environment == "dev" and not settings.public_url:
        return ok("webhook", actual)
    cure = "start the shop: it sets its own; if it changes again, another program uses this token"
    return failure("webhook", f"it leads to {actual or 'nowhere'}, not to {wanted or 'nowhere'}", cure)
