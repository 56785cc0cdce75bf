"""Figures in the chat: a screen, a picture, a file."""

import codecs
import csv
import io
import warnings
from decimal import Decimal

import pytest
import requests

from bot_handlers.callbacks.reports import SendFigures, ShowChart, ShowFigures
from bot_handlers.screens import reports as screens
from bot_handlers.screens.screen import MAX_CAPTION, MAX_TEXT, plain_text, utf16_length
from tests.bot_handlers.stage import Stage
from tests.patience import DEADLINE_S
from tests.shop.activity import Activity
from tests.stand import ADMIN, TOKEN

DAY_S = 86_400


@pytest.fixture
def activity(stage: Stage) -> Activity:
    """Ada bought two Beacons today; a Lantern was bought the day before."""
    stand = stage.stand
    activity = Activity(stand)
    ada = activity.person(0)
    stand.clock.pass_s(9 * DAY_S)
    activity.deposit(ada, "BTC", 6_000)
    activity.buy(ada, 1)
    stand.clock.pass_s(DAY_S + 60)
    activity.deposit(ada, "ETH", 3_000)
    activity.buy(ada, 0, 2)
    stage.say("/start", ADMIN)
    return activity


def file_of(stage: Stage) -> bytes:
    document = next(message["document"] for message in reversed(stage.messages(ADMIN)) if "document" in message)
    asked = requests.post(
        f"{stage.url}/bot{TOKEN}/getFile", json={"file_id": document["file_id"]}, timeout=DEADLINE_S
    ).json()
    return requests.get(f"{stage.url}/file/bot{TOKEN}/{asked['result']['file_path']}", timeout=DEADLINE_S).content


def test_the_menu_leads_to_the_figures_of_a_week_and_on_to_other_periods(stage: Stage, activity: Activity) -> None:
    stage.press("Admin", ADMIN)
    stage.press("Figures", ADMIN)
    week = stage.texts(ADMIN)[-1]
    assert "Figures: last 7 days" in week
    assert "a day is 24 hours" in week
    assert "Revenue: $32.98 (+$32.98)" in week
    stage.press("1 d", ADMIN)
    day = stage.texts(ADMIN)[-1]
    for line in (
        "Revenue: $7.98 (−$17.02, −68%)",
        "Orders: 1 (±0, ±0%)",
        "Items sold: 2 (+1, +100%)",
        "Deposits: 1 (±0, ±0%)",
        "· credited: $30.00 (−$30.00, −50%)",
        "1. Beacon: × 2 · $7.98",
        "Ether: × 1 · $30.00",
    ):
        assert line in day
    assert "Lantern" not in day
    stage.press("All", ADMIN)
    ever = stage.texts(ADMIN)[-1]
    assert "1. Lantern: × 1 · $25.00\n2. Beacon: × 2 · $7.98" in ever
    assert "(" not in ever


def test_a_chart_is_a_picture_and_the_text_stays_if_the_server_cannot_send_pictures(
    stage: Stage, activity: Activity
) -> None:
    stage.press_data(ShowFigures(7), ADMIN)
    for dark in (0, 1):
        stage.press_data(ShowChart(7, dark), ADMIN)
        shown = stage.messages(ADMIN)[-1]
        assert shown["photo"]
        assert "Revenue: $32.98" in shown["caption"]
    stage.press("30 d", ADMIN)
    assert "photo" not in stage.messages(ADMIN)[-1]
    stage.telegram.fault("text_only", 1)
    stage.rest()
    stage.press_data(ShowChart(7, 0), ADMIN)
    assert "Revenue: $32.98" in stage.messages(ADMIN)[-1]["text"]


def test_the_file_adds_up_to_the_same_totals_as_the_screen(stage: Stage, activity: Activity) -> None:
    stage.press_data(SendFigures(30), ADMIN)
    file = file_of(stage)
    assert file.startswith(codecs.BOM_UTF8)
    rows = list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"))))
    assert len(rows) == 30
    assert sum(Decimal(row["revenue"]) for row in rows) == Decimal("32.98")
    assert sum(Decimal(row["deposits"]) for row in rows) == Decimal(90)
    assert sum(int(row["units"]) for row in rows) == 3
    assert {row["currency"] for row in rows} == {"USD"}
    assert [row["until"] for row in rows[:-1]] == [row["from"] for row in rows[1:]]


def test_figures_fit_in_a_message_and_in_a_caption(stage: Stage) -> None:
    stand = stage.stand
    ada, name = stand.visitor(), "😀" * 64
    stand.grant(ada, "99999999.00")
    for number in range(6):
        product = stand.stock(f"A{number}", price="999999.99", name=f"{number}{name}"[:64])
        stand.shop.checkout.place(ada, stand.shop.checkout.offer_product(ada, product, 1).id)
    stand.clock.pass_s(DAY_S)
    owner = stand.visitor(ADMIN)
    for t in stage.languages.translators.values():
        report, course = stand.shop.figures.charted(owner, 1)
        assert utf16_length(plain_text(screens.figures(report, t).text)) <= MAX_TEXT
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # matplotlib only warns of a character that its font lacks
            screen = screens.chart(report, course, t, stage.languages["en"], dark=False)
        assert utf16_length(plain_text(screen.text)) <= MAX_CAPTION


def test_a_product_name_is_not_read_as_markup(stage: Stage) -> None:
    stand = stage.stand
    ada = stand.visitor()
    stand.grant(ada, "10.00")
    product = stand.stock("A", name="<b>Key</b> & more")
    stand.shop.checkout.place(ada, stand.shop.checkout.offer_product(ada, product, 1).id)
    stage.say("/start", ADMIN)
    stage.press_data(ShowFigures(1), ADMIN)
    assert "1. <b>Key</b> & more: × 1" in stage.texts(ADMIN)[-1]
