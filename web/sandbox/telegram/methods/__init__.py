"""The methods of the Bot API that this emulator has, on one screen."""

from collections.abc import Callable, Mapping
from typing import Any

from web.sandbox.telegram.call import Call
from web.sandbox.telegram.methods import messages, profile, stars, updates

Method = Callable[[Call], Any]

METHODS: Mapping[str, Method] = {
    "getme": profile.get_me,
    "logout": profile.succeed,
    "close": profile.succeed,
    "getupdates": updates.get_updates,
    "setwebhook": updates.set_webhook,
    "deletewebhook": updates.delete_webhook,
    "getwebhookinfo": updates.get_webhook_info,
    "answercallbackquery": updates.answer_callback_query,
    "sendmessage": messages.send_message,
    "sendphoto": messages.send_photo,
    "senddocument": messages.send_document,
    "sendvideo": messages.send_video,
    "sendvoice": messages.send_voice,
    "sendmediagroup": messages.send_media_group,
    "editmessagetext": messages.edit_message_text,
    "editmessagecaption": messages.edit_message_caption,
    "editmessagemedia": messages.edit_message_media,
    "editmessagereplymarkup": messages.edit_message_reply_markup,
    "deletemessage": messages.delete_message,
    "deletemessages": messages.delete_messages,
    "sendinvoice": stars.send_invoice,
    "answerprecheckoutquery": stars.answer_pre_checkout_query,
    "refundstarpayment": stars.refund_star_payment,
    "getstartransactions": stars.get_star_transactions,
    "getmystarbalance": stars.get_my_star_balance,
    "sendchataction": profile.send_chat_action,
    "getchat": profile.get_chat,
    "getfile": profile.get_file,
    "setmycommands": profile.set_my_commands,
    "getmycommands": profile.get_my_commands,
    "deletemycommands": profile.delete_my_commands,
    "setmyname": profile.set_my_name,
    "getmyname": profile.get_my_name,
    "setmydescription": profile.set_my_description,
    "getmydescription": profile.get_my_description,
    "setmyshortdescription": profile.set_my_short_description,
    "getmyshortdescription": profile.get_my_short_description,
    "setchatmenubutton": profile.set_chat_menu_button,
    "getchatmenubutton": profile.get_chat_menu_button,
}
"""The methods by their names in lower case: Telegram ignores the case of method names."""
