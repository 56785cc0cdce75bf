"""What an operator's log must never contain: tokens, seed words, keys, goods, whole addresses."""

import json
import logging

import pytest

from shop.logs import configure_logging, shortened
from storage.keys import DatabaseKey
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.raw_sql import engine_of
from tests.stand import ADMIN, TOKEN, WORDS
from wallet.chains import Chain

GOODS = "SECRET-KEY-1234"
ENTRY = {"category": "Games", "subcategory": "Keys", "price": 10, "description": "Key"}
FILE = json.dumps([ENTRY | {"private_data": GOODS}, ENTRY | {"private_data": "SECRET-KEY-5678"}])


def test_a_deposit_and_a_purchase_leave_no_secret_in_the_log(
    stage: Stage, key: DatabaseKey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "souk")
    person, chain = stage.stand.visitor(CUSTOMER), stage.stand.world.chains[Chain.BTC]
    watch = stage.stand.watch(Chain.BTC)
    stage.say("/start", ADMIN)
    stage.send_file(FILE.encode(), ADMIN)
    stage.press("Import", ADMIN)
    stage.say("💰 Top up")
    stage.press("Bitcoin")
    address, txid = stage.stand.address(person, Chain.BTC), "ab" * 32
    chain.pay(address, 20_000, txid=txid)
    chain.down = True
    watch.scan()
    chain.down = False
    chain.mine()
    for _ in range(2):
        stage.stand.clock.pass_s(60)
        watch.look()
        watch.scan()
        stage.send_letters()
    stage.say("🛍 Shop")
    for label in ("Games", "Key", "Buy now", "Pay"):
        stage.press(label)
    stage.telegram.fault("500", 2, "sendMessage")
    stage.send_letters()
    stage.stand.clock.pass_s(60)
    stage.send_letters()
    assert GOODS in "".join(stage.texts())
    assert len(caplog.records) >= 3
    for secret in (TOKEN.partition(":")[2], GOODS, "SECRET-KEY", address, txid, key.raw.hex(), WORDS[:15]):
        assert secret not in caplog.text


def test_an_unexpected_error_in_a_handler_shows_no_goods_in_its_traceback(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    person = stage.stand.visitor(CUSTOMER)
    stage.stand.grant(person, "10.00")
    offer = stage.stand.shop.checkout.offer_product(person, stage.stand.stock(GOODS), 1)
    engine_of(stage.stand.database).execute_sql("ALTER TABLE outbox RENAME TO elsewhere")
    stage.press_data(f"confirm:{offer.id}")
    assert "Traceback" in caplog.text
    assert GOODS not in caplog.text
    assert stage.stand.balance(person) == 1000


@pytest.fixture
def real_logging():
    root, ours = logging.getLogger(), logging.getLogger("souk")
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before


def test_the_last_filter_removes_a_token_from_any_line(real_logging: None, capfd: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    logging.getLogger("some.library").warning("POST %s", f"https://api.telegram.org/bot{TOKEN}/getMe")
    try:
        raise ValueError(f"url: /bot{TOKEN}/x")
    except ValueError:
        logging.getLogger("souk.bot").exception("failed")
    written = capfd.readouterr().err
    assert "1000000001:…" in written
    assert "Traceback" in written
    assert TOKEN.partition(":")[2] not in written


def test_the_log_contains_what_matters_and_no_chatter_of_libraries(
    real_logging: None, capfd: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO")
    logging.getLogger("souk.shop").info("an event")
    logging.getLogger("souk.shop").debug("a detail")
    logging.getLogger("urllib3.connectionpool").warning("chatter")
    written = capfd.readouterr().err
    assert "INFO souk.shop: an event" in written
    assert "a detail" not in written
    assert "chatter" not in written


def test_an_address_is_shortened_but_stays_recognisable() -> None:
    assert shortened("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu") == "bc1qcr…6fyu"
    assert shortened("short") == "short"
