"""`docs/coins-out.md`, followed literally: every command on the page is run, in order.

There are three stopped shops, one for each wallet mode, each in its own folder and with a deposit of every coin.
"""

import csv
import json
import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from embit import bip32 as embit_bip32
from embit.psbt import PSBT
from eth_account import Account as EthAccount

from shop.chains.parameters import PARAMETERS
from storage.database import Database
from storage.keys import DatabaseKey
from storage.models import SweepTransaction
from tests.conftest import StandingClock
from tests.e2e.driver import ROOT
from tests.patience import DEADLINE_S
from tests.shop.sweeps.test_offline import MASTER, OPERATOR, SEALED, WATCH, WORDS
from tests.shop.sweeps.world import TO, World, emulated
from tests.stand import WORDS as HOT_WORDS
from tests.wallet.plans.made import Boxes, spend
from tests.wallet.plans.made import plan as plan_of
from wallet import bip39
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.plans import reading
from wallet.plans.plan import Spend, write
from wallet.plans.signed import read_signed
from wallet.transactions import tron

PAGE = (ROOT / "docs" / "coins-out.md").read_text("utf-8")
KEY = bytes(range(32))


def commands(section: str) -> list[str]:
    """List the commands of a section of the page, including its subsections."""
    level = section.partition(" ")[0]
    text = PAGE.partition(f"\n{section}\n")[2]
    assert text, f"no section {section}"
    text = re.split(rf"\n{level} ", text)[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@dataclass
class StandingShop:
    """A stopped shop, in a folder where its operator works."""

    folder: Path
    world: World

    def run(self, command: str, *, given: str = "") -> str:
        """Run a command exactly as the page shows it; return what it printed."""
        result = self.result(command, given)
        assert result.returncode == 0, f"{command}: {result.stderr}"
        return result.stdout

    def result(self, command: str, given: str) -> subprocess.CompletedProcess[str]:
        program = command.replace("python", sys.executable, 1).replace(" app.py", f" {ROOT / 'app.py'}", 1)
        return subprocess.run(
            ["sh", "-c", program],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        )


def environment(world: World, settings: dict[str, str]) -> str:
    urls = world.chains.provider_settings(world.url, mirrors=True)
    servers = {
        **{row.servers_setting.upper(): urls.servers[chain] for chain, row in PARAMETERS.items()},
        "PRICE_URLS": urls.price_urls,
        "ETHPLORER_URL": (urls.ethplorer_url,),
    }
    lines = {name: ",".join(value) for name, value in servers.items()}
    lines |= {"DB_KEY": KEY.hex(), "DATABASE_PATH": "souk.db", "TOKEN": "123456:AAAA", "ADMIN_ID_LIST": "1", **TO}
    return "".join(f"{name}='{value}'\n" for name, value in {**lines, **settings}.items())


@pytest.fixture
def shop_of(tmp_path: Path) -> Iterator[Callable[..., StandingShop]]:
    """Build a shop with a wallet mode, let customers pay, and stop it."""
    clock = StandingClock()
    clock.now = int(time.time())
    database = Database(tmp_path / "souk.db", DatabaseKey(KEY))
    database.open()
    with emulated(database, clock) as make:

        def made(settings: dict[str, str], coins: dict[str, str], *, gas: bool = False) -> StandingShop:
            world = make(**settings)
            for place in world.shop.sweeps.gas(world.owner) if gas else ():
                amount = Decimal(1) if place.chain is Chain.ETH else Decimal(200)
                world.chains.pay(place.chain.value, place.address, amount, None)
            for code, amount in coins.items():
                world.paid(world.customer(), code, amount)
            database.close()
            (tmp_path / ".env").write_text(environment(world, settings))
            (tmp_path / "operator.key").write_text(OPERATOR.reveal().hex())
            return StandingShop(tmp_path, world)

        yield made
    database.close()


def given_to(command: str, words: str) -> str:
    """Return what the operator types: a yes if the command asks, and the secret that it wants."""
    if " sign " in command:
        return "y\n" + (f"{words}\n" if "--words" in command else "")
    if " unseal " in command:
        return OPERATOR.reveal().hex() + "\n"
    return f"{words}\n" if "-m wallet" in command else ""


@contextmanager
def solana_goes_on(world: World) -> Iterator[None]:
    """Mine Solana blocks while a command waits for them."""
    over = threading.Event()

    def mine() -> None:
        while not over.wait(0.2):
            world.chains.mine("sol", 5)

    miner = threading.Thread(target=mine)
    miner.start()
    try:
        yield
    finally:
        over.set()
        miner.join()


def run_the_shop(shop: StandingShop, chains: Iterable[str]) -> list[SweepTransaction]:
    """Start the shop again, mine blocks, and return the outcome of every transaction."""
    shop.world.database.open()
    shop.world.start()
    for _ in range(8):
        shop.world.run()
        for chain in chains:
            shop.world.chains.mine(chain, 70)
    shop.world.run()
    return list(SweepTransaction.select().order_by(SweepTransaction.id))


def test_a_sealed_shop_is_emptied_with_the_commands_on_the_page(shop_of: Callable[..., StandingShop]) -> None:
    coins = {"BTC": "0.01", "LTC": "5", "ETH": "1", "TRX": "900", "SOL": "2"}
    shop = shop_of(SEALED, coins)
    lines = commands("## A sealed shop")
    assert len(lines) == 6
    with solana_goes_on(shop.world):
        printed = {line: shop.run(line, given=given_to(line, "")) for line in lines}
    planned, signed = printed[lines[0]], read_signed((shop.folder / "signed.json").read_bytes())
    for address in TO.values():
        assert address in planned
    assert signed.unsigned == (len(coins) - 1,)
    assert read_signed((shop.folder / "signed-with-sol.json").read_bytes()).unsigned == ()
    assert (shop.folder / "boxes.txt").read_text() == f"1 {signed.plan.boxes[1].hex()}\n"
    rows = run_the_shop(shop, ["BTC", "LTC", "ETH", "TRX", "SOL"])
    assert [(row.asset, row.reason) for row in rows if row.state != "confirmed"] == []
    assert len(rows) == len(coins)


def test_signing_into_a_file_of_something_else_is_refused_before_anything_is_sent(
    shop_of: Callable[..., StandingShop],
) -> None:
    shop = shop_of(SEALED, {"SOL": "2"})
    plan, sign, send = [line for line in commands("## A sealed shop") if "sol" in line or "plan --out" in line]
    shop.run(plan)
    out = shop.folder / "signed-with-sol.json"
    out.write_text("last month's file")
    with pytest.raises(AssertionError, match="exists already: choose another name"):
        shop.run(sign, given="y\n")
    assert out.read_text() == "last month's file"
    out.unlink()
    with pytest.raises(AssertionError, match="Nothing was signed"):
        shop.run(sign, given="n\n")
    assert not out.exists()
    with solana_goes_on(shop.world):
        shop.run(sign, given="y\n")
        first = out.read_bytes()
        shop.run(sign, given="y\n")
    assert out.read_bytes() == first, "run again, it finds out what was accepted"
    shop.run(send)
    assert [row.state for row in run_the_shop(shop, ["SOL"])] == ["confirmed"]


def test_tokens_of_a_sealed_shop_leave_with_gas_from_an_account_of_its_operator(
    shop_of: Callable[..., StandingShop],
) -> None:
    accounts = {name: WATCH[name] for name in ("WALLET_XPUB_ETH", "WALLET_XPUB_TRON")}
    shop = shop_of(SEALED | accounts, {"USDT_ERC20": "500", "USDT_TRC20": "500"}, gas=True)
    plan, sign, send = commands("## A sealed shop")[:3]
    shop.run(plan)
    sign = f"{sign} --words"
    shop.run(sign, given=given_to(sign, WORDS.reveal()))
    shop.run(send)
    rows = run_the_shop(shop, ["ETH", "TRX"])
    assert [(row.asset, row.reason) for row in rows if row.state != "confirmed"] == []
    assert [(row.chain, row.purpose) for row in rows] == [
        (chain, purpose) for chain in ("ETH", "TRX") for purpose in ("gas", "move")
    ]


def test_a_fee_above_ten_percent_is_signed_beside_a_network_once_its_operator_allows_it(
    shop_of: Callable[..., StandingShop],
) -> None:
    shop, boxes = shop_of(SEALED, {}), Boxes()
    dear = plan_of(spend(Chain.BTC, [boxes.holder(Chain.BTC, 1)], fee=7_500), boxes=boxes.sealed)
    (shop.folder / "plan.json").write_bytes(write(dear))
    sign = "python app.py sweep sign plan.json --key operator.key --out signed.json"
    refused = shop.result(sign, "y\n")
    assert refused.returncode == 1
    assert "transaction 1: the fee is a larger share than --fee-percent allows" in refused.stderr
    assert shop.run(f"{sign} --fee-percent 30", given="y\n").startswith("Signed 1 of 1 transactions")


def sign_elsewhere(folder: Path) -> None:
    """Sign the files of a plan as another wallet would."""
    root = embit_bip32.HDKey.from_seed(bip39.seed(WORDS))
    plan = reading.read((folder / "plan.json").read_bytes())
    (folder / "signed-files").mkdir()
    for file in (folder / "to-sign").iterdir():
        planned = plan.transactions[int(file.name.partition("-")[0]) - 1]
        back = folder / "signed-files" / file.name
        if isinstance(planned, Spend):
            partial = PSBT.parse(file.read_bytes())
            assert partial.sign_with(root) == len(planned.inputs)
            back.write_bytes(partial.serialize())
            continue
        key, body = MASTER.derive(planned.source.key.path).private_key, json.loads(file.read_text())
        if planned.chain is Chain.ETH:
            signed = EthAccount.sign_transaction({**body["transaction"], "type": 2}, key)
            back.write_text(f"0x{signed.raw_transaction.hex()}\n")
        else:
            signature = tron.sign(tron.parse(bytes.fromhex(body["raw_data_hex"])), key).signature
            back.write_text(json.dumps({**body, "signature": [signature.hex()]}))


def test_a_watching_shop_is_emptied_with_the_commands_on_the_page(shop_of: Callable[..., StandingShop]) -> None:
    coins = {"BTC": "0.01", "LTC": "5", "ETH": "1", "USDT_ERC20": "500", "USDT_TRC20": "500"}
    shop = shop_of(WATCH, coins, gas=True)
    plan, unsigned, collect, send, by_words = commands("## A watch shop")
    shop.run(plan)
    shop.run(unsigned)
    sign_elsewhere(shop.folder)
    shop.run(collect)
    shop.run(send)
    shop.run(by_words, given=given_to(by_words, WORDS.reveal()))
    assert read_signed((shop.folder / "signed-by-words.json").read_bytes()).unsigned == ()
    rows = run_the_shop(shop, ["BTC", "LTC", "ETH", "TRX"])
    assert [(row.asset, row.reason) for row in rows if row.state != "confirmed"] == []
    assert sorted({row.asset for row in rows if row.purpose == "move"}) == sorted(coins)


def test_the_words_and_the_boxes_are_enough_after_the_server_burned_down(
    shop_of: Callable[..., StandingShop],
) -> None:
    shop = shop_of(SEALED, {"BTC": "0.01"})
    shop.run("python app.py sealed --out boxes.txt")
    lines = commands("## When the server burned down")
    assert len(lines) == 10
    printed = {line: shop.run(line, given=given_to(line, HOT_WORDS)) for line in lines}
    for name in ("electrum.txt", "electrum-ltc.txt", "core.json", "wif.txt", "accounts.txt", "solana.txt"):
        file = shop.folder / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert len(re.findall(r"p2wpkh:|wpkh\(|^\d+\t", file.read_text(), re.MULTILINE)) in {501, 1002}
    (found,) = [text for line, text in printed.items() if " find " in line]
    assert found.startswith("BTC\tchild 7\tm/84'/0'/0'/0/0\t")
    (listed,) = [text for line, text in printed.items() if "--csv" in line]
    first, *rows = csv.reader(listed.splitlines())
    assert first == ["address", "coin", "path", "child", "customer", "amount"]
    assert ["m/84'/0'/0'/0/0", "", "1", "0.01"] in [row[2:] for row in rows if row[1] == "BTC"]
    (listing,) = [line for line in lines if "--csv" in line]
    assert shop.result(listing, "").stderr == "The highest number in use is 1.\n", "beside the table, not in it"
    (words,) = [text for line, text in printed.items() if " unseal " in line]
    number, sentence = words.rstrip("\n").split("\t")
    (btc,) = [row[0] for row in rows if row[1] == "BTC"]
    assert number == "1"
    assert Accounts(bip39.seed(bip39.parse(sentence))).address(Chain.BTC, 0).address == btc


def test_every_command_on_the_page_is_run_by_one_of_these_tests() -> None:
    sections = ("## A sealed shop", "## A watch shop", "## When the server burned down")
    run = [line for section in sections for line in commands(section)]
    on_the_page = [line for block in re.findall(r"```\w*\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    assert run == on_the_page
