"""The operator's own texts: typed with formatting, previewed, saved, read by customers, withdrawn."""

import json

import pytest

from bot_handlers.callbacks.appearance import PublishText, SaveText, ShowText, ShowTextLanguages
from bot_handlers.callbacks.home import ShowRules
from shop.administration.appearance import MOST_READ, TextKey
from shop.people import Right
from storage.models import AuditEntry, CustomText
from tests.bot_handlers.handlers.test_admin_routes import MANAGER, appoint
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN


def write(stage: Stage, key: TextKey, text: str, *, language: str = "English", entities: object = ()) -> None:
    """Write a text as an owner, up to its preview."""
    stage.rest()
    stage.say("/start", ADMIN)
    for label in ("Admin", "Texts", stage.languages["en"].text(f"texts.{key.value}"), language, "Write"):
        stage.press(label, ADMIN)
    stage.front.bots.accept(stage.bot.bot_id, stage.update(ADMIN, text=text, entities=list(entities)))


def save(stage: Stage) -> None:
    stage.press("Publish", ADMIN)


def test_a_custom_welcome_contains_the_name_of_the_newcomer(stage: Stage) -> None:
    bold = {"type": "bold", "offset": 0, "length": 2}
    write(stage, TextKey.WELCOME, "Hi {name}, 1 < 2 & {this} {} stays", entities=[bold])
    assert stage.texts(ADMIN)[-1] == "Hi {name}, 1 < 2 & {this} {} stays"
    stage.say("/start")
    assert stage.texts()[-2] == "Hello Ada! Use the menu below to get started.", "a draft is nobody's welcome"
    save(stage)
    stage.say("/start", CUSTOMER, first_name="A<b>da")
    assert stage.texts()[-2] == "Hi A<b>da, 1 < 2 & {this} {} stays"
    [row] = CustomText.select()
    assert row.html.startswith("<b>Hi</b> {name}")
    [entry] = AuditEntry.page(page=0, size=1)
    assert (entry.subject, json.loads(entry.details)) == ("welcome en", {"text": row.html})
    stage.press("Restore default", ADMIN)
    stage.say("/start")
    assert stage.texts()[-2].startswith("Hello A<b>da!")


def test_nobody_publishes_a_draft_that_another_admin_wrote_meanwhile(stage: Stage) -> None:
    write(stage, TextKey.HELP, "Write to @real_help")
    texts, manager = stage.stand.shop.custom_texts, stage.stand.appoint(Right.CATALOGUE)
    theirs = texts.draft(manager, TextKey.HELP, "en", "Pay to @scammer", length=15)
    save(stage)
    assert "out of date" in stage.texts(ADMIN)[-1]
    assert (texts.of(TextKey.HELP, "en"), AuditEntry.select().count()) == (None, 0)
    texts.save(manager, TextKey.HELP, "en", mark=theirs.mark)
    assert texts.of(TextKey.HELP, "en") == "Pay to @scammer"


def test_a_button_of_an_older_preview_shows_the_draft_again(stage: Stage) -> None:
    write(stage, TextKey.HELP, "Mine")
    stage.stand.shop.custom_texts.draft(stage.stand.visitor(ADMIN), TextKey.HELP, "en", "The newest", length=10)
    stage.press_data(SaveText("help", "en"), ADMIN)
    assert (stage.texts(ADMIN)[-1], AuditEntry.select().count()) == ("The newest", 0)
    save(stage)
    assert stage.stand.shop.custom_texts.of(TextKey.HELP, "en") == "The newest"


def test_custom_help_and_faq_are_shown_in_the_language_they_were_written_in(stage: Stage) -> None:
    for key in (TextKey.HELP, TextKey.FAQ):
        write(stage, key, f"My own {key.value}", language="Deutsch")
        save(stage)
    for language, own in (("de", True), ("en", False)):
        person = 3000 + own
        stage.say("/start", person, language_code=language)
        stage.say("/help", person)
        assert (stage.texts(person)[-1] == "My own help") == own
        stage.press(stage.languages[language].text("button.faq"), person)
        assert (stage.texts(person)[-1] == "My own faq") == own


def test_rules_appear_once_written_and_in_the_default_language_for_others(stage: Stage) -> None:
    stage.say("/help")
    assert "Rules" not in json.dumps(stage.messages()[-1])
    stage.press_data(ShowRules())
    assert stage.texts()[-1].startswith("That button is out of date.")
    write(stage, TextKey.RULES, "Be kind")
    save(stage)
    stage.say("/start", 3000, language_code="de")
    stage.say("/help", 3000)
    stage.press("Regeln", 3000)
    assert stage.texts(3000)[-1] == "Be kind"
    stage.press("Zurück", 3000)
    stage.say("/help")
    stage.press("Rules")
    assert stage.texts()[-1] == "Be kind"


def test_an_unusable_text_is_asked_for_again_and_nothing_is_lost(stage: Stage) -> None:
    write(stage, TextKey.FAQ, "x" * (MOST_READ + 1))
    assert f"at most {MOST_READ:,}".replace(",", "") in stage.texts(ADMIN)[-1].replace(",", "")
    stage.front.bots.accept(
        stage.bot.bot_id, stage.update(ADMIN, text="", location={"longitude": 1.0, "latitude": 1.0})
    )
    assert stage.texts(ADMIN)[-1] == "Answer with a text message."
    stage.say("x" * MOST_READ, ADMIN)
    save(stage)
    stage.say("/help")
    stage.press("FAQ")
    assert stage.texts()[-1] == "x" * MOST_READ


@pytest.mark.parametrize(
    "forged",
    [
        *(ShowText("other", "en"), ShowText("faq", "xx"), ShowTextLanguages("x")),
        *(SaveText("faq", "en"), PublishText("faq", "en", "x")),
    ],
)
def test_an_unknown_text_is_a_stale_button(stage: Stage, forged: object) -> None:
    stage.say("/start", ADMIN)
    stage.press_data(forged, ADMIN)
    assert CustomText.select().count() == 0
    assert not stage.texts(ADMIN)[-1].startswith("Sorry")


def test_a_manager_of_the_catalogue_writes_texts_and_another_cannot(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    stage.say("/start", MANAGER)
    stage.press("Admin", MANAGER)
    assert "Texts" not in json.dumps(stage.messages(MANAGER)[-1])
    appoint(stage, Right.CATALOGUE)
    stage.rest()
    stage.press_data(ShowText("faq", "en"), MANAGER)
    stage.press("Write", MANAGER)
    stage.say("Mine", MANAGER)
    stage.press("Publish", MANAGER)
    assert stage.stand.shop.custom_texts.of(TextKey.FAQ, "en") == "Mine"


def test_a_welcome_that_a_long_name_would_make_too_long_is_refused(stage: Stage) -> None:
    write(stage, TextKey.WELCOME, "{name} " * 30)
    assert CustomText.select().count() == 0
    stage.rest()
    stage.say("{name} " * 25, ADMIN)
    save(stage)
    stage.say("/start", CUSTOMER, first_name="😀" * 64)
    assert stage.texts()[-2].count("😀") == 25 * 64


@pytest.mark.parametrize("text", ["\u030a" * 20, "\u200b\u200b", "\u2800", "\u202e\u3164"])
def test_a_text_of_which_nothing_would_be_seen_is_refused(stage: Stage, text: str) -> None:
    write(stage, TextKey.HELP, text)
    assert "The text must not be empty" in stage.texts(ADMIN)[-1]
    stage.rest()
    stage.say("Then this", ADMIN)
    assert stage.texts(ADMIN)[-1] == "Then this"


def test_a_name_with_quotes_stays_whole_in_a_link(stage: Stage) -> None:
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "https://example.org/?n={name}"}
    write(stage, TextKey.WELCOME, "Link", entities=[link])
    save(stage)
    stage.say("/start", CUSTOMER, first_name='A"b')
    assert stage.messages()[-2]["entities"][0]["url"].endswith('?n=A"b')
