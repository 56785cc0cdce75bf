"""A chat as the user's app would show it, and the overview of users and bots."""

from web.sandbox.telegram.entities import render_html
from web.sandbox.telegram.methods.profile import commands_shown, description_shown
from web.sandbox.telegram.state import Bot, Chat
from web.sandbox.telegram.world import World
from web.sandbox.wire import Json

FILES_URL = "/sandbox/api/files"


def version_of(bot: Bot, user_id: int, group_id: int | None) -> int:
    """Return a number that changes with what a user sees. Callers hold the world's lock."""
    chats = (bot.chats.get(number) for number in (user_id, group_id or user_id))
    return max((chat.version for chat in chats if chat is not None), default=0)


def chat_view(world: World, bot: Bot, user_id: int, group_id: int | None = None) -> Json:
    """Return a user's chat with a bot, or a group as that user sees it. Callers hold the world's lock."""
    chat = bot.chats.get(user_id, Chat())
    messages = (chat if group_id is None else bot.chats.get(group_id, Chat())).messages
    person = world.people.get(user_id, {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"})
    return {
        "user": person,
        "bot": {**bot.user, "description": description_shown(bot, person)},
        "messages": [_shown(message) for message in messages.values()],
        "reply_keyboard": chat.keyboard["keyboard"] if chat.keyboard else None,
        "answers": chat.answers,
        "commands": commands_shown(bot, person),
        "blocked": chat.blocked,
        "pending": sum(update.user_id == user_id for update in bot.updates),
        "stars": world.stars.wallet(user_id),
        "version": version_of(bot, user_id, group_id),
    }


def _shown(message: Json) -> Json:
    text = str(message.get("text") or message.get("caption") or _about_stars(message))
    entities = message.get("entities") or message.get("caption_entities") or []
    shown = {**message, "html": render_html(text, entities)}
    if "photo" in message:
        shown["url"] = f"{FILES_URL}/{message['photo'][-1]['file_id']}"
    for kind in ("document", "video", "voice"):
        if kind in message:
            shown["url"] = f"{FILES_URL}/{message[kind]['file_id']}"
    return shown


def _about_stars(message: Json) -> str:
    """Return what the app shows about an invoice, a payment or its refund."""
    if "invoice" in message:
        return f"{message['invoice']['title']}\n{message['invoice']['description']}"
    if "successful_payment" in message:
        return f"You paid ⭐ {message['successful_payment']['total_amount']}"
    if "refunded_payment" in message:
        return f"⭐ {message['refunded_payment']['total_amount']} came back to you"
    return ""


def overview(world: World) -> Json:
    """Describe users, bots and groups. Callers hold the world's lock."""
    first = next(iter(world.bots.values()))
    return {
        "bots": [{**bot.user, "webhook": bool(bot.webhook.url)} for bot in world.bots.values()],
        "users": [
            {**person, "blocked": user_id in first.chats and first.chats[user_id].blocked}
            for user_id, person in sorted(world.people.items())
        ],
        "groups": list(world.groups.values()),
        "faults": world.faults.snapshot()["waiting"],
        "text_only": world.faults.text_only,
        "paced": world.faults.paced,
        "private": world.faults.private,
        "version": world.version,
    }
