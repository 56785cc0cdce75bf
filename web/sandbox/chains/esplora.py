"""Answers as an Esplora server does (Blockstream/esplora API.md, mempool/electrs)."""

import itertools
import re
from typing import Any

from flask import Response, g, jsonify

from wallet.addresses import script_pubkey
from wallet.errors import WalletError
from web.sandbox.chains.bitcoin_coding import Coin, Spend, Transaction, merkle_siblings
from web.sandbox.chains.bitcoin_ledger import BitcoinLedger, Block
from web.sandbox.chains.bitcoin_node import BitcoinNode
from web.sandbox.chains.faults import STALE_BLOCKS
from web.sandbox.chains.routes import Routes, View, is_mirror

Json = dict[str, Any]
HASH = re.compile(r"[0-9a-f]{64}")
_PAGE = 25
_MEMPOOL_PAGE = 50
_BLOCKS_PAGE = 10


class EsploraServer:
    """One chain's explorer. With `serves_raw` False it refuses to return raw blocks, as some servers do."""

    def __init__(self, ledger: BitcoinLedger) -> None:
        self.serves_raw = True
        self._ledger = ledger
        self.node = BitcoinNode(ledger)

    def register(self, routes: Routes, prefix: str) -> None:
        """Add the views below a prefix."""
        views: dict[str, View] = {
            "/blocks/tip/height": self.tip_height,
            "/blocks/tip/hash": self.tip_hash,
            "/block-height/<int:height>": self.block_hash,
            "/blocks": self.newest_blocks,
            "/blocks/<int:height>": self.newest_blocks,
            "/block/<block_hash>": self.block,
            "/block/<block_hash>/header": self.block_header,
            "/block/<block_hash>/status": self.block_status,
            "/block/<block_hash>/txids": self.block_txids,
            "/block/<block_hash>/raw": self.block_raw,
            "/block/<block_hash>/txs/<int:start>": self.block_transactions,
            "/address/<address>": self.address,
            "/address/<address>/txs": self.address_transactions,
            "/address/<address>/txs/chain": self.address_chain,
            "/address/<address>/txs/chain/<last>": self.address_chain,
            "/tx/<txid>": self.transaction,
            "/tx/<txid>/status": self.transaction_status,
            "/tx/<txid>/hex": self.transaction_hex,
            "/tx/<txid>/raw": self.transaction_raw,
            "/tx/<txid>/merkle-proof": self.merkle_proof,
        }
        routes.add(prefix, views)
        self.node.register(routes, prefix)

    def register_blockbook(self, routes: Routes, prefix: str) -> None:
        """Add the one Blockbook view that the shop uses (trezor/blockbook, `/api/v2`)."""
        routes.add(prefix, {"/block-index/<int:height>": self.block_index})

    def block_index(self, height: int) -> Response:
        """GET /block-index/:height of Blockbook: an unknown height has an empty hash, not an error."""
        block = self._ledger.block(height)
        return jsonify(blockHash="" if block is None or height > self._height() else block.hash)

    def tip_height(self) -> Response:
        """GET /blocks/tip/height: plain text."""
        return _text(str(self._height())) if g.fault != "error_body" else _limit_notice()

    def tip_hash(self) -> Response:
        """GET /blocks/tip/hash: plain text."""
        block = self._ledger.block(self._height())
        return _text(block.hash if block and g.fault != "error_body" else "NOTICE: rate limit")

    def block_hash(self, height: int) -> Response:
        """GET /block-height/:height."""
        block = self._ledger.block(height)
        if block is None or height > self._height():
            return _text("Block not found", 404)
        return _text(block.hash)

    def block(self, block_hash: str) -> Response:
        """GET /block/:hash."""
        block = self.find_block(block_hash)
        if block is None:
            return _text("Block not found", 404)
        return jsonify(described(block))

    def newest_blocks(self, height: int | None = None) -> Response:
        """GET /blocks[/:start_height]: ten, newest first."""
        top = self._height() if height is None else height
        if top > self._height() or self._ledger.block(top) is None:
            return _text("Block not found", 404)
        found = [self._ledger.block(each) for each in range(top, top - _BLOCKS_PAGE, -1)]
        return jsonify([described(block) for block in found if block is not None])

    def block_header(self, block_hash: str) -> Response:
        """GET /block/:hash/header: the 80 bytes, as hexadecimal text."""
        block = self.find_block(block_hash)
        return _text("Block not found", 404) if block is None else _text(block.header.serialise().hex())

    def block_status(self, block_hash: str) -> Response:
        """GET /block/:hash/status: whether the block is in the best chain, and the next block."""
        block = self.find_block(block_hash)
        if block is None or self._ledger.block(block.height) is not block:
            return jsonify(in_best_chain=False)
        following = self._ledger.block(block.height + 1)
        return jsonify(in_best_chain=True, height=block.height, next_best=following.hash if following else None)

    def block_txids(self, block_hash: str) -> Response:
        """GET /block/:hash/txids: in block order."""
        block = self.find_block(block_hash)
        if block is None:
            return _text("Block not found", 404)
        return jsonify([tx.txid for tx in block.transactions])

    def block_raw(self, block_hash: str) -> Response:
        """GET /block/:hash/raw: the block's bytes."""
        block = self.find_block(block_hash)
        if block is None or not self.serves_raw:
            return _text("Block not found", 404)
        body = block.serialise()
        if g.fault == "empty":
            body = body[: len(body) // 2]
        return Response(body, mimetype="application/octet-stream")

    def block_transactions(self, block_hash: str, start: int) -> Response:
        """GET /block/:hash/txs/:start: 25 a page."""
        block = self.find_block(block_hash)
        if block is None:
            return _text("Block not found", 404)
        if start % _PAGE or start >= len(block.transactions):
            return _text("start index must be a multiple of 25", 400)
        return jsonify([self._json(tx) for tx in block.transactions[start : start + _PAGE]])

    def address(self, address: str) -> Response:
        """GET /address/:address: totals."""
        script = self._script(address)
        if isinstance(script, Response):
            return script
        history = self._ledger.history(script)
        waiting = [tx for tx in history if tx.txid in self._ledger.mempool]
        confirmed = [tx for tx in history if tx.txid not in self._ledger.mempool]
        return jsonify(address=address, chain_stats=_stats(confirmed, script), mempool_stats=_stats(waiting, script))

    def address_transactions(self, address: str) -> Response:
        """GET /address/:address/txs: up to 50 unconfirmed ones, then 25 confirmed.

        The mirror lists 50 in total, as mempool's fork of electrs does, so that waiting ones may hide the others.
        """
        script = self._script(address)
        if isinstance(script, Response):
            return script
        if g.fault in {"empty", "error_body"}:
            return jsonify([]) if g.fault == "empty" else jsonify(error="Too many history entries")
        history = self._ledger.history(script)
        waiting = [tx for tx in history if tx.txid in self._ledger.mempool]
        confirmed = [tx for tx in history if tx.txid not in self._ledger.mempool]
        shown = waiting[:_MEMPOOL_PAGE] + confirmed[:_PAGE]
        if is_mirror():
            shown = (waiting + confirmed)[:_MEMPOOL_PAGE]
        return jsonify([self._json(tx) for tx in shown])

    def address_chain(self, address: str, last: str = "") -> Response:
        """GET /address/:address/txs/chain[/:last]: a malformed :last is ignored, an unknown one returns nothing."""
        script = self._script(address)
        if isinstance(script, Response):
            return script
        confirmed = [tx for tx in self._ledger.history(script) if tx.txid not in self._ledger.mempool]
        if HASH.fullmatch(last):
            ids = [tx.txid for tx in confirmed]
            confirmed = confirmed[ids.index(last) + 1 :] if last in ids else []
        return jsonify([self._json(tx) for tx in confirmed[:_PAGE]])

    def transaction(self, txid: str) -> Response:
        """GET /tx/:txid."""
        if not HASH.fullmatch(txid):
            return _text("Invalid hash string", 400)
        found = self._ledger.transaction(txid)
        if found is None or g.fault == "empty":
            return _text("Transaction not found", 404)
        return jsonify(self._json(found) if g.fault != "error_body" else {"error": "Too Many Requests"})

    def transaction_status(self, txid: str) -> Response:
        """GET /tx/:txid/status: an unknown transaction is "not confirmed", not 404."""
        return jsonify(self._status(self._ledger.block_of(txid)))

    def transaction_hex(self, txid: str) -> Response:
        """GET /tx/:txid/hex: the transaction with its witness, as hexadecimal text."""
        found = self._ledger.transaction(txid)
        return _text("Transaction not found", 404) if found is None else _text(found.serialise().hex())

    def transaction_raw(self, txid: str) -> Response:
        """GET /tx/:txid/raw: the same in bytes."""
        found = self._ledger.transaction(txid)
        if found is None:
            return _text("Transaction not found", 404)
        return Response(found.serialise(), mimetype="application/octet-stream")

    def merkle_proof(self, txid: str) -> Response:
        """GET /tx/:txid/merkle-proof: the siblings from the transaction up to the root, in display order."""
        block = self._ledger.block_of(txid)
        if block is None:
            return _text("Transaction not found or is unconfirmed", 404)
        txids = [tx.txid for tx in block.transactions]
        position = txids.index(txid)
        siblings = merkle_siblings([bytes.fromhex(each)[::-1] for each in txids], position)
        merkle = [sibling[::-1].hex() for sibling in siblings]
        return jsonify(block_height=block.height, merkle=merkle, pos=position)

    def _height(self) -> int:
        return self._ledger.height - (STALE_BLOCKS if g.fault == "stale" else 0)

    def find_block(self, block_hash: str) -> Block | None:
        """Find a block on any branch: an explorer returns orphans too."""
        every = itertools.chain(reversed(self._ledger.blocks), self._ledger.orphans)
        return next((block for block in every if block.hash == block_hash), None)

    def _script(self, address: str) -> bytes | Response:
        try:
            return script_pubkey(self._ledger.chain, address)
        except WalletError:
            return _text("Invalid Bitcoin address", 400)

    def _json(self, transaction: Transaction) -> Json:
        size = len(transaction.serialise())
        return {
            "txid": transaction.txid, "version": 2, "locktime": 0, "size": size, "weight": size * 4 - 110 * 3,
            "fee": _fee(transaction),
            "vin": [_vin(spend) for spend in transaction.inputs],
            "vout": [_vout(coin) for coin in transaction.outputs],
            "status": self._status(self._ledger.block_of(transaction.txid)),
        }  # fmt: skip

    def _status(self, block: Block | None) -> Json:
        if block is None:
            return {"confirmed": False}
        return {
            "confirmed": True,
            "block_height": block.height,
            "block_hash": block.hash,
            "block_time": block.header.time,
        }


def described(block: Block) -> Json:
    header = block.header
    return {
        "id": block.hash, "height": block.height, "version": header.version, "timestamp": header.time,
        "bits": header.bits, "nonce": header.nonce, "merkle_root": header.merkle[::-1].hex(),
        "previousblockhash": header.previous, "tx_count": len(block.transactions), "size": len(block.serialise()),
        "mediantime": header.time, "difficulty": 1,
    }  # fmt: skip


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status=status, mimetype="text/plain")


def _limit_notice() -> Response:
    notice = {"error": "Too Many Requests", "message": "NOTICE: Your request rate exceeds the current limit"}
    return jsonify(notice)


def _stats(transactions: list[Transaction], script: bytes) -> Json:
    values = [output.value for tx in transactions for output in tx.outputs if output.script == script]
    return {
        "funded_txo_count": len(values), "funded_txo_sum": sum(values), "spent_txo_count": 0, "spent_txo_sum": 0,
        "tx_count": len(transactions),
    }  # fmt: skip


def _fee(transaction: Transaction) -> int:
    spent = [spend.coin.value for spend in transaction.inputs if spend.coin]
    return sum(spent) - sum(coin.value for coin in transaction.outputs) if spent else 0


def _vin(spend: Spend) -> Json:
    return {
        "txid": spend.txid, "vout": spend.vout, "prevout": None if spend.coin is None else _vout(spend.coin),
        "scriptsig": spend.script_sig.hex(), "scriptsig_asm": "", "witness": [item.hex() for item in spend.witness],
        "is_coinbase": spend.coin is None, "sequence": spend.sequence,
    }  # fmt: skip


def _vout(coin: Coin) -> Json:
    out = {
        "scriptpubkey": coin.script.hex(), "scriptpubkey_asm": "", "scriptpubkey_type": _type(coin.script),
        "value": coin.value,
    }  # fmt: skip
    return out | ({"scriptpubkey_address": coin.address} if coin.address else {})


def _type(script: bytes) -> str:
    starts = {b"\x00\x14": "v0_p2wpkh", b"\x00\x20": "v0_p2wsh", b"\x51\x20": "v1_p2tr", b"\x76\xa9": "p2pkh"}
    return "op_return" if script[:1] == b"\x6a" else starts.get(script[:2], "p2sh")
