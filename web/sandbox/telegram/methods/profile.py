"""Methods about the bot itself, its commands, its chats and its files."""

import re
from typing import Any

from web.sandbox.telegram.call import Call
from web.sandbox.telegram.errors import bad_request
from web.sandbox.telegram.state import Bot
from web.sandbox.wire import Json, utf16_length

MAX_COMMANDS = 100
MAX_COMMAND_TEXT = 256
MAX_DOWNLOAD = 20 * 1024 * 1024
TEXT_LIMITS = {"name": 64, "description": 512, "short_description": 120}
GENERAL_SCOPES = frozenset({"default", "all_private_chats", "all_group_chats", "all_chat_administrators"})


def get_me(call: Call) -> Json:
    """getMe."""
    abilities = {"can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}
    return {**call.bot.user, **abilities}


def get_chat(call: Call) -> Json:
    """getChat."""
    user_id, _ = call.chat()
    return {**call.world.chat_of(user_id), "accent_color_id": 0, "max_reaction_count": 11}


def send_chat_action(call: Call) -> bool:
    """sendChatAction, which has no effect here."""
    call.chat(to_write=True)
    if not re.fullmatch(r"[a-z_]{1,32}", call.text("action")):
        raise bad_request("wrong parameter action in request")
    return True


def get_file(call: Call) -> Json:
    """getFile."""
    stored = call.world.files.find(call.text("file_id"))
    if stored is None or stored.bot_id != call.bot.bot_id:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if stored.size > MAX_DOWNLOAD:
        raise bad_request("file is too big")
    return stored.as_file()


def set_my_commands(call: Call) -> bool:
    """setMyCommands."""
    commands = call.nested("commands")
    if not isinstance(commands, list) or len(commands) > MAX_COMMANDS:
        raise bad_request("can't parse commands: expected an Array of BotCommand")
    call.bot.commands[_commands_key(call)] = [_command(command) for command in commands]
    _touch_all(call)
    return True


def get_my_commands(call: Call) -> list[Json]:
    """getMyCommands."""
    return call.bot.commands.get(_commands_key(call), [])


def delete_my_commands(call: Call) -> bool:
    """deleteMyCommands."""
    call.bot.commands.pop(_commands_key(call), None)
    _touch_all(call)
    return True


def _command(value: Any) -> Json:
    name = value.get("command") if isinstance(value, dict) else None
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]{1,32}", name.removeprefix("/")):
        raise bad_request("BOT_COMMAND_INVALID")
    description = value.get("description")
    if not isinstance(description, str) or not 1 <= utf16_length(description.strip()) <= MAX_COMMAND_TEXT:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name.removeprefix("/"), "description": description.strip()}


def _commands_key(call: Call) -> str:
    """Return the key of a list of commands, `scope|language`. Raises: BotApiError 400 for an unknown chat."""
    language = call.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    scope = call.nested("scope") or {"type": "default"}
    kind = scope.get("type") if isinstance(scope, dict) else None
    if kind in GENERAL_SCOPES:
        return f"{kind}|{language}"
    if kind != "chat":
        raise bad_request("unsupported BotCommandScope type")
    if scope.get("chat_id") is None or int(scope["chat_id"]) not in call.bot.chats:
        raise bad_request("chat not found")
    return f"chat {int(scope['chat_id'])}|{language}"


def commands_shown(bot: Bot, person: Json) -> list[Json]:
    """Choose the commands that the user's app offers: the narrowest scope first, then their language, then none."""
    language = str(person.get("language_code", ""))[:2]
    for scope in (f"chat {person['id']}", "all_private_chats", "default"):
        for key in (f"{scope}|{language}", f"{scope}|"):
            if bot.commands.get(key):
                return bot.commands[key]
    return []


def _touch_all(call: Call) -> None:
    for chat in call.bot.chats.values():
        call.world.touch(chat)
    call.world.touch()


def set_my_name(call: Call) -> bool:
    """setMyName."""
    return _set_text(call, "name")


def get_my_name(call: Call) -> Json:
    """getMyName."""
    return {"name": _text(call, "name") or call.bot.user["first_name"]}


def set_my_description(call: Call) -> bool:
    """setMyDescription: the text in an empty chat."""
    return _set_text(call, "description")


def get_my_description(call: Call) -> Json:
    """getMyDescription."""
    return {"description": _text(call, "description")}


def set_my_short_description(call: Call) -> bool:
    """setMyShortDescription: the text in the bot's profile."""
    return _set_text(call, "short_description")


def get_my_short_description(call: Call) -> Json:
    """getMyShortDescription."""
    return {"short_description": _text(call, "short_description")}


def _set_text(call: Call, field: str) -> bool:
    text = call.text(field)
    if utf16_length(text) > TEXT_LIMITS[field]:
        raise bad_request(f"{field.upper()}_TOO_LONG")
    call.bot.texts[f"{field}|{call.text('language_code')}"] = text
    _touch_all(call)
    return True


def _text(call: Call, field: str) -> str:
    return call.bot.texts.get(f"{field}|{call.text('language_code')}", "")


def description_shown(bot: Bot, person: Json) -> str:
    """Choose the description for a user's language."""
    language = str(person.get("language_code", ""))[:2]
    return bot.texts.get(f"description|{language}") or bot.texts.get("description|", "")


def set_chat_menu_button(call: Call) -> bool:
    """setChatMenuButton."""
    button = call.nested("menu_button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("can't parse menu button")
    call.bot.menu_buttons[_menu_key(call)] = button
    call.world.touch()
    return True


def get_chat_menu_button(call: Call) -> Json:
    """getChatMenuButton."""
    return call.bot.menu_buttons.get(_menu_key(call), {"type": "default"})


def _menu_key(call: Call) -> str:
    return str(call.chat()[0]) if call.text("chat_id") else "default"


def succeed(call: Call) -> bool:
    """`close` and `logOut`: there is no other server to move to, so they only succeed."""
    return bool(call.bot)
