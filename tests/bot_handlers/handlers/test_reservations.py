"""What is kept for who tops up: the screen says until when, and everybody else sees it sold out."""

from storage.models import Reservation
from tests.bot_handlers.handlers.test_waiting import deposit
from tests.bot_handlers.stage import CUSTOMER, Stage

OTHER = 5


def to_the_product(stage: Stage, user_id: int = CUSTOMER) -> None:
    stage.say("/start", user_id)
    for label in ("Shop", "Games", "Key"):
        stage.press(label, user_id)


def test_the_coins_say_until_when_the_goods_are_kept(stage: Stage) -> None:
    stage.stand.stock("KEY")
    to_the_product(stage)
    stage.press("Buy now")
    stage.press("Top up $10.00")
    moment = stage.languages["en"].time_of_day(stage.stand.clock.now + 1_800)
    assert f"Reserved for you until {moment}." in stage.texts()[-1]
    stage.stand.clock.pass_s(1_800)
    stage.say("/topup")
    assert "is waiting for this payment" in stage.texts()[-1]
    assert "The items aren’t reserved in the meantime" in stage.texts()[-1]


def test_others_see_it_sold_out_and_hear_when_it_is_free_again(stage: Stage) -> None:
    stage.stand.stock("KEY")
    to_the_product(stage)
    stage.press("Buy now")
    stage.press("Top up $10.00")
    stage.say("/start", OTHER)
    for label in ("Shop", "Games"):
        stage.press(label, OTHER)
    assert stage.button("Key", OTHER)[1]["text"] == "🆕 Key · sold out"
    stage.press("Key · sold out", OTHER)
    stage.press("Notify me when it’s back", OTHER)
    to_the_product(stage)
    assert "In stock: 1" in stage.texts()[-1], "it is there for who has it kept"
    stage.say("/topup")
    stage.press("Don’t order automatically")
    stage.send_letters()
    assert "Key is back" in stage.texts(OTHER)[-1]
    stage.press("View product", OTHER)
    stage.press("Buy now", OTHER)
    assert "Top up $10.00" in stage.button("Top up $10.00", OTHER)[1]["text"]


def test_an_offer_of_before_is_refused_with_an_alert_while_the_last_one_is_kept(stage: Stage) -> None:
    stand = stage.stand
    stand.stock("KEY")
    stage.say("/start", OTHER)
    stand.grant(stand.visitor(OTHER), "10.00")
    to_the_product(stage, OTHER)
    stage.press("Buy now", OTHER)
    to_the_product(stage)
    stage.press("Buy now")
    stage.press("Top up $10.00")
    stage.press("Pay $10.00", OTHER)
    assert stage.alerts(OTHER)[-1] == "Key is sold out."
    deposit(stage)
    assert "KEY" in stage.texts()[-1]
    assert Reservation.select().count() == 0
