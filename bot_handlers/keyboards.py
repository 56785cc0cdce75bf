"""Buttons of ours as Telegram's."""

from telebot.types import CopyTextButton, InlineKeyboardButton, InlineKeyboardMarkup

from bot_handlers.views.screen import Button, Rows


def inline(rows: Rows) -> InlineKeyboardMarkup | None:
    """Make the buttons below a message; None where there are none."""
    if not rows:
        return None
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in rows])


def _button(button: Button) -> InlineKeyboardButton:
    if button.link is not None:
        return InlineKeyboardButton(button.label, url=button.link)
    if button.copy is not None:
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy))
    if button.press is None:
        raise ValueError(f"the button {button.label!r} does nothing")
    return InlineKeyboardButton(button.label, callback_data=button.press.pack())
