"""The privacy policy, the terms of sale and payment support: reached as Telegram requires, and true of the code."""

import re
from dataclasses import replace
from typing import Any

import pytest

from bot_handlers.callbacks.terms import TypeOperator
from bot_handlers.screens import terms as screens
from bot_handlers.screens.screen import MAX_TEXT, plain_text, utf16_length
from shop.administration.appearance import MADE, MOST_READ, TextKey
from shop.people import Right
from shop.terms.consents import BUILT_IN
from shop.terms.disclosure import disclosure
from shop.terms.operator import MAX_DETAIL, Detail, Operator
from shop.terms.retention import KeptData
from storage.models import AuditEntry, Consent, OperatorDetail
from tests.bot_handlers.handlers.test_texts import save, write
from tests.bot_handlers.stage import CUSTOMER, Stage, appoint, last, press
from tests.cashier import open_cashier
from tests.shop.payments.test_wallet_modes import ZPUB
from tests.stand import ADMIN, MANAGER, open_shop, settings_of
from wallet.chains import Chain

STARS_ALONE = {"PAY_BY": "stars", "STARS_PER_UNIT": "100"}
SERVERS = {
    "BTC_API_URLS": "https://bitcoin.example/api",
    "ETH_RPC_URLS": "https://ethereum.example",
    "ETHPLORER_URL": "https://ethereum.example/tokens",
}
LONGEST = Operator("N" * MAX_DETAIL, "C" * MAX_DETAIL, "L" * MAX_DETAIL)


@pytest.mark.parametrize(
    ("command", "title"),
    [("/privacy", "Privacy policy"), ("/terms", "Terms of sale"), ("/paysupport", "Help with a payment")],
)
def test_each_text_is_reached_by_its_command_and_under_help(stage: Stage, command: str, title: str) -> None:
    stage.say(command)
    assert stage.texts()[-1].startswith(title)
    stage.say("/help")
    stage.press(stage.languages["en"].text(f"button.{command[1:]}"))
    assert stage.texts()[-1].startswith(title)


def test_the_texts_name_the_operator_from_the_settings_and_then_the_one_typed_in_the_bot(
    database: Any, clock: Any, open_stage: Any
) -> None:
    settings = {"OPERATOR_NAME": "Ada Ltd", "OPERATOR_CONTACT": "ada@example.org", "OPERATOR_COUNTRY": "Malta"}
    stage = open_stage(open_shop(database, clock, **settings))
    for command in ("/privacy", "/terms", "/paysupport"):
        stage.say(command)
        assert "Operator: Ada Ltd\nCountry: Malta\nContact: ada@example.org" in stage.texts()[-1]
    stage.say("/start", ADMIN)
    press(stage, "Admin", "Texts", "Operator", "Country")
    stage.say("  Cyprus \n <EU> ", ADMIN)
    assert "Country: Cyprus <EU>" in last(stage)
    stage.say("/terms")
    assert "Country: Cyprus <EU>" in stage.texts()[-1]
    assert AuditEntry.page(page=0, size=1)[0].action == "operator.changed"
    press(stage, "Country")
    stage.say("-", ADMIN)
    assert "Country: Malta" in last(stage)
    assert OperatorDetail.every() == {}


def test_only_people_who_may_write_texts_say_who_runs_the_shop(stage: Stage) -> None:
    appoint(stage, Right.CUSTOMERS)
    stage.press_data(TypeOperator(Detail.NAME.value), MANAGER)
    stage.say("Mallory", MANAGER)
    stage.press_data(TypeOperator("password"), MANAGER)
    assert OperatorDetail.every() == {}
    assert stage.alerts(MANAGER)[0] == "Only the admins of this shop can do that."


def test_a_detail_that_is_too_long_is_asked_for_again(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    press(stage, "Admin", "Texts", "Operator", "Name")
    stage.say("N" * (MAX_DETAIL + 1), ADMIN)
    assert "too long" in last(stage)
    stage.say("N" * MAX_DETAIL, ADMIN)
    assert OperatorDetail.every() == {"name": "N" * MAX_DETAIL}


def test_the_policy_prints_the_periods_that_the_deletion_job_uses(database: Any, clock: Any, open_stage: Any) -> None:
    periods = {"KEEP_TICKETS_DAYS": "41", "KEEP_LOGS_DAYS": "14", "BACKUP_EVERY_HOURS": "12", "BACKUP_COPIES": "3"}
    stage = open_stage(open_shop(database, clock, **periods))
    stage.say("/privacy")
    shown = stage.texts()[-1]
    assert "Solved tickets: 41 days" in shown
    assert "backups on the shop’s server: 2 days" in shown
    assert "Technical logs, with Telegram IDs: 14 days" in shown
    assert len(re.findall(r": \d+ days?$", shown, re.M)) == len(KeptData)


def test_the_policy_states_no_period_for_logs_unless_the_operator_promises_one(stage: Stage) -> None:
    stage.say("/privacy")
    shown = stage.texts()[-1]
    assert "Solved tickets: 365 days" in shown
    assert "Technical logs" not in shown
    assert "Everything else in the database: until you delete your data" in shown


def test_a_single_year_is_named_in_the_singular(database: Any, clock: Any, open_stage: Any) -> None:
    stage = open_stage(open_shop(database, clock, KEEP_YEARS="1"))
    stage.say("/privacy")
    assert "for 1 year a keyed hash" in stage.texts()[-1]
    stage.press("My data")
    stage.press("Delete my data")
    assert "If you write again within 1 year after that" in stage.texts()[-1]


def test_the_policy_names_every_third_party_and_none_of_their_keys(
    database: Any, clock: Any, open_stage: Any
) -> None:
    settings = {"ETH_RPC_URLS": "https://mainnet.example/v3/SECRETKEY", "BACKUP_TO_OWNERS": "false"}
    stage = open_stage(open_shop(database, clock, **settings))
    stage.say("/privacy")
    shown = stage.texts()[-1]
    assert "mainnet.example" in shown
    assert "SECRETKEY" not in shown
    assert "backups to the operator" not in shown
    assert "another machine" not in shown
    assert "Stars" not in shown
    facts = disclosure(stage.stand.settings, chains=(), provider="KryptoExpress", uses_stars=True)
    told = screens.privacy(facts, stage.languages["en"], None).text
    assert "KryptoExpress takes payments" in told
    assert "a refund in Stars goes to: until Telegram has made or refused the refund" in told


@pytest.mark.parametrize(
    ("settings", "before", "servers"),
    [
        ({}, (), ["bitcoin.example", "ethereum.example"]),
        ({"PAY_BY": "wallet,stars", "STARS_PER_UNIT": "100"}, (), ["bitcoin.example", "ethereum.example"]),
        ({"WALLET_MODE": "watch", "WALLET_XPUB_BTC": ZPUB, "WALLET_MNEMONIC": ""}, (), ["bitcoin.example"]),
        (STARS_ALONE, (), []),
        (STARS_ALONE, (Chain.BTC,), ["bitcoin.example"]),
    ],
)
def test_the_policy_names_the_servers_of_the_chains_that_are_read_and_no_others(
    database: Any,
    clock: Any,
    open_stage: Any,
    settings: dict[str, str],
    before: tuple[Chain, ...],
    servers: list[str],
) -> None:
    was = open_shop(database, clock)
    for chain in before:
        was.address(was.visitor(), chain)
    stage = open_stage(open_shop(database, clock, **SERVERS | settings))
    stage.say("/privacy")
    shown = stage.texts()[-1]
    named = re.findall(r"neither your name nor your Telegram ID: (.*)$", shown, re.M)
    assert named == ([", ".join(servers)] if servers else [])
    for coins in ("Deposit addresses", "Payments on a blockchain"):
        assert (coins in shown) is bool(servers)
    assert "The database is encrypted." in shown


@pytest.mark.parametrize(("before", "servers"), [((), []), ((Chain.ETH,), ["ethereum.example"])])
def test_with_a_provider_the_policy_names_it_and_only_the_chains_that_were_used_before(
    database: Any, clock: Any, open_stage: Any, before: tuple[Chain, ...], servers: list[str]
) -> None:
    was = open_shop(database, clock)
    for chain in before:
        was.address(was.visitor(), chain)
    with open_cashier(database, clock, **SERVERS) as cashier:
        stage = open_stage(cashier.stand)
        stage.say("/privacy")
    shown = stage.texts()[-1]
    assert re.findall(r"neither your name nor your Telegram ID: (.*)$", shown, re.M) == servers
    for coins in ("Deposit addresses", "Payments on a blockchain", "KryptoExpress takes payments"):
        assert coins in shown


def test_the_policy_tells_of_the_coins_that_a_provider_took_before(
    database: Any, clock: Any, open_stage: Any
) -> None:
    with open_cashier(database, clock, **SERVERS) as cashier:
        cashier.report(cashier.provider.pay(cashier.hash_of(cashier.open("64.57"))))
    stage = open_stage(open_shop(database, clock, **SERVERS | STARS_ALONE))
    stage.say("/privacy")
    for coins in ("Deposit addresses", "Payments on a blockchain"):
        assert coins in stage.texts()[-1]
    assert "KryptoExpress" not in stage.texts()[-1]


def test_the_operators_own_policy_replaces_the_shops_and_the_periods_stay(stage: Stage) -> None:
    write(stage, TextKey.PRIVACY, "Our own policy")
    save(stage)
    stage.say("/privacy")
    shown = stage.texts()[-1]
    assert "Our own policy" in shown
    assert "What is stored" not in shown
    assert "Solved tickets: 365 days" in shown
    stage.say("/privacy", 3001, language_code="de")
    assert "Was gespeichert wird" in stage.texts(3001)[-1]


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "it", "ru", "zh"])
def test_every_text_fits_in_a_message_with_the_longest_operator(stage: Stage, language: str) -> None:
    t = stage.languages[language]
    facts = disclosure(settings_of(stage.stand.database.path.parent), chains=tuple(Chain), provider="W" * 30)
    longest = replace(facts, operator=LONGEST, uses_stars=True, sends_backups=True, off_site_copy=True, group=True)
    own = "W" * MOST_READ
    for shown in (
        *(screens.privacy(longest, t, None), screens.terms(longest, t, None)),
        *(screens.pay_support(longest, "https://t.me/x", t, None), screens.privacy(longest, t, own[1_900:])),
        *(screens.terms(longest, t, own[700:]), screens.pay_support(longest, "", t, own[700:])),
    ):
        assert utf16_length(plain_text(shown.text)) <= MAX_TEXT


@pytest.mark.parametrize("kind", sorted(MADE, key=lambda each: each.value))
def test_an_owner_sees_where_a_generated_text_is_read(stage: Stage, kind: TextKey) -> None:
    stage.say("/start", ADMIN)
    shown = press(stage, "Admin", "Texts", stage.languages["en"].text(f"texts.{kind.value}"), "English")
    assert f"/{kind.value} shows it" in shown
    stage.say("/start", CUSTOMER)


def test_one_button_agrees_and_buys(database: Any, clock: Any, open_stage: Any) -> None:
    stage = open_stage(open_shop(database, clock, CONSENT="first"))
    stage.stand.stock("KEY-1", "KEY-2")
    stage.say("/start")
    stage.stand.grant(stage.stand.visitor(CUSTOMER), "50.00")
    for label in ("Shop", "Games", "Key", "Buy", "Pay $10.00"):
        stage.press(label)
    assert stage.texts()[-1].startswith("Before you buy")
    stage.press("Agree and continue")
    assert "paid $10.00" in stage.texts()[-1]
    assert [row.version for row in Consent.select()] == [BUILT_IN]
    for label in ("Shop", "Games", "Key", "Buy", "Pay $10.00"):
        stage.rest()
        stage.press(label)
    assert "paid $10.00" in stage.texts()[-1]


def test_a_customer_who_agrees_and_lacks_money_is_shown_how_to_pay(
    database: Any, clock: Any, open_stage: Any
) -> None:
    stage = open_stage(open_shop(database, clock, CONSENT="always"))
    stage.stand.stock("KEY-1")
    stage.say("/start")
    for label in ("Shop", "Games", "Key", "Buy", "Agree and top up $10.00"):
        stage.press(label)
    assert "Your order for $10.00 is waiting" in stage.texts()[-1]
