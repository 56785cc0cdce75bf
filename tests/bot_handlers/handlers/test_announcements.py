"""An announcement before it is sent: formatting, pictures, buttons, lists, limits, and the preview of all of it."""

from typing import Any

import pytest

from bot_handlers.callbacks.announcements import ClearLinks, DiscardDraft, SendAnnouncement, ShowAnnouncementDraft
from bot_handlers.screens.top_ups import qr_picture
from shop.people import Right
from storage.models import Announcement, Customer, ManagerRight
from tests.bot_handlers.crowd import begin, people, run, typed
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint
from tests.stand import ADMIN, BOT_ID, MANAGER, audited

PICTURE = qr_picture("souk")
BOLD = {"type": "bold", "offset": 0, "length": 4}


def content(message: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a message that recipients see."""
    names = ("text", "entities", "caption", "caption_entities", "reply_markup")
    return {name: message[name] for name in names if name in message}


def preview(stage: Stage) -> dict[str, Any]:
    """Return the preview: the message before the one that asks whether to send it."""
    assert "Preview" in stage.texts(ADMIN)[-1]
    return stage.messages(ADMIN)[-2]


def last(stage: Stage, user_id: int = CUSTOMER) -> dict[str, Any]:
    return stage.messages(user_id)[-1]


def send(stage: Stage) -> None:
    stage.rest()
    stage.press("Send to", ADMIN)
    run(stage)


def photo(stage: Stage, caption: str, content: bytes = PICTURE, **message: Any) -> None:
    """Send a photo with a caption as the admin."""
    store = stage.telegram.world.files
    stored = store.add(BOT_ID, content, name="photo.png", photo=True)
    sizes = [{"file_id": stored.file_id, "file_unique_id": "u", "width": 90, "height": 90, "file_size": len(content)}]
    typed(stage, None, caption=caption, photo=sizes, **message)


def test_recipients_see_exactly_the_preview_with_its_formatting(stage: Stage) -> None:
    begin(stage)
    link = {"type": "text_link", "offset": 5, "length": 4, "url": 'https://example.com/?a=1&b="2"'}
    code = {"type": "code", "offset": 10, "length": 3}
    typed(stage, "bold link a<b & *x* _y_ 🎉 <i>no</i>", entities=[BOLD, link, code])
    shown = content(preview(stage))
    send(stage)
    assert content(last(stage)) == shown
    assert shown["text"] == "bold link a<b & *x* _y_ 🎉 <i>no</i>"
    own = [each for each in shown["entities"] if each["type"] != "bot_command"]  # Telegram reads `/i` as a command
    kinds = [(each["type"], each["offset"], each["length"], each.get("url")) for each in own]
    assert kinds == [
        ("bold", 0, 4, None),
        ("text_link", 5, 4, 'https://example.com/?a=1&b="2"'),
        ("code", 10, 3, None),
    ]


@pytest.mark.parametrize(
    "text", ["*bold* _it_ [x](y) `c`", "<b>not bold</b> &amp; </i>", "a & b < c > d \" '", "{name}"]
)
def test_markdown_and_html_characters_arrive_unchanged(stage: Stage, text: str) -> None:
    begin(stage)
    stage.say(text, ADMIN)
    assert preview(stage)["text"] == text
    send(stage)
    assert last(stage)["text"] == text


def test_a_photo_with_a_caption_arrives_as_one_and_is_uploaded_once(stage: Stage) -> None:
    people(stage, 3)
    begin(stage)
    photo(stage, "look here", caption_entities=[BOLD])
    shown = content(preview(stage))
    assert "photo" in preview(stage)
    files = len(stage.telegram.world.files.snapshot())
    send(stage)
    assert content(last(stage)) == shown
    assert (last(stage)["caption"], last(stage)["caption_entities"]) == ("look here", [BOLD])
    assert len(stage.telegram.world.files.snapshot()) <= files + 1


def test_the_caption_goes_out_as_text_if_the_server_knows_only_text_methods(stage: Stage) -> None:
    begin(stage)
    photo(stage, "look here")
    stage.telegram.fault("text_only", 1)
    send(stage)
    assert last(stage)["text"] == "look here"
    assert "photo" not in last(stage)


def test_a_photo_that_got_no_answer_is_not_sent_again_as_text(stage: Stage) -> None:
    begin(stage)
    photo(stage, "look here")
    stage.telegram.fault("lost_reply", 1, "sendPhoto")
    send(stage)
    assert [each for each in stage.texts() if each == "look here"] == ["look here"]


def test_a_photo_without_a_caption_is_refused(stage: Stage) -> None:
    begin(stage)
    photo(stage, "")
    assert "A photo needs a caption" in stage.texts(ADMIN)[-1]


def test_a_file_that_is_not_a_picture_is_refused(stage: Stage) -> None:
    begin(stage)
    stage.send_file(b"%PDF", ADMIN, name="x.pdf")
    assert "A photo needs a caption" in stage.texts(ADMIN)[-1]
    photo(stage, "look", b"GIF89a")
    assert "That picture can’t be sent" in stage.texts(ADMIN)[-1]
    stage.say("a text then", ADMIN)
    assert preview(stage)["text"] == "a text then"


@pytest.mark.parametrize(("length", "taken"), [(4096, True), (4097, False)])
def test_a_text_too_long_for_one_message_is_refused_before_anything_is_sent(
    stage: Stage, length: int, taken: bool
) -> None:
    begin(stage)
    typed(stage, "&" * length)
    assert ("Preview" in stage.texts(ADMIN)[-1]) is taken
    assert ("4,096" in stage.texts(ADMIN)[-1] or "4096" in stage.texts(ADMIN)[-1]) is not taken
    assert Announcement.get().state == "draft"


@pytest.mark.parametrize(("caption", "taken"), [("x" * 1024, True), ("x" * 1023 + "🎉", False)])
def test_a_caption_is_measured_as_telegram_measures_it(stage: Stage, caption: str, taken: bool) -> None:
    begin(stage)
    photo(stage, caption)
    assert ("Preview" in stage.texts(ADMIN)[-1]) is taken
    assert ("1024" in stage.texts(ADMIN)[-1]) is not taken


def test_buttons_open_addresses_products_and_categories(stage: Stage) -> None:
    stage.stand.stock("KEY", name="Key <1>")
    begin(stage)
    stage.say("News", ADMIN)
    for press in ("Buttons", "From the shop", "Games", "Category: Games"):
        stage.rest()
        stage.press(press, ADMIN)
    for press in ("Buttons", "From the shop", "Games", "Keys", "Key <1>"):
        stage.rest()
        stage.press(press, ADMIN)
    stage.rest()
    stage.press("Buttons", ADMIN)
    stage.say("A - B - https://example.com/?q=1\n\nTwo – http://example.org", ADMIN)
    shown = content(preview(stage))
    send(stage)
    assert content(last(stage)) == shown
    labels = [row[0]["text"] for row in shown["reply_markup"]["inline_keyboard"]]
    assert labels == ["Games", "Key <1>", "A - B", "Two", "🔕 Stop announcements"]
    message, button = stage.button("Games")
    stage.press_data(button["callback_data"], message_id=message["message_id"])
    assert "Games" in stage.texts()[-1]
    assert stage.button("A - B", ADMIN)[1]["url"] == "https://example.com/?q=1"
    stage.rest()
    stage.press_data(stage.button("Key <1>", ADMIN)[1]["callback_data"])
    assert "Buy now" in str(last(stage)["reply_markup"])


@pytest.mark.parametrize(
    "line", ["https://example.com", "x - ftp://example.com", "x - https://", "x - javascript:1", "x"]
)
def test_an_invalid_button_is_refused_and_its_line_quoted(stage: Stage, line: str) -> None:
    begin(stage)
    stage.say("News", ADMIN)
    stage.press("Buttons", ADMIN)
    stage.say(line, ADMIN)
    assert line in stage.texts(ADMIN)[-1]
    assert "isn’t a valid button" in stage.texts(ADMIN)[-1]


def test_buttons_can_be_removed_and_there_are_at_most_ten(stage: Stage) -> None:
    begin(stage)
    stage.say("News", ADMIN)
    stage.press("Buttons", ADMIN)
    stage.say("\n".join(f"{number} - https://example.com" for number in range(11)), ADMIN)
    assert "Up to ten buttons" in stage.texts(ADMIN)[-1]
    stage.say("one - https://example.com", ADMIN)
    stage.rest()
    stage.press("Buttons", ADMIN)
    stage.press("Remove buttons", ADMIN)
    [[only]] = preview(stage)["reply_markup"]["inline_keyboard"]
    assert only["text"] == "🔕 Stop announcements"


def test_a_message_that_telegram_refuses_is_reported_at_the_preview(stage: Stage) -> None:
    begin(stage)
    stage.telegram.fault("400", 2, "sendMessage")
    stage.telegram.fault("400", 0)
    stage.say("News", ADMIN)
    stage.press("Buttons", ADMIN)
    stage.rest()
    stage.telegram.fault("400", 1, "sendMessage")
    stage.say("x - https://example.com", ADMIN)
    assert "Telegram doesn’t accept this message" in stage.texts(ADMIN)[-1]


@pytest.mark.parametrize("with_photo", [False, True])
def test_a_link_that_telegram_refuses_is_reported_at_the_preview_and_nothing_is_shown_without_it(
    stage: Stage, with_photo: bool
) -> None:
    begin(stage)
    if with_photo:
        photo(stage, "News")
    else:
        stage.say("News", ADMIN)
    stage.press("Buttons", ADMIN)
    count = len(stage.messages(ADMIN))
    stage.say("Docs - https://a..b", ADMIN)
    added = stage.messages(ADMIN)[count:]
    assert ["Telegram doesn’t accept this message" in str(each.get("text")) for each in added] == [False, True]


def test_only_speakers_of_a_language_get_it(stage: Stage) -> None:
    crowd = people(stage, 3, language="de")
    begin(stage, "New announcement", "By language", "Deutsch")
    stage.say("Neues", ADMIN)
    assert "Recipients: 3" in stage.texts(ADMIN)[-1]
    assert "To: speakers of Deutsch" in stage.texts(ADMIN)[-1]
    send(stage)
    assert [stage.texts(each) for each in crowd] == [["Neues"]] * 3
    assert "Neues" not in stage.texts()


def test_only_buyers_of_a_product_get_it(stage: Stage) -> None:
    crowd = people(stage, 3)
    stage.stand.stock("KEY")
    buyer = stage.stand.visitor(crowd[1], first_name="Bo")
    stage.stand.grant(buyer, "10.00")
    offer = stage.stand.shop.checkout.offer_product(buyer, stage.stand.product("Key"), 1)
    stage.stand.shop.checkout.place(buyer, offer.id)
    stage.send_letters()
    begin(stage, "New announcement", "Buyers of a product", "Key")
    stage.say("News", ADMIN)
    assert "Recipients: 1" in stage.texts(ADMIN)[-1]
    send(stage)
    assert ["News" in stage.texts(each) for each in crowd] == [False, True, False]


def test_the_current_stock_comes_in_each_readers_language(stage: Stage) -> None:
    people(stage, 1, language="de")
    stage.stand.stock("A", "B", name="Key <1> & more")
    stage.stand.stock("C", name="Sold out", price="5.00")
    _sell_out(stage, "Sold out")
    begin(stage, "What’s in stock", "Everyone")
    shown = preview(stage)["text"]
    assert shown == "📋 In stock\n\nGames › Keys\nKey <1> & more · $10.00 · 2 left"
    send(stage)
    assert last(stage)["text"] == shown
    assert stage.texts(20_000)[-1] == "📋 Auf Lager\n\nGames › Keys\nKey <1> & more · 10,00\xa0$ · noch 2"


def _sell_out(stage: Stage, name: str) -> None:
    buyer = stage.stand.visitor(CUSTOMER)
    stage.stand.grant(buyer, "10.00")
    offer = stage.stand.shop.checkout.offer_product(buyer, stage.stand.product(name), 1)
    stage.stand.shop.checkout.place(buyer, offer.id)
    stage.send_letters()


def test_a_list_longer_than_a_message_comes_in_parts_that_lose_nothing(stage: Stage) -> None:
    names = [f"Product {number:03} {'x' * 40}" for number in range(150)]
    for name in names:
        stage.stand.stock(f"unit {name}", name=name)
    begin(stage, "What’s in stock", "Everyone")
    assert "Sent as 3 messages per person" in stage.texts(ADMIN)[-1]
    before = len(stage.texts())
    stage.telegram.fault("429", 1, "sendMessage")
    send(stage)
    parts = stage.texts()[before:]
    assert len(parts) == 3
    assert all(len(part) <= 4096 for part in parts)
    lines = "\n".join(parts).splitlines()
    assert [line for line in lines if line.startswith("Product")] == [f"{name} · $10.00 · 1 left" for name in names]


def test_back_in_stock_lists_what_was_restocked_in_the_last_week(stage: Stage) -> None:
    stage.stand.stock("A", name="Old")
    stage.stand.clock.pass_s(8 * 86_400)
    stage.stand.stock("B", name="Fresh")
    begin(stage, "Back in stock", "Everyone")
    assert "Fresh" in preview(stage)["text"]
    assert "Old" not in preview(stage)["text"]


def test_an_empty_list_is_not_started(stage: Stage) -> None:
    begin(stage, "Back in stock", "Everyone")
    assert stage.alerts(ADMIN)[-1] == "There is nothing to list at the moment."
    assert Announcement.select().count() == 0


def test_a_draft_can_be_retyped_and_discarded(stage: Stage) -> None:
    begin(stage)
    stage.say("First words", ADMIN)
    stage.press("Edit text", ADMIN)
    stage.say("Better words", ADMIN)
    assert preview(stage)["text"] == "Better words"
    stage.rest()
    stage.press("Discard", ADMIN)
    assert Announcement.select().count() == 0
    assert "Announcements" in stage.texts(ADMIN)[-1]


def test_a_draft_of_another_admin_is_out_of_reach(stage: Stage) -> None:
    begin(stage)
    stage.say("News", ADMIN)
    number = Announcement.get().id
    stage.say("/start", 2)
    for press in (SendAnnouncement(number), ShowAnnouncementDraft(number), DiscardDraft(number), ClearLinks(number)):
        stage.rest()
        stage.press_data(press, 2)
        assert stage.texts(2)[-1] == "This is no longer available. Open the menu to see what is.", press
    assert Announcement.get().state == "draft"


def test_without_recipients_nothing_is_started_and_the_admin_is_told(stage: Stage) -> None:
    begin(stage, "New announcement", "By language", "Deutsch")
    stage.say("Neues", ADMIN)
    stage.press("Send to 0", ADMIN)
    assert stage.alerts(ADMIN)[-1] == "There are no recipients at the moment."
    assert Announcement.get().state == "draft"


def test_the_list_of_announcements_shows_the_outcome_of_each(stage: Stage) -> None:
    begin(stage)
    stage.say("News", ADMIN)
    send(stage)
    begin(stage, "#1")
    assert "Sent: 2 of 2" in stage.texts(ADMIN)[-1]
    assert Customer.select().count() == 2


def scheduled(stage: Stage, when: str = "18:00") -> None:
    begin(stage)
    stage.say("News", ADMIN)
    stage.press("Schedule", ADMIN)
    stage.say(when, ADMIN)


def test_a_scheduled_announcement_is_sent_at_its_time_and_not_before(stage: Stage) -> None:
    scheduled(stage, "1 October 2026 9:00")
    assert "🕒 Scheduled for 1 Oct 2026, 09:00 UTC" in stage.texts(ADMIN)[-1]
    run(stage)
    assert "News" not in stage.texts()
    stage.stand.clock.pass_s(12 * 86_400)
    stage.rest()
    run(stage)
    assert "News" in stage.texts()


def test_the_log_states_the_time_of_a_scheduled_announcement_as_a_date(stage: Stage) -> None:
    scheduled(stage, "1 October 2026 9:00")
    assert audited()[-1][::2] == ("announcement.scheduled", {"due_at": "2026-10-01T09:00:00+00:00"})


def test_a_scheduled_announcement_is_listed_and_can_be_taken_off_the_schedule(stage: Stage) -> None:
    scheduled(stage)
    stage.rest()
    stage.say("/admin", ADMIN)
    for label in ("Announcements", "🕒 #1", "Unschedule"):
        stage.rest()
        stage.press(label, ADMIN)
    assert "Scheduled for" not in stage.texts(ADMIN)[-1]
    stage.stand.clock.pass_s(2 * 86_400)
    run(stage)
    assert "News" not in stage.texts()


@pytest.mark.parametrize(
    "when", ["soon", "31 December 2026", "1/2/2027 9:00", "1 January 2026 9:00", "1 January 2030 9:00"]
)
def test_anything_but_a_time_in_the_near_future_is_asked_for_again(stage: Stage, when: str) -> None:
    scheduled(stage, when)
    assert Announcement.get().due_at is None
    assert [each["text"] for each in stage.messages(ADMIN)[-1]["reply_markup"]["inline_keyboard"][-1]] == [
        "← Back",
        "✖ Cancel",
    ]


def test_an_admin_who_lost_the_right_is_told_that_nothing_was_sent(stage: Stage) -> None:
    appoint(stage, Right.ANNOUNCEMENTS)
    begin(stage, user_id=MANAGER)
    stage.say("News", MANAGER)
    stage.press("Schedule", MANAGER)
    stage.say("18:00", MANAGER)
    with stage.stand.database.transaction():
        ManagerRight.delete().execute()
    stage.stand.clock.pass_s(2 * 86_400)
    stage.rest()
    run(stage)
    stage.send_letters()
    assert "News" not in stage.texts()
    assert "was not sent.\nOnly the admins" in stage.texts(MANAGER)[-1]


def test_an_announcement_is_sent_again_as_it_was(stage: Stage) -> None:
    begin(stage)
    photo(stage, "look here", caption_entities=[BOLD])
    send(stage)
    stage.rest()
    stage.press("Send again", ADMIN)
    assert content(preview(stage)) == content(last(stage))
    send(stage)
    assert stage.texts().count("look here") == 2
    assert [row.state for row in Announcement.select()] == ["done", "done"]
