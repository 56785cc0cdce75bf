"""Methods that receive updates and answer callback queries."""

import re
from time import monotonic
from urllib.parse import urlsplit

from web.sandbox.telegram.call import Call, Described
from web.sandbox.telegram.errors import BotApiError, bad_request
from web.sandbox.telegram.state import DEFAULT_UPDATES, UPDATE_KINDS, Update, Webhook
from web.sandbox.wire import Json, utf16_length

MAX_UPDATES = 100
MAX_ANSWER = 200
REPEATED_S = 0.5
WEBHOOK_PORTS = frozenset({443, 80, 88, 8443})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

CONFLICT_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_ENDED_BY_WEBHOOK = "Conflict: terminated by setWebhook request"
_CONFLICT_WEBHOOK = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


def get_updates(call: Call) -> list[Json]:
    """getUpdates with long polling: releases the world's lock and waits until there is an update."""
    bot, world = call.bot, call.world
    _set_allowed(call)
    offset = call.whole("offset") or 0
    _confirm(call, offset)
    hasty = _is_repeated(call, offset)
    bot.polls += 1
    ticket = bot.polls
    world.changed.notify_all()
    wait_s = min(max(call.whole("timeout") or 0, 0), world.longest_poll_s)

    def finished() -> bool:
        return bool(bot.polls != ticket or bot.webhook.url or bot.updates or world.stopping.is_set())

    waited = wait_s > 0 and not finished()
    if waited:
        world.changed.wait_for(finished, timeout=wait_s)
    if bot.webhook.url:
        raise BotApiError(409, _ENDED_BY_WEBHOOK if waited else _CONFLICT_WEBHOOK)
    if bot.polls != ticket:
        raise BotApiError(409, CONFLICT_POLL)
    if world.stopping.is_set():
        raise BotApiError(500, "Internal Server Error: restart")
    world.drop_expired(bot)
    limit = 1 if hasty else min(max(call.whole("limit") or MAX_UPDATES, 1), MAX_UPDATES)
    return [update.body for update in bot.updates[:limit]]


def _is_repeated(call: Call, offset: int) -> bool:
    """Return whether the same offset was asked for less than `REPEATED_S` ago: then one update at most is given."""
    bot, now = call.bot, monotonic()
    found = offset == bot.asked_offset and now < bot.asked_at + REPEATED_S
    bot.asked_offset, bot.asked_at = offset, now
    return found


def _confirm(call: Call, offset: int) -> None:
    """Forget the updates that the offset confirms; a negative offset keeps that many of the newest."""
    updates = call.bot.updates
    done: list[Update] = []
    if offset > 0:
        done = [update for update in updates if update.update_id < offset]
    elif offset < 0:
        done = updates[:offset]
    call.world.acknowledge(call.bot, [update.update_id for update in done])


def _set_allowed(call: Call) -> None:
    """Set the allowed kinds: an absent list keeps the earlier one, an empty list means the default kinds."""
    wanted = call.nested("allowed_updates")
    if isinstance(wanted, list):
        call.bot.allowed_updates = tuple(kind for kind in UPDATE_KINDS if kind in wanted) or DEFAULT_UPDATES


def set_webhook(call: Call) -> Described:
    """setWebhook; unlike Telegram, it accepts plain HTTP, because on loopback nobody can listen in."""
    bot, url = call.bot, call.text("url")
    if not url:
        return delete_webhook(call)
    secret = call.text("secret_token")
    _check_webhook(url, secret)
    if call.flag("drop_pending_updates"):
        call.world.acknowledge(bot, [update.update_id for update in bot.updates])
    _set_allowed(call)
    connections = min(max(call.whole("max_connections") or 40, 1), 100)
    new = Webhook(url, secret, connections)
    if (new.url, new.secret_token, new.max_connections) == (
        bot.webhook.url,
        bot.webhook.secret_token,
        bot.webhook.max_connections,
    ):
        return Described(True, "Webhook is already set")
    bot.webhook = new
    call.world.touch()
    return Described(True, "Webhook was set")


def _check_webhook(url: str, secret: str) -> None:
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad_request("bad webhook: invalid webhook URL specified") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise bad_request("bad webhook: invalid webhook URL specified")
    if parts.hostname in LOOPBACK:
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (port or 443) not in WEBHOOK_PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def delete_webhook(call: Call) -> Described:
    """deleteWebhook."""
    bot = call.bot
    if call.flag("drop_pending_updates"):
        call.world.acknowledge(bot, [update.update_id for update in bot.updates])
    if not bot.webhook.url:
        return Described(True, "Webhook is already deleted")
    bot.webhook = Webhook()
    call.world.touch()
    return Described(True, "Webhook was deleted")


def get_webhook_info(call: Call) -> Json:
    """getWebhookInfo."""
    bot, hook = call.bot, call.bot.webhook
    found: Json = {"url": hook.url, "has_custom_certificate": False, "pending_update_count": len(bot.updates)}
    if hook.url:
        found["max_connections"] = hook.max_connections
        found["ip_address"] = "127.0.0.1"
    if hook.last_error_date:
        found |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error_message}
    if bot.allowed_updates != DEFAULT_UPDATES:
        found["allowed_updates"] = list(bot.allowed_updates)
    return found


def answer_callback_query(call: Call) -> bool:
    """answerCallbackQuery: once per query, and only for a limited time."""
    text = call.text("text")
    if utf16_length(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    call.world.drop_expired(call.bot)
    query_id = call.text("callback_query_id")
    _, user_id = call.bot.queries.pop(query_id, (0.0, 0))
    if not user_id:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    answer: Json = {"callback_query_id": query_id, "text": text, "show_alert": call.flag("show_alert")}
    if call.text("url"):
        answer["url"] = call.text("url")
    call.world.answer(call.bot.chats[user_id], answer)
    return True
