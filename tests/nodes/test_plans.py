"""Plans and exported keys, checked by real nodes and by tronweb: other software reads our files."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from embit import bip32 as embit_bip32
from embit.psbt import PSBT

from tests.nodes.conftest import Node, free_port, litecoind, program
from tests.nodes.test_litecoin_spending import fund, verdict
from tests.nodes.test_tronweb import Tronweb, tronweb
from tests.wallet.plans import made
from tests.wallet.plans.test_elsewhere import MASTER, SEED, account_of
from tests.wallet.published import MNEMONIC
from wallet import bip39
from wallet.chains import Chain
from wallet.commands.exporting import core, export_keys, import_format
from wallet.keyring import HotKeyring
from wallet.plans.collecting import Collector
from wallet.plans.files import unsigned_files
from wallet.plans.keys import Keys
from wallet.plans.plan import PlannedInput, Spend
from wallet.plans.signed import verify
from wallet.plans.signing import sign_plan
from wallet.transactions import bitcoin
from wallet.transactions.p2wpkh import SigningKey

__all__ = ["tronweb"]
KEYS = Keys(words=bip39.parse(MNEMONIC))
FEE = 60_000


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with litecoind(tmp_path_factory.mktemp("litecoin")) as started:
        yield started


def planned(node: Node, numbers: range, holder_of):
    """Build a plan that spends coins which the node mined to these addresses."""
    holders = [holder_of(Chain.LTC, number) for number in numbers]
    keys = [SigningKey(KEYS.private_key(Chain.LTC, holder, position=1)) for holder in holders]
    by_script = {key.script_pubkey: holder for key, holder in zip(keys, holders, strict=True)}
    inputs = tuple(
        PlannedInput(by_script[coin.output.script_pubkey], coin.outpoint.txid, coin.outpoint.index, coin.output.value)
        for coin in fund(node, keys, 1_000_000)
    )
    total = sum(each.units for each in inputs)
    spend = Spend(
        chain=Chain.LTC,
        inputs=inputs,
        to=made.DESTINATIONS[Chain.LTC],
        units=total - FEE,
        fee=FEE,
        fee_ceiling=FEE,
    )
    previous = {txid: bytes.fromhex(node.call("getrawtransaction", txid)) for txid in {each.txid for each in inputs}}
    return made.plan(spend, accounts={Chain.LTC: account_of(Chain.LTC)}, previous=previous)


def test_litecoin_accepts_a_signed_plan_of_300_customers(node: Node) -> None:
    plan = planned(node, range(1, 301), made.child)
    assert len(plan.transactions[0].inputs) == 300
    (signed,) = sign_plan(plan, KEYS, now=int(time.time())).transactions
    assert node.call("sendrawtransaction", signed.raw.hex()) == signed.txid


def test_litecoin_accepts_a_plan_that_another_library_signed_as_a_psbt(node: Node) -> None:
    plan = planned(node, range(1, 21), made.own)
    (file,) = unsigned_files(plan)
    partial = PSBT.parse(file.content)
    assert partial.sign_with(embit_bip32.HDKey.from_seed(SEED)) == 20
    collector = Collector(plan)
    collector.add(partial.serialize())
    (signed,) = collector.signed()
    assert verdict(node, bitcoin.parse(Chain.LTC, signed.raw))["allowed"]


@pytest.fixture(scope="module")
def offline_core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Litecoin Core on the main network, for which our addresses are encoded, without a peer."""
    port, folder = free_port(), tmp_path_factory.mktemp("main")
    options = {"datadir": folder, "rpcport": port, "rpcuser": "souk", "rpcpassword": "test", "server": 1}
    nobody = {"listen": 0, "connect": 0, "dnsseed": 0, "networkactive": 0}
    command = [program("litecoind"), *(f"-{name}={value}" for name, value in {**options, **nobody}.items())]
    started = Node(command, f"http://127.0.0.1:{port}", probe="getblockchaininfo", auth=("souk", "test"))
    started.start()
    yield started
    started.stop()


def test_litecoin_core_reads_exported_descriptors_and_imports_exported_keys(offline_core: Node) -> None:
    keys = export_keys(KEYS, range(1, 6), [Chain.LTC], is_sealed=False)
    addresses = [HotKeyring(MNEMONIC).address_of(Chain.LTC, number).address for number in range(1, 6)]
    for requested, address in zip(json.loads(core(keys)), addresses, strict=True):
        assert offline_core.call("deriveaddresses", requested["desc"]) == [address]
        assert offline_core.call("getdescriptorinfo", requested["desc"])["hasprivatekeys"]
    offline_core.call("createwallet", "swept", False, True)
    for line, address in zip(import_format(keys).splitlines(), addresses, strict=True):
        offline_core.call("importprivkey", line.split("\t")[3], "", False, path="/wallet/swept")
        known = offline_core.call("getaddressinfo", address, path="/wallet/swept")
        assert (known["ismine"], known["solvable"]) == (True, True)


def test_tronweb_signs_the_files_of_a_plan(tronweb: Tronweb) -> None:
    plan = made.plan(*made.transactions(made.own)[:3], *tron_only(), accounts={Chain.TRX: account_of(Chain.TRX)})
    files = [file for file in unsigned_files(plan) if file.name.endswith("TRX.json")]
    assert len(files) == 3
    for file in files:
        position = int(file.name.partition("-")[0]) - 1
        transaction = plan.transactions[position]
        key = MASTER.derive(transaction.holders[0].key.path).private_key
        answer = tronweb.answer({"unsigned": json.loads(file.content), "private_key": key.hex()})
        assert answer["valid"] is True
        collector = Collector(plan)
        collector.add(json.dumps(answer["signed"]).encode())
        (signed,) = collector.signed()
        assert verify(plan, position, signed.raw) == signed


def tron_only():
    transfer, gas, token = made.transactions(made.own)[5:8]
    return transfer, gas, replace(token, after=4)
