"""Serialised blocks: real ones, changed ones, and ones that end early."""

import json
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.chains.bitcoin_blocks import BrokenBlock, parse_block, parse_transaction
from wallet.chains import Chain
from wallet.transactions.wire import MalformedTransaction
from web.sandbox.chains.bitcoin_coding import Coin, Spend, Transaction, block_bytes, header_of
from web.sandbox.chains.bitcoin_ledger import BitcoinLedger

VECTORS = json.loads((Path(__file__).parent / "vectors" / "bitcoin.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["blocks"], ids=lambda v: v["name"])
def test_published_blocks_are_read(vector):
    block = parse_block(Chain.BTC, bytes.fromhex(vector["hex"]), block_hash=vector["hash"])
    assert (block.header.previous, block.header.time) == (vector["previous"], vector["time"])
    assert [(tx.txid, [o.value for o in tx.outputs]) for tx in block.transactions] == [
        (tx["txid"], tx["values"]) for tx in vector["transactions"]
    ]


@pytest.mark.parametrize("vector", VECTORS["transactions"], ids=lambda v: v["name"])
def test_published_transactions_are_read(vector):
    found = parse_transaction(Chain.BTC, bytes.fromhex(vector["hex"]))
    assert found.txid == vector["txid"]
    assert [[o.value, o.script_pubkey.hex()] for o in found.outputs] == vector["outputs"]
    assert found.replaceable is vector["replaceable"]


@pytest.fixture(scope="module")
def block():
    ledger = BitcoinLedger(Chain.BTC, first_height=870_000, clock=lambda: 1_790_000_000, random=Random(1))
    for i in range(9):
        ledger.pay([("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", 1_000 + i)])
    ledger.mine(1)
    return ledger.blocks[-1]


def test_the_emulators_blocks_are_real_blocks(block):
    found = parse_block(Chain.BTC, block.serialise(), block_hash=block.hash)
    assert [tx.txid for tx in found.transactions] == [tx.txid for tx in block.transactions]


def test_a_changed_byte_is_refused(block):
    whole = block.serialise()
    script = bytes.fromhex("0014c0cebcd6c3d3ca8c75dc5ec62ebe55330ef910e2")
    for position in (0, 40, 79, whole.index(script) - 2, whole.index(script) + 5):
        changed = bytearray(whole)
        changed[position] ^= 1
        with pytest.raises(BrokenBlock) as refused:
            parse_block(Chain.BTC, bytes(changed), block_hash=block.hash)
        assert refused.value.args


@given(st.data())
def test_a_block_that_ends_early_is_refused(block, data):
    whole = block.serialise()
    with pytest.raises(BrokenBlock) as refused:
        parse_block(Chain.BTC, whole[: data.draw(st.integers(0, len(whole) - 1))], block_hash=block.hash)
    assert refused.value.args


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_refused_without_an_unexpected_error(data):
    with pytest.raises(MalformedTransaction) as refused:
        parse_transaction(Chain.BTC, b"\x02\0\0\0" + data + b"\0\0\0")
    assert refused.value.flaw


def test_a_block_with_a_transaction_twice_is_refused(block):
    twice = (*block.transactions[1:], block.transactions[-1])
    with pytest.raises(BrokenBlock) as refused:
        parse_block(Chain.BTC, block_bytes(block.header, twice), block_hash=block.hash)
    assert refused.value.args == ("the same transaction twice in a block",)


COINBASE = Transaction((Spend("00" * 32, 0xFFFFFFFF, None, 0xFFFFFFFF, (), b"\x03abc"),), (Coin(b"\x51", 5),))


def test_a_litecoin_blocks_last_transaction_may_move_coins_into_the_extension_block():
    """LIP-0002: flag 0x08, and one byte for the absent MWEB body before the lock time; the txid leaves both out."""
    coin = Coin(b"\x59\x20" + bytes(32), 5)
    spend = Spend("11" * 32, 0, None, 0xFFFFFFFF, ())
    plain = Transaction((spend,), (coin,))
    body = plain.serialise(witness=False)
    hogex = body[:4] + b"\x00\x08" + body[4:-4] + b"\x00" + body[-4:]
    assert parse_transaction(Chain.LTC, hogex).txid == plain.txid
    header = header_of("22" * 32, [COINBASE, plain], time=1, nonce=2)
    transactions = COINBASE.serialise(witness=False) + hogex
    raw = header.serialise() + b"\x02" + transactions + b"\x01extension block"
    assert parse_block(Chain.LTC, raw, block_hash=header.hash).transactions[1].txid == plain.txid


def test_an_inner_level_of_the_tree_is_not_accepted_as_the_transactions():
    """CVE-2017-12842: two hashes, read as a transaction of 64 bytes, make a shorter block with the same root."""
    inner = Transaction((Spend("11" * 32, 0, None, 0xFFFFFFFF, ()),), (Coin(b"\x00\x14ab", 5),))
    assert len(inner.serialise(witness=False)) == 64
    header = header_of("22" * 32, [inner], time=1, nonce=2)
    raw = header.serialise() + b"\x01" + inner.serialise(witness=False)
    with pytest.raises(BrokenBlock) as refused:
        parse_block(Chain.BTC, raw, block_hash=header.hash)
    assert refused.value.args == ("a block that does not begin with a coinbase",)


@pytest.mark.parametrize(
    ("sequence", "replaceable"), [(0xFFFFFFFF, False), (0xFFFFFFFE, False), (0xFFFFFFFD, True), (0, True)]
)
def test_replaceability_follows_bip_125(sequence, replaceable):
    made = Transaction((Spend("11" * 32, 0, Coin(b"", 1), sequence, (b"x",)),), (Coin(b"\x00", 1),))
    found = parse_transaction(Chain.BTC, made.serialise())
    assert (found.replaceable, found.txid) == (replaceable, made.txid)


def test_a_blocks_hash_is_its_headers_hash(block):
    header = block.serialise()[:80]
    assert sha256(sha256(header).digest()).digest()[::-1].hex() == block.hash
