"""Sending: whatever Telegram refuses, the important part arrives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telebot.apihelper import ApiTelegramException

from bot_handlers.callbacks.home import Home, ShowHelp
from bot_handlers.screens.screen import (
    MAX_CAPTION,
    MAX_TEXT,
    Button,
    FileParcel,
    Menu,
    Parcel,
    Screen,
    plain_text,
    split,
    utf16_length,
)
from bot_handlers.screens.top_ups import qr_picture
from bot_handlers.telegram.failures import TelegramFailure, link_refused, retry_after_s
from bot_handlers.telegram.mailing import Mailing
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import BOT_ID

PICTURE = qr_picture("bitcoin:bc1q")
ROWS = ((Button("Home", Home()), Button("Site", link="https://example.org")), (Button("Copy", copy="abc"),))
LINES = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.just("key " * 20), max_size=40)


def shown(stage: Stage, screen: Screen, **where: Any) -> dict[str, Any]:
    """Show a screen; return the newest message."""
    stage.messenger.show(stage.visit(**where), screen)
    return stage.messages()[-1]


def test_a_screen_is_a_message_with_its_buttons(stage: Stage) -> None:
    message = shown(stage, Screen("<b>Hello</b> &amp; welcome", ROWS))
    assert message["text"] == "Hello & welcome"
    assert message["entities"][0]["type"] == "bold"
    [[press, link], [copy]] = message["reply_markup"]["inline_keyboard"]
    assert (press["callback_data"], link["url"], copy["copy_text"]) == (
        "home",
        "https://example.org",
        {"text": "abc"},
    )


def test_a_pressed_screen_is_replaced_in_place(stage: Stage) -> None:
    first = shown(stage, Screen("one", ROWS))
    count = len(stage.messages())
    second = shown(stage, Screen("two"), message_id=first["message_id"])
    assert (second["message_id"], second["text"], len(stage.messages())) == (first["message_id"], "two", count)


def test_showing_the_same_screen_again_is_neither_a_failure_nor_a_new_message(stage: Stage) -> None:
    first = shown(stage, Screen("one", ROWS))
    count = len(stage.messages())
    shown(stage, Screen("one", ROWS), message_id=first["message_id"])
    assert len(stage.messages()) == count


def test_a_screen_whose_message_is_gone_is_a_new_message(stage: Stage) -> None:
    message = shown(stage, Screen("again"), message_id=999_999)
    assert message["text"] == "again"


def test_markup_that_telegram_cannot_read_goes_out_plain(stage: Stage) -> None:
    message = shown(stage, Screen("<b>half &lt;open"))
    assert message["text"] == "half <open"
    edited = shown(stage, Screen("<i>again &amp;"), message_id=message["message_id"])
    assert edited["text"] == "again &"


def test_a_picture_comes_with_its_text_below(stage: Stage) -> None:
    message = shown(stage, Screen("<b>Pay</b>", ROWS, PICTURE))
    assert message["photo"]
    assert message["caption"] == "Pay"


def test_a_picture_that_fails_leaves_its_text_and_buttons(stage: Stage) -> None:
    stage.telegram.fault("400", 1, "sendPhoto")
    message = shown(stage, Screen("Pay", ROWS, PICTURE))
    assert "photo" not in message
    assert message["text"] == "Pay"
    assert message["reply_markup"]["inline_keyboard"]


def test_a_text_too_long_for_a_caption_comes_without_the_picture(stage: Stage) -> None:
    message = shown(stage, Screen("x" * (MAX_CAPTION + 1), (), PICTURE))
    assert len(message["text"]) == MAX_CAPTION + 1


def test_a_text_too_long_for_a_caption_replaces_a_text(stage: Stage) -> None:
    first = shown(stage, Screen("one"))
    second = shown(stage, Screen("x" * (MAX_CAPTION + 1), (), PICTURE), message_id=first["message_id"])
    assert second["message_id"] == first["message_id"]


def test_the_old_screen_disappears_when_text_and_picture_alternate(stage: Stage) -> None:
    text = shown(stage, Screen("text"))
    picture = shown(stage, Screen("picture", (), PICTURE), message_id=text["message_id"])
    assert picture["caption"] == "picture"
    again = shown(stage, Screen("text again"), message_id=picture["message_id"], on_picture=True)
    numbers = [message["message_id"] for message in stage.messages()]
    assert again["message_id"] in numbers
    assert not {text["message_id"], picture["message_id"]} & set(numbers)


def test_a_picture_is_replaced_by_the_next_one_in_place(stage: Stage) -> None:
    first = shown(stage, Screen("one", (), PICTURE))
    second = shown(stage, Screen("two", (), qr_picture("x")), message_id=first["message_id"], on_picture=True)
    assert (second["message_id"], second["caption"]) == (first["message_id"], "two")


def test_on_a_server_with_text_methods_only_every_screen_still_arrives(stage: Stage) -> None:
    stage.telegram.fault("text_only", 1)
    text = shown(stage, Screen("text", ROWS))
    with_picture = shown(stage, Screen("with picture", ROWS, PICTURE), message_id=text["message_id"])
    assert with_picture["text"] == "with picture"
    stage.messenger.deliver(BOT_ID, CUSTOMER, long_parcel("k" * 9000))
    assert sum(text.count("k") for text in stage.texts()) >= 9000


def test_a_wait_that_telegram_asks_for_is_left_to_the_caller(stage: Stage) -> None:
    for screen in (Screen("text"), Screen("picture", (), PICTURE)):
        stage.telegram.fault("429", 1, "sendPhoto" if screen.picture else "sendMessage", seconds=9)
        with pytest.raises(ApiTelegramException) as refused:
            shown(stage, screen)
        assert retry_after_s(refused.value) == 9
        assert shown(stage, screen)["message_id"]


@pytest.mark.parametrize("kind", ["403", "500", "drop", "timeout"])
def test_a_failure_is_left_to_the_caller_and_contains_no_token(stage: Stage, kind: str) -> None:
    stage.telegram.fault(kind, 5, "sendMessage")
    with pytest.raises(TelegramFailure) as refused:
        shown(stage, Screen("never"))
    assert "TEST-token" not in f"{refused.value!r} {refused.value} {refused.value.__cause__!r}"


def test_a_menu_is_shown_below_the_text_field(stage: Stage) -> None:
    stage.messenger.show_menu(stage.visit(), Menu("Hello", (("A", "B"), ("C",))))
    keyboard = stage.view()["reply_keyboard"]
    assert [[key["text"] for key in row] for row in keyboard] == [["A", "B"], ["C"]]


@pytest.mark.parametrize(("each", "count"), [("é", 199), ("🔑", 99)])
def test_an_alert_too_long_for_telegram_is_cut(stage: Stage, each: str, count: int) -> None:
    stage.telegram.people.press(CUSTOMER, stage.messages()[-1]["message_id"], "x")
    [update] = stage.updates()
    stage.messenger.toast(stage.visit(tap_id=update["callback_query"]["id"]), f"<b>{each}</b>" * 300, alert=True)
    assert stage.alerts() == [each * count + "…"]


def test_a_press_that_is_too_old_to_be_answered_is_not_a_failure(stage: Stage) -> None:
    stage.messenger.toast(stage.visit(tap_id="12345"), "late")
    assert stage.alerts() == []


def long_parcel(plain: str) -> Parcel:
    return Parcel("<b>Goods</b>", f"<pre>{plain}</pre>", plain, "order-1.txt")


def file_sent(stage: Stage) -> bytes:
    message = next(message for message in reversed(stage.messages()) if "document" in message)
    return stage.telegram.file(message["document"]["file_id"])[1]


def test_goods_with_markup_characters_arrive_to_the_last_character(stage: Stage) -> None:
    key = "<b>&amp;\"'`</pre>ключ🔑"
    html = "<pre>" + key.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + "</pre>"
    stage.messenger.deliver(BOT_ID, CUSTOMER, Parcel("t", html, key, "f"))
    assert stage.texts()[-1] == key


def test_goods_too_long_for_a_message_come_as_a_file(stage: Stage) -> None:
    goods = "ключ <&>\r\n" * 1000
    stage.messenger.deliver(BOT_ID, CUSTOMER, long_parcel(goods))
    assert file_sent(stage).decode() == goods
    assert stage.messages()[-1]["document"]["file_name"] == "order-1.txt"
    assert stage.texts()[-1] == "Goods"


def test_a_file_arrives_as_it_is(stage: Stage) -> None:
    """Telegram would make a video of a GIF."""
    stage.messenger.deliver_file(BOT_ID, CUSTOMER, FileParcel("Yours", "x.gif", b"GIF89a", Screen("on the server")))
    assert stage.messages()[-1]["document"]["file_name"] == "x.gif"


@pytest.mark.parametrize("length", [MAX_TEXT, MAX_TEXT + 1])
def test_the_longest_message_is_still_a_message(stage: Stage, length: int) -> None:
    stage.messenger.deliver(BOT_ID, CUSTOMER, long_parcel("🔑" * (length // 2) + "x" * (length % 2)))
    assert ("document" in stage.messages()[-1]) == (length > MAX_TEXT)


def test_goods_whose_file_cannot_be_sent_come_in_parts(stage: Stage) -> None:
    goods = "".join(f"key {number:05}\n" for number in range(1500))
    stage.telegram.fault("400", 1, "sendDocument")
    before = len(stage.texts())
    stage.messenger.deliver(BOT_ID, CUSTOMER, long_parcel(goods))
    assert "\n".join(stage.texts()[before:]).split() == goods.split()


@pytest.mark.parametrize("kind", ["403", "429"])
def test_goods_are_not_sent_in_parts_to_a_person_who_cannot_be_written_to_now(stage: Stage, kind: str) -> None:
    stage.telegram.fault(kind, 2, "sendDocument")
    before = stage.texts()
    with pytest.raises(ApiTelegramException) as refused:
        stage.messenger.deliver(BOT_ID, CUSTOMER, long_parcel("k" * 9000))
    assert refused.value.error_code == int(kind)
    assert stage.texts() == before


def test_a_letter_that_shows_progress_edits_its_own_message_or_sends_a_new_one(stage: Stage) -> None:
    number = stage.messenger.send(BOT_ID, CUSTOMER, Screen("1 of 2"))
    assert stage.messenger.update(BOT_ID, CUSTOMER, number, Screen("2 of 2")) == number
    assert stage.messenger.update(BOT_ID, CUSTOMER, number, Screen("2 of 2")) == number
    assert stage.texts()[-1] == "2 of 2"
    assert stage.messenger.update(BOT_ID, CUSTOMER, 999_999, Screen("anew")) != number
    assert stage.texts()[-2:] == ["2 of 2", "anew"]


@given(LINES, st.integers(10, 100))
def test_splitting_a_text_loses_nothing_visible(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    parts = split(text, limit)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(0 < utf16_length(part) <= limit for part in parts)
    assert all(part.strip() for part in parts)


def test_a_text_is_split_at_the_ends_of_lines_if_there_are_any() -> None:
    assert split("aaa\nbbb\nccc\n", 8) == ["aaa\nbbb\n", "ccc\n"]
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_a_button_does_exactly_one_thing(stage: Stage) -> None:
    with pytest.raises(ValueError, match="does nothing") as refused:
        shown(stage, Screen("x", ((Button("Broken"),),)))
    assert "Broken" in str(refused.value)
    assert shown(stage, Screen("x", ((Button("Help", ShowHelp()),),)))["text"] == "x"


def test_the_plain_text_of_markup_is_what_a_person_reads() -> None:
    assert plain_text('<b>a</b> &lt;b&gt; <a href="x">&amp;</a>') == "a <b> &"


LINKS = (
    (Button("To the owner", link="tg://user?id=1"), Button("Copy", copy="x")),
    (Button("Page", link="https://a.example"),),
)


@pytest.mark.parametrize("kind", ["text", "edited", "picture", "file", "recaptioned"])
def test_a_message_whose_link_is_refused_goes_out_without_its_links(stage: Stage, kind: str) -> None:
    stage.telegram.fault("private", 1)
    first = shown(stage, Screen("one", ROWS))
    screen, messenger = Screen("<b>two</b>", LINKS, PICTURE if kind == "picture" else None), stage.messenger
    if kind == "edited":
        shown(stage, screen, message_id=first["message_id"])
    elif kind == "file":
        messenger.deliver_file(BOT_ID, CUSTOMER, FileParcel("two", "a.txt", b"bytes", Screen("no file"), LINKS))
    elif kind == "recaptioned":
        assert messenger.recaption(BOT_ID, CUSTOMER, first["message_id"], screen)
    else:
        messenger.send(BOT_ID, CUSTOMER, screen)
    message = stage.messages()[-1]
    assert stage.texts()[-1] == "two"
    assert ("photo" in message, "document" in message) == (kind == "picture", kind == "file")
    assert [[button["text"] for button in row] for row in message["reply_markup"]["inline_keyboard"]] == [["Copy"]]


@pytest.mark.parametrize("picture", [None, PICTURE])
def test_an_announcement_whose_link_is_refused_does_not_go_out_and_is_tried_once(
    stage: Stage, picture: bytes | None
) -> None:
    stage.telegram.fault("private", 1)
    count, calls = len(stage.messages()), list[int]()
    stage.transport.on_answer = lambda _method, status, _date: calls.append(status)
    with pytest.raises(ApiTelegramException) as refused:
        Mailing({BOT_ID: stage.bot}).send(BOT_ID, CUSTOMER, Screen("two", LINKS, picture))
    assert link_refused(refused.value)
    assert (len(stage.messages()), calls) == (count, [400])


def test_an_edit_that_only_differs_in_refused_links_is_no_new_message(stage: Stage) -> None:
    stage.telegram.fault("private", 1)
    first = shown(stage, Screen("one", LINKS))
    count = len(stage.messages())
    shown(stage, Screen("one", LINKS), message_id=first["message_id"])
    assert len(stage.messages()) == count
