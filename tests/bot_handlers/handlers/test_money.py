"""Where the coins are, and whether the books add up, in the chat."""

from collections.abc import Callable

import pytest

from bot_handlers.callbacks.reports import CheckBooks, ShowBooks, ShowHoldingPage, ShowHoldings
from bot_handlers.screens import reports as screens
from bot_handlers.screens.screen import MAX_TEXT, plain_text, utf16_length
from shop.assets import ASSETS
from shop.money import Money
from shop.reports.holdings import Holding, HoldingPage
from shop.reports.reconciliation import MOST_SHOWN, Difference, Result
from storage.database import Database
from storage.models import Deposit, DepositAddress, reconciliation
from tests.bot_handlers.stage import Stage
from tests.conftest import StandingClock
from tests.shop.activity import Activity
from tests.shop.payments.test_wallet_modes import FIRST_ADDRESS, ZPUB
from tests.shop.reports.test_reconciliation import MOVE, corrupt
from tests.stand import ADMIN, Stand, open_shop
from wallet.chains import Chain


@pytest.fixture
def activity(stage: Stage) -> Activity:
    activity = Activity(stage.stand)
    activity.deposit(activity.person(0), "BTC", 6_000)
    activity.deposit(activity.person(1), "BTC", 3_000)
    activity.deposit(activity.person(1), "USDT_ERC20", 1_200)
    stage.say("/start", ADMIN)
    return activity


def test_the_money_on_addresses_is_valued_at_the_current_rate(stage: Stage, activity: Activity) -> None:
    stage.press("Admin", ADMIN)
    stage.press("Money", ADMIN)
    units = sum(deposit.units for deposit in Deposit.select().where(Deposit.asset == "BTC"))
    shown = stage.texts(ADMIN)[-1]
    assert "Withdrawals you make yourself are not deducted" in shown
    assert f"Bitcoin: {ASSETS['BTC'].format(units)} BTC\nAt 2 addresses\nWorth $90.00 now: 1 BTC = $50,000" in shown
    assert "(first, " in shown
    assert "Credited to customers: $90.00" in shown
    assert "Tether (ERC-20): 12.000001 USDT\nAt 1 address" in shown
    for prices in stage.stand.world.prices:
        prices.quotes["BTC"] = "25000"
    stage.stand.shop.payments.rates.refresh()
    stage.press_data(ShowHoldings(), ADMIN)
    assert "Worth $45.00 now: 1 BTC = $25,000" in stage.texts(ADMIN)[-1]
    stage.stand.clock.pass_s(3_600)
    stage.press_data(ShowHoldings(), ADMIN)
    assert "No reliable rate at the moment\nCredited to customers: $90.00" in stage.texts(ADMIN)[-1]


def test_an_owner_of_a_watching_shop_sees_the_first_address_that_their_wallet_must_show(
    database: Database, clock: StandingClock, open_stage: Callable[[Stand], Stage]
) -> None:
    stage = open_stage(open_shop(database, clock, WALLET_MNEMONIC="", WALLET_MODE="watch", WALLET_XPUB_BTC=ZPUB))
    stage.say("/start", ADMIN)
    stage.press_data(ShowHoldings(), ADMIN)
    shown = stage.texts(ADMIN)[-1]
    assert f"Your wallet must show the same:\nBTC: {FIRST_ADDRESS}\nm/84'/0'/0'/0/0" in shown


def test_orphaned_deposits_are_left_out_and_pending_ones_are_shown_separately(
    stage: Stage, activity: Activity
) -> None:
    with stage.stand.database.transaction():
        Deposit.change(1, state="orphaned")
        Deposit.change(2, state="confirming", credited_minor=None)
    stage.press_data(ShowHoldings(), ADMIN)
    shown = stage.texts(ADMIN)[-1]
    assert "Bitcoin: 0 BTC\nAt 1 address" in shown
    assert f"Not yet final: {ASSETS['BTC'].format(Deposit.get_by_id(2).units)} BTC" in shown


def test_addresses_are_shown_by_page_with_path_and_explorer(stage: Stage, activity: Activity) -> None:
    for number in range(9):
        activity.deposit(stage.stand.visitor(60_000 + number), "BTC", 500)
    stage.press_data(ShowHoldings(), ADMIN)
    stage.press("Bitcoin: addresses", ADMIN)
    first = DepositAddress.get(DepositAddress.chain == Chain.BTC.value)
    shown = stage.messages(ADMIN)[-1]
    assert f"{first.address}\nChild {first.customer_id}, m/84'/0'/0'" in shown["text"]
    links = [row[0]["url"] for row in shown["reply_markup"]["inline_keyboard"] if "url" in row[0]]
    assert links[0] == f"https://mempool.space/address/{first.address}"
    assert len(links) == 8
    stage.press("▶", ADMIN)
    assert stage.button("2 / 2", ADMIN)
    rows = stage.messages(ADMIN)[-1]["reply_markup"]["inline_keyboard"]
    assert len([row for row in rows if "url" in row[0]]) == 3
    stage.press_data(ShowHoldingPage("LTC", 7), ADMIN)
    assert "Nothing has arrived yet." in stage.texts(ADMIN)[-1]
    stage.press_data(ShowHoldingPage("DOGE", 0), ADMIN)
    assert "out of date" in stage.texts(ADMIN)[-1]


def test_the_books_are_checked_with_a_button_and_a_missing_cent_is_named(stage: Stage, activity: Activity) -> None:
    stage.press_data(ShowBooks(), ADMIN)
    assert "Not checked yet." in stage.texts(ADMIN)[-1]
    stage.press("Check now", ADMIN)
    assert "Everything adds up." in stage.texts(ADMIN)[-1]
    ada = activity.person(0)
    corrupt(stage.stand, f"{MOVE} - 1 WHERE id = {ada.id}")
    stage.rest()
    stage.press("Check now", ADMIN)
    said = "⚠️ Balance of Ada (1001): $59.99 instead of $60.00 (−$0.01)"
    assert said in stage.texts(ADMIN)[-1]
    stage.rest()
    stage.press_data(CheckBooks(), ADMIN)
    stage.send_letters()
    stage.send_letters()
    alarms = [text for text in stage.texts(ADMIN) if "The books don’t add up" in text]
    assert len(alarms) == 1
    assert said in alarms[0]


@pytest.mark.parametrize("kind", sorted(reconciliation.CHECKS))
def test_every_kind_of_difference_has_words_in_every_language(stage: Stage, kind: str) -> None:
    for t in stage.languages.translators.values():
        difference = Difference(kind, 7, "<Ada> & co", Money(5, "USD"), Money(7, "USD"))
        text = screens.books(Result(1, 10, 1, (difference,)), t).text
        assert "&lt;Ada&gt; &amp; co" in text or kind in ("stock", "twice", "sales", "reserved")
        assert "+" in text


def test_the_longest_screens_fit_in_a_message(stage: Stage) -> None:
    t, whose = stage.languages["de"], "😀" * 64 + " @" + "x" * 32 + " (1234567890123)"
    many = tuple(
        Difference("deposit_entry", 10**9, whose, Money(10**12, "USD"), Money(-(10**12), "USD"))
        for _ in range(MOST_SHOWN)
    )
    page = HoldingPage(ASSETS["ETH"], (Holding("0x" + "f" * 40, "m/44'/60'/0'/0/123456789", 10**30),) * 8, 0, 2)
    for screen in (screens.books(Result(1, 10**9, 10**6, many), t), screens.addresses(page, t)):
        assert utf16_length(plain_text(screen.text)) <= MAX_TEXT
