"""Profile, reviews, tickets and commands in the chat: what is shown, what is typed, what is refused."""

import json

import pytest

from bot_handlers.callbacks.reviews import GiveStars
from bot_handlers.callbacks.tickets import CloseAnyTicket, ShowAnyTicket, ShowOpenTickets, TypeAnswer, TypeTicket
from bot_handlers.screens import reviews as reviews_screens
from bot_handlers.screens import tickets as tickets_screens
from bot_handlers.screens.home import COMMANDS, TERMS_COMMANDS
from bot_handlers.screens.screen import MAX_TEXT, plain_text, utf16_length
from bot_handlers.telegram.setup import Links, announce
from shop.catalog.reviews import MAX_TEXT as MAX_REVIEW
from shop.catalog.reviews import MOST_ON_A_PAGE
from shop.support.tickets import MAX_TEXT as MAX_MESSAGE
from storage.models import Conversation, Outbox, Product, TicketMessage
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN, BOT_ID


def test_a_server_that_knows_no_commands_costs_nothing(stage: Stage) -> None:
    stage.telegram.fault("text_only", 1)
    announce(stage.bot, stage.languages, default_language="en", owners=dict)
    assert Links({BOT_ID: stage.bot}).start(BOT_ID, "ref_abc").endswith("ref_abc")


def test_commands_are_announced_in_every_language(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    announce(stage.bot, stage.languages, default_language="en", owners=lambda: {404: "en", ADMIN: "de"})
    shown = stage.view(ADMIN)["commands"][-1]
    assert (shown["command"], shown["description"]) == ("admin", "Shop verwalten")
    for code, cart in (("en", "Your cart"), ("de", "Dein Warenkorb"), ("pl", "Your cart")):
        stage.say("/start", 3000 + len(code) + ord(code[0]), language_code=code)
        shown = stage.view(3000 + len(code) + ord(code[0]))["commands"]
        assert [each["command"] for each in shown] == ["start", *COMMANDS, *TERMS_COMMANDS]
        assert cart in [each["description"] for each in shown]


@pytest.mark.parametrize("text", ["/start", "/unknown", "/", "//shop", "/ shop"])
def test_an_unknown_command_leads_to_the_main_menu(stage: Stage, text: str) -> None:
    stage.say(text)
    assert stage.texts()[-1].startswith("Main menu")


def test_anything_but_text_is_asked_for_again_and_a_button_ends_the_dialog(stage: Stage) -> None:
    stage.say("/profile")
    stage.press("Tickets")
    stage.press("Message the shop")
    asked = len(stage.texts())
    stage.front.bots.accept(BOT_ID, stage.update(text="", location={"longitude": 1.0, "latitude": 1.0}))
    assert len(stage.texts()) == asked + 1
    assert stage.texts()[-1].startswith("Answer with a text, photo")
    stage.say("👤 Profile")
    assert Conversation.select().count() == 0
    stage.say("not for the shop")
    assert TicketMessage.select().count() == 0


def test_a_text_that_is_too_long_is_refused_and_the_dialog_goes_on(stage: Stage) -> None:
    stage.press_data(TypeTicket(None))
    stage.say("x" * (MAX_MESSAGE + 1))
    assert "at most 1000 characters" in stage.texts()[-1]
    stage.say("short")
    assert "Ticket #1 · open" in stage.texts()[-1]


def test_a_customer_who_forges_an_admins_button_is_refused_and_starts_no_dialog(stage: Stage) -> None:
    stage.stand.shop.tickets.open(stage.stand.visitor(), "secret")
    stage.say("/start", 666)
    for button in (
        ShowOpenTickets(0),
        ShowAnyTicket(1),
        TypeAnswer(1),
        CloseAnyTicket(1),
    ):
        stage.press_data(button, 666)
    assert stage.alerts(666) == ["Only the admins of this shop can do that."] * 4
    assert "secret" not in json.dumps(stage.view(666))
    assert Conversation.select().count() == 0


def test_the_longest_reviews_and_tickets_fit_in_a_message(stage: Stage) -> None:
    stand, t = stage.stand, stage.languages["en"]
    for number in range(MOST_ON_A_PAGE + 1):
        line_id = stage.stand.bought(stage.stand.visitor(4000 + number), stage.stand.stock(f"KEY-{number}"))
        person = stand.visitor(4000 + number)
        stand.shop.reviews.rate(person, line_id, 5)
        stand.shop.reviews.write(person, line_id, "😀" * MAX_REVIEW)
    page = stand.shop.reviews.of(1, page=0)
    assert (len(page.reviews), page.pages) == (MOST_ON_A_PAGE, 2)
    assert utf16_length(plain_text(reviews_screens.reviews(page, t).text)) <= MAX_TEXT
    for _ in range(12):
        ticket = stand.shop.tickets.open(person, "😀" * MAX_MESSAGE, line_id=line_id)
    screen = tickets_screens.ticket(ticket, t)
    assert utf16_length(plain_text(screen.text)) <= MAX_TEXT
    assert "older messages are not shown" in screen.text


def test_a_restock_letter_is_not_sent_if_the_product_was_hidden_meanwhile(stage: Stage) -> None:
    stand = stage.stand
    stage.stand.bought(stage.stand.visitor(CUSTOMER), stage.stand.stock("KEY-1"))
    stand.shop.restocks.ask(stand.visitor(), 1)
    stand.stock("NEW")
    with stand.database.transaction():
        Product.change(1, hidden=True)
    stage.send_letters()
    assert Outbox.get(Outbox.kind == "restocked").sent_at is not None
    assert not any("is back" in text for text in stage.texts())


def test_admins_are_told_of_reviews_and_closed_tickets(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    line_id = stage.stand.bought(stage.stand.visitor(CUSTOMER), stage.stand.stock("KEY-1"))
    stage.press_data(GiveStars(line_id, 2))
    stage.press("Report a problem")
    stage.say("It is <b>broken</b> & sad")
    stage.press("Mark as solved")
    stage.send_letters()
    told = stage.texts(ADMIN)
    assert any("⭐ ★★ for Key by Ada" in text for text in told)
    assert any("It is <b>broken</b> & sad" in text for text in told)
    assert any("has marked ticket #1 as solved" in text for text in told)
