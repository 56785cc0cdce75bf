"""Profile → My data, in the chat: two files, a week to change one's mind, and a warning about the balance."""

import codecs
import json

import pytest

from storage.models import Customer
from tests.bot_handlers.stage import CUSTOMER, Stage

DAY_S = 86_400


def open_my_data(stage: Stage) -> None:
    stage.rest()
    stage.say("/profile")
    stage.press("My data")


def test_a_person_gets_a_file_to_read_and_one_for_programs_once_a_day(stage: Stage) -> None:
    stage.stand.stock("KEY-1")
    stage.stand.bought(stage.stand.visitor(CUSTOMER), "Key")
    open_my_data(stage)
    stage.press("Send me my data")
    documents = [message["document"] for message in stage.messages() if "document" in message]
    assert [document["file_name"] for document in documents] == ["my-data.txt", "my-data.json"]
    readable, programs = (stage.telegram.file(document["file_id"])[1] for document in documents)
    assert readable.startswith(codecs.BOM_UTF8)
    assert b"PURCHASES" in readable
    assert b"content: KEY-1" in readable
    assert json.loads(programs.decode("utf-8"))["purchases"]["delivered"][0]["content"] == "KEY-1"
    open_my_data(stage)
    stage.press("Send me my data")
    assert stage.alerts()[-1].startswith("You got your data within the last 24 hours")


@pytest.mark.parametrize("lost", [1, 2])
def test_a_person_whose_data_did_not_arrive_in_full_is_told_and_can_ask_again(stage: Stage, lost: int) -> None:
    open_my_data(stage)
    stage.telegram.fault("502", lost, "sendDocument")
    stage.press("Send me my data")
    stage.send_letters()
    assert stage.alerts()[-1].startswith("Sorry, something went wrong")
    open_my_data(stage)
    stage.press("Send me my data")
    documents = [message["document"]["file_name"] for message in stage.messages() if "document" in message]
    assert documents[-2:] == ["my-data.txt", "my-data.json"]
    stage.send_letters()
    open_my_data(stage)
    stage.press("Send me my data")
    assert stage.alerts()[-1].startswith("You got your data within the last 24 hours")


def test_a_deletion_names_the_balance_waits_a_week_and_can_be_cancelled(stage: Stage) -> None:
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "12.50")
    open_my_data(stage)
    stage.press("Delete my data")
    assert "Your balance is $12.50" in stage.texts()[-1]
    stage.press("Yes, delete my data")
    assert "Your data will be deleted on" in stage.texts()[-1]
    stage.press("Keep my data")
    assert "will be deleted" not in stage.texts()[-1]
    stage.press("Delete my data")
    stage.press("Yes, delete my data")
    stage.stand.clock.now += 7 * DAY_S
    stage.stand.shop.data_rights.run()
    assert Customer.by_telegram_id(CUSTOMER) is None
    stage.rest()
    stage.say("/start", CUSTOMER, first_name="Ada")
    assert "Your balance: $12.50" in stage.texts()[-1]


def test_an_owner_is_told_why_their_data_stays(stage: Stage) -> None:
    stage.say("/profile", 1)
    for label in ("My data", "Delete my data", "Yes, delete my data"):
        stage.press(label, 1)
    assert stage.alerts(1)[-1].startswith("You’re on this shop’s team")
