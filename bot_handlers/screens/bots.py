"""The bots of the shop."""

from collections.abc import Mapping, Sequence

from bot_handlers.callbacks.bots import (
    AskRemoveBot,
    DropBotPicture,
    DropBotWelcome,
    RemoveBot,
    SendBotPicture,
    ShowBot,
    ShowBotRoots,
    ShowBots,
    SwitchBot,
    SwitchBotRoot,
    TypeBot,
    TypeBotName,
    TypeBotWelcome,
)
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.screens.screen import Button, Rows, Screen, back_row, shortened
from locales import Translator
from shop.administration.bots import BotCard, OffReason

MAX_LABEL = 40
MOST_ROOTS = 90
"""The most categories to choose from: a message can have a hundred buttons."""
_NAME = "{name}"


def bots(every: Sequence[BotCard], t: Translator) -> Screen:
    """Show the bots, each with a light that says whether it is on."""
    rows = [(Button(shortened(f"{_light(each)} {each.name}", MAX_LABEL), ShowBot(each.id)),) for each in every]
    return Screen(t.text("bots"), (*rows, (Button(t.text("button.add_bot"), TypeBot()),), back_row(AdminHome(), t)))


def bot(card: BotCard, t: Translator) -> Screen:
    """Show a bot: how it is, and what can be changed."""
    on = "bot.deaf" if card.is_deaf else "bot.on"
    state = t.text(on if card.reason is None else f"bot.off.{card.reason.value}")
    handle = f"@{card.username}" if card.username else str(card.id)
    lines = [t.text("bot", name=card.name, handle=handle, people=card.people), f"{_light(card)} {state}"]
    if card.is_main:
        lines.append(t.text("bot.main"))
    if card.reason is None:
        lines.append(t.text("bot.press_start"))
    return Screen("\n".join(lines), (*_changes(card, t), back_row(ShowBots(), t)))


def ask_token(t: Translator) -> Screen:
    """Ask for a token."""
    return Screen(t.text("ask_bot"), (back_row(ShowBots(), t),))


def ask_name(card: BotCard, t: Translator) -> Screen:
    """Ask for another name."""
    return Screen(t.text("bot.ask_name", name=card.name), (back_row(ShowBot(card.id), t),))


def ask_welcome(card: BotCard, t: Translator) -> Screen:
    """Ask for a greeting."""
    asked = f"{t.text('bot.ask_welcome', name=card.name)}\n{t.text('texts.name', name=_NAME)}"
    rows: Rows = (back_row(ShowBot(card.id), t),)
    if card.welcome:
        rows = ((Button(t.text("button.text_back"), DropBotWelcome(card.id)),), *rows)
    return Screen(asked, rows)


def ask_picture(card: BotCard, t: Translator) -> Screen:
    """Ask for a picture."""
    rows: Rows = (back_row(ShowBot(card.id), t),)
    if card.has_picture:
        rows = ((Button(t.text("button.no_picture"), DropBotPicture(card.id)),), *rows)
    return Screen(t.text("ask_picture", name=card.name), rows)


def ask_remove(card: BotCard, t: Translator) -> Screen:
    """Ask before a bot is removed."""
    remove = Button(t.text("button.remove"), RemoveBot(card.id))
    return Screen(t.text("bot.ask_remove", name=card.name), ((remove,), back_row(ShowBot(card.id), t)))


def roots(card: BotCard, categories: Sequence[tuple[int, str]], t: Translator) -> Screen:
    """Show which root categories a bot shows."""
    rows = [
        (
            Button(
                shortened(f"{'✅' if number in card.category_ids else '⬜'} {name}", MAX_LABEL),
                SwitchBotRoot(card.id, number),
            ),
        )
        for number, name in categories[:MOST_ROOTS]
    ]
    return Screen(t.text("bot.roots", name=card.name), (*rows, back_row(ShowBot(card.id), t)))


def off(payload: Mapping[str, str], t: Translator) -> Screen:
    """Tell an owner that a bot has switched itself off, and what to do."""
    reason = OffReason(payload["reason"])
    return _with_bots(t.text("admin.bot_off", name=_named(payload), reason=t.text(f"bot.off.{reason.value}")), t)


def deaf(payload: Mapping[str, str], t: Translator) -> Screen:
    """Tell an owner that updates of Telegram do not reach one of the bots, and why."""
    known = {"conflict": "admin.deaf_bot_conflict", "piled": "admin.deaf_bot_piled"}
    key = known.get(payload["trouble"], "admin.deaf_bot")
    return _with_bots(t.text(key, name=_named(payload), detail=payload["detail"]), t)


def hears(payload: Mapping[str, str], t: Translator) -> Screen:
    """Tell an owner that updates reach a bot again."""
    return _with_bots(t.text("admin.hears_bot", name=_named(payload)), t)


def _named(payload: Mapping[str, str]) -> str:
    return f"{payload['name']} (@{payload['username']})" if payload["username"] else payload["name"]


def _with_bots(text: str, t: Translator) -> Screen:
    return Screen(text, ((Button(t.text("button.bots"), ShowBots()),),))


def _changes(card: BotCard, t: Translator) -> Rows:
    """List what can be changed about a bot."""
    rows: list[tuple[Button, ...]] = []
    if card.username:
        rows.append((Button(t.text("button.open_bot"), link=f"https://t.me/{card.username}"),))
    rows.append(
        (
            Button(t.text("button.name_bot"), TypeBotName(card.id)),
            Button(t.text("button.bot_welcome"), TypeBotWelcome(card.id)),
        )
    )
    rows.append(
        (
            Button(t.text("button.picture"), SendBotPicture(card.id)),
            Button(t.text("button.bot_roots"), ShowBotRoots(card.id)),
        )
    )
    is_off = card.reason is not None
    switch = Button(t.text("button.bot_on" if is_off else "button.bot_off"), SwitchBot(card.id, int(is_off)))
    if card.is_main:
        rows.extend([(switch,)] if is_off else [])
    else:
        rows.append((switch, Button(t.text("button.remove"), AskRemoveBot(card.id))))
    return tuple(rows)


def _light(card: BotCard) -> str:
    if card.reason is not None:
        return "🔴"
    return "🟡" if card.is_deaf else "🟢"
