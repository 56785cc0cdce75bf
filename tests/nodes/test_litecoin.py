"""The Esplora reader against a real litecoind, behind a shim that speaks Esplora's protocol."""

import json
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest
import requests
from flask import Flask, Response

from shop.chains.errors import ChainUnavailable, UnknownTransaction
from shop.chains.esplora import EsploraReader
from shop.chains.proof.checkpoints import NETWORKS, Checkpoint, Network
from shop.chains.proof.consensus import REGTEST
from shop.chains.provider_settings import ProviderSettings
from shop.chains.registry import Registry
from tests.nodes.conftest import Node, RpcFailed, litecoind
from tests.patience import patient_client
from tests.shop.chains.scanning import scan_to_head
from wallet import bech32
from wallet.addresses import script_pubkey, validate
from wallet.bech32 import WitnessProgram
from wallet.chains import Chain
from web.sandbox.chains.bitcoin_coding import merkle_siblings
from web.sandbox.server import serve_in_thread

COINS = 10**8
LAST_BLOCK_BEFORE_MWEB = 431  # regtest; the next block needs coins that move into the extension


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with litecoind(tmp_path_factory.mktemp("litecoin")) as made:
        yield made


class Shim:
    """Just enough of Esplora, on top of the node's own RPC."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.app = Flask("shim")
        for rule, view in {
            "/blocks/tip/height": lambda: text(node.call("getblockcount")),
            "/blocks/tip/hash": lambda: text(node.call("getbestblockhash")),
            "/block-height/<int:height>": lambda height: text(node.call("getblockhash", height)),
            "/block/<hash_>/raw": lambda hash_: Response(
                bytes.fromhex(node.call("getblock", hash_, 0)), mimetype="application/octet-stream"
            ),
            "/blocks": self.blocks,
            "/blocks/<int:top>": self.blocks,
            "/tx/<txid>/hex": lambda txid: text(self.raw(txid)["hex"]),
            "/tx/<txid>/merkle-proof": self.proof,
            "/tx/<txid>": lambda txid: as_json(self.describe(self.raw(txid))),
            "/address/<address>/txs": self.history,
        }.items():
            self.app.add_url_rule(rule, rule, view)
        self.app.register_error_handler(RpcFailed, lambda _: Response("not found", 404, mimetype="text/plain"))
        self.app.register_error_handler(
            requests.RequestException, lambda _: Response("down", 503, mimetype="text/plain")
        )

    def raw(self, txid):
        found = self.node.call("getrawtransaction", txid, True)
        if found.get("confirmations", 0) < 1 and txid not in self.node.call("getrawmempool"):
            raise RpcFailed("conflicted")
        return found

    def blocks(self, top=None):
        node = self.node
        top = node.call("getblockcount") if top is None else top
        hashes = [node.call("getblockhash", height) for height in range(top, max(-1, top - 10), -1)]
        return as_json([described(node.call("getblockheader", each)) for each in hashes])

    def proof(self, txid):
        block = self.node.call("getblock", self.raw(txid)["blockhash"]) if "blockhash" in self.raw(txid) else None
        if block is None or block["confirmations"] < 1:
            raise RpcFailed("unconfirmed")
        position = block["tx"].index(txid)
        siblings = merkle_siblings([bytes.fromhex(each)[::-1] for each in block["tx"]], position)
        merkle = [each[::-1].hex() for each in siblings]
        return as_json({"block_height": block["height"], "merkle": merkle, "pos": position})

    def history(self, address):
        script = script_pubkey(Chain.LTC, address).hex()
        best = self.node.call("getblockcount")
        txids = self.node.call("getrawmempool")
        for height in range(best, max(0, best - 60), -1):
            txids += self.node.call("getblock", self.node.call("getblockhash", height))["tx"]
        found = [self.describe(self.raw(txid)) for txid in txids]
        return as_json([tx for tx in found if any(out["scriptpubkey"] == script for out in tx["vout"])])

    def describe(self, raw):
        status = {"confirmed": False}
        if raw.get("confirmations", 0) > 0:
            header = self.node.call("getblockheader", raw["blockhash"])
            status = {"confirmed": True, "block_height": header["height"], "block_hash": raw["blockhash"],
                      "block_time": header["time"]}  # fmt: skip
        outputs = [
            {"scriptpubkey": out["scriptPubKey"]["hex"], "value": int(Decimal(str(out["value"])).scaleb(8))}
            for out in raw["vout"]
            if "scriptPubKey" in out
        ]
        vin = [{"sequence": entry.get("sequence", 0xFFFFFFFF)} for entry in raw["vin"]]
        return {"txid": raw["txid"], "vin": vin, "vout": outputs, "status": status}


def described(header):
    """Format a header as Esplora does."""
    return {
        "id": header["hash"], "height": header["height"], "version": header["version"], "timestamp": header["time"],
        "bits": int(header["bits"], 16), "nonce": header["nonce"], "merkle_root": header["merkleroot"],
        "previousblockhash": header.get("previousblockhash"),
    }  # fmt: skip


def text(value):
    return Response(str(value), mimetype="text/plain")


def as_json(value):
    return Response(json.dumps(value), mimetype="application/json")


@pytest.fixture(scope="module")
def shim(node):
    server = serve_in_thread(Shim(node).app)
    yield server.url
    server.stop()


class Clock:
    """The node's own time, because it is in the headers."""

    def __init__(self) -> None:
        self.now = int(time.time())

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("headers")


@pytest.fixture
def reader(node, shim, clock, folder) -> Iterator[EsploraReader]:
    genesis = node.call("getblockheader", node.call("getblockhash", 0), False)
    ltc = Network(REGTEST[Chain.LTC], Checkpoint(0, (bytes.fromhex(genesis),)))
    settings = ProviderSettings(
        servers={Chain.LTC: (shim,)}, ltc_blockbook_urls=(), hand_mined=True, networks={**NETWORKS, Chain.LTC: ltc}
    )
    registry = Registry(settings, http=patient_client(), clock=clock, folder=folder)
    yield registry.readers()[Chain.LTC]
    registry.close()


def new_address(node):
    """Create an address in the regtest wallet, and encode it for the main network: the script is the same."""
    regtest = node.call("getnewaddress", "", "bech32")
    program_ = bech32.decode_witness("rltc", regtest).program
    return regtest, bech32.encode_witness("ltc", WitnessProgram(version=0, program=program_))


def mine(node, count=1):
    return node.call("generatetoaddress", count, node.bank)


def test_payments_to_many_addresses_in_one_transaction(node, reader):
    pairs = [new_address(node) for _ in range(20)]
    ours = [mainnet for _, mainnet in pairs]
    _, cursor = scan_to_head(reader, ours, None)
    amounts = {regtest: f"{(i + 1) * 0.01:.2f}" for i, (regtest, _) in enumerate(pairs)}
    txid = node.call("sendmany", "", amounts)
    waiting = reader.peek(ours[:3])
    mine(node)
    found, _ = scan_to_head(reader, ours, cursor)
    assert {t.address: t.units for t in found} == {ours[i]: (i + 1) * COINS // 100 for i in range(20)}
    assert {t.txid for t in found} == {txid}
    assert len({t.index for t in found}) == 20
    assert {(t.txid, t.index) for t in waiting} <= {(t.txid, t.index) for t in found}
    assert set(reader.find(txid, ours)) == set(found)


def test_a_replaced_payment_gives_way_to_its_replacement(node, reader):
    regtest, ours = new_address(node)
    old = node.call("sendtoaddress", regtest, "0.5")
    (waiting,) = reader.peek([ours])
    assert (waiting.txid, waiting.replaceable) == (old, True)
    new = node.call("bumpfee", old)["txid"]
    assert [t.txid for t in reader.peek([ours])] == [new]
    with pytest.raises(UnknownTransaction) as refused:
        reader.find(old, [ours])
    assert refused.value.txid == old
    mine(node)
    assert [(t.txid, t.replaceable) for t in reader.peek([ours])] == [(new, False)]


def test_a_reorganisation_takes_a_payment_back_and_brings_it_again(node, reader):
    regtest, ours = new_address(node)
    _, cursor = scan_to_head(reader, [ours], None)
    txid = node.call("sendtoaddress", regtest, "0.7")
    (block,) = mine(node)
    scan = reader.scan([ours], cursor)
    (first,) = scan.transfers
    assert (first.txid, first.block_hash) == (txid, block)
    node.call("invalidateblock", block)
    node.call("generateblock", node.bank, [])
    node.call("generateblock", node.bank, [])
    assert reader.find(txid, [ours])[0].block_height is None
    found, cursor = scan_to_head(reader, [ours], scan.cursor)
    assert all(t.block_height is None for t in found)
    mine(node)
    (again,), _ = scan_to_head(reader, [ours], cursor)
    assert (again.txid, again.index) == (first.txid, first.index)
    assert again.block_height == first.block_height + 2


def test_a_restart_of_the_node_causes_delay_but_loses_nothing(node, reader, clock):
    regtest, ours = new_address(node)
    _, cursor = scan_to_head(reader, [ours], None)
    txid = node.call("sendtoaddress", regtest, "0.9")
    mine(node)
    node.stop()
    with pytest.raises(ChainUnavailable) as refused:
        reader.scan([ours], cursor)
    assert refused.value.chain is Chain.LTC
    node.start()
    clock.now += refused.value.retry_after_s
    found, _ = scan_to_head(reader, [ours], cursor)
    assert [t.txid for t in found] == [txid]
    assert reader.status().ok


def test_blocks_with_mweb_extension_are_read(node, reader):
    regtest, ours = new_address(node)
    mine(node, LAST_BLOCK_BEFORE_MWEB - node.call("getblockcount"))
    _, cursor = scan_to_head(reader, [ours], None)
    node.call("sendtoaddress", node.call("getnewaddress", "", "mweb"), "5")
    mine(node)
    txid = node.call("sendtoaddress", regtest, "0.25")
    best = mine(node, 2)[-1]
    transactions = node.call("getblock", best, 2)["tx"]
    assert transactions[-1]["vout"][0]["scriptPubKey"]["type"] == "witness_mweb_hogaddr"
    found, _ = scan_to_head(reader, [ours], cursor)
    assert [(t.txid, t.units) for t in found] == [(txid, COINS // 4)]


def test_the_address_is_encoded_for_the_main_network(node):
    _, ours = new_address(node)
    assert validate(Chain.LTC, ours).text == ours
