"""An admin reads the reviews, hides one with a reason, and shows it again."""

from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.stand import ADMIN


def test_a_review_is_hidden_with_a_reason_that_its_author_reads_and_shown_again(stage: Stage) -> None:
    shop, ada = stage.stand.shop, stage.stand.visitor(CUSTOMER)
    line_id = stage.stand.bought(stage.stand.visitor(CUSTOMER), stage.stand.stock("KEY-1"))
    shop.reviews.rate(ada, line_id, 1)
    shop.reviews.write(ada, line_id, "<b>bad</b>")
    stage.say("/start", ADMIN, first_name="Olga")
    stage.send_letters()
    stage.say("/start", ADMIN)
    stage.press("Admin", ADMIN)
    stage.press("Reviews", ADMIN)
    assert stage.texts(ADMIN)[-1] == f"Reviews\n\n★ · Key · Ada ({CUSTOMER})\n<b>bad</b>"
    stage.press("1★ Key", ADMIN)
    stage.press("Hide", ADMIN)
    stage.front.bots.accept(
        stage.bot.bot_id, stage.update(ADMIN, text="", location={"longitude": 1.0, "latitude": 1.0})
    )
    assert stage.texts(ADMIN)[-1] == "Answer with a text message."
    stage.say("x" * 301, ADMIN)
    assert "at most 300 characters" in stage.texts(ADMIN)[-1]
    stage.say("Not <nice>", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("🙈 ★ · Key")
    stage.send_letters()
    assert "🙈 The shop has hidden your review of Key.\nReason: Not <nice>" in stage.texts(CUSTOMER)
    stage.rest()
    stage.press("Unhide", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("★ · Key")
    stage.press("All for this product", ADMIN)
    assert "★ · Key" in stage.texts(ADMIN)[-1]
    stage.press("Back", ADMIN)
    stage.press("Back", ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("Admin")
