"""The part of an Esplora server that its node does: accept transactions and estimate fees."""

from flask import Response, g, jsonify, request

from wallet.addresses import Kind, ValidAddress, encode
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.transactions import p2wpkh, policy
from wallet.transactions.bitcoin import OutPoint, Output, parse
from wallet.transactions.bitcoin import Transaction as Parsed
from wallet.transactions.p2wpkh import Coin as Spent
from wallet.transactions.policy import REPLACEABLE
from web.sandbox.chains.bitcoin_coding import Coin, Spend, Transaction
from web.sandbox.chains.bitcoin_ledger import BitcoinLedger
from web.sandbox.chains.routes import Routes, is_mirror

_RATES = {Chain.BTC: 4, Chain.LTC: 1}
_LIE = 1_000


class BitcoinNode:
    """The entrance to the mempool: transactions are decoded, every signature is verified, and the money moves."""

    def __init__(self, ledger: BitcoinLedger) -> None:
        self._ledger = ledger

    def register(self, routes: Routes, prefix: str) -> None:
        """Add the views below a prefix."""
        routes.add(prefix, {"/tx": self.send}, method="POST")
        routes.add(
            prefix,
            {"/v1/fees/recommended": self.recommended, "/tx/<txid>/outspend/<int:index>": self.outspend},
        )

    def recommended(self) -> Response:
        """GET /v1/fees/recommended: satoshi per virtual byte."""
        normal = _RATES[self._ledger.chain] * self._ledger.fees * (_LIE if g.fault == "lie" else 1)
        return jsonify(fastestFee=2 * normal, halfHourFee=normal, hourFee=normal, economyFee=normal, minimumFee=1)

    def outspend(self, txid: str, index: int) -> Response:
        """GET /tx/:txid/outspend/:vout."""
        spender = self._ledger.spender(txid, index)
        if spender is None:
            return jsonify(spent=False)
        is_confirmed = self._ledger.block_of(spender.txid) is not None
        return jsonify(spent=True, txid=spender.txid, vin=0, status={"confirmed": is_confirmed})

    def send(self) -> Response:
        """POST /tx: hexadecimal text; 200 with the txid, or 400 with the node's error in the body.

        As mempool's backend does, it reads only plain text, and the mirror's refusals name only the code.
        """
        if request.mimetype != "text/plain":
            return _refusal(-22, "TX decode failed")
        try:
            parsed = parse(self._ledger.chain, bytes.fromhex(request.get_data(as_text=True).strip()))
        except (WalletError, ValueError):
            return _refusal(-22, "TX decode failed")
        if g.fault == "swallow":  # accepted and dropped
            return Response(parsed.txid, mimetype="text/plain")
        if self._ledger.transaction(parsed.txid) is not None:
            known = self._ledger.block_of(parsed.txid) is not None
            return _refusal(-27, "Transaction already in block chain") if known else _taken(parsed.txid)
        problem = self._problem(parsed)
        if problem is not None:
            return _refusal(*problem)
        self._ledger.accept(self._as_ours(parsed))
        return _taken(parsed.txid)

    def _problem(self, parsed: Parsed) -> tuple[int, str] | None:
        coins = self._coins(parsed)
        if len(coins) < len(parsed.inputs):
            return -25, "bad-txns-inputs-missingorspent"
        try:
            p2wpkh.verify(parsed, coins)
        except WalletError:
            return -26, "mandatory-script-verify-flag-failed (Signature must be zero)"
        fee = sum(coin.output.value for coin in coins) - sum(paid.value for paid in parsed.outputs)
        if fee < policy.fee(parsed.weight, policy.INCREMENTAL_RATE):
            return -26, "min relay fee not met"
        if any(paid.value < policy.dust_threshold(self._ledger.chain, paid.script_pubkey) for paid in parsed.outputs):
            return -26, "dust"
        return self._conflict(parsed, fee)

    def _conflict(self, parsed: Parsed, fee: int) -> tuple[int, str] | None:
        """Refuse a double spend, unless it replaces unconfirmed transactions and pays more (BIP-125)."""
        for spent in parsed.inputs:
            other = self._ledger.spender(spent.outpoint.txid, spent.outpoint.index)
            if other is None:
                continue
            if self._ledger.block_of(other.txid) is not None:
                return -25, "bad-txns-inputs-missingorspent"
            if any(spend.sequence > REPLACEABLE for spend in other.inputs):
                return -26, "txn-mempool-conflict"
            if fee < _fee(other) + policy.fee(parsed.weight, policy.INCREMENTAL_RATE):
                return -26, "insufficient fee, rejecting replacement"
        return None

    def _coins(self, parsed: Parsed) -> list[Spent]:
        found = []
        for spent in parsed.inputs:
            coin = self._ledger.coin(spent.outpoint.txid, spent.outpoint.index)
            if coin is not None:
                found.append(Spent(spent.outpoint, Output(coin.value, coin.script)))
        return found

    def _as_ours(self, parsed: Parsed) -> Transaction:
        inputs = tuple(self._spend(spent.outpoint, spent.sequence, spent.witness) for spent in parsed.inputs)
        outputs = tuple(
            Coin(paid.script_pubkey, paid.value, self._address(paid.script_pubkey)) for paid in parsed.outputs
        )
        return Transaction(inputs, outputs)

    def _address(self, script: bytes) -> str:
        if not p2wpkh.is_p2wpkh(script):
            return ""
        return encode(ValidAddress(self._ledger.chain, "", Kind.P2WPKH, script[2:], 0))

    def _spend(self, outpoint: OutPoint, sequence: int, witness: tuple[bytes, ...]) -> Spend:
        coin = self._ledger.coin(outpoint.txid, outpoint.index)
        return Spend(outpoint.txid, outpoint.index, coin, sequence, witness)


def _fee(transaction: Transaction) -> int:
    spent = sum(spend.coin.value for spend in transaction.inputs if spend.coin is not None)
    return spent - sum(coin.value for coin in transaction.outputs)


def _taken(txid: str) -> Response:
    return Response(txid, mimetype="text/plain")


def _refusal(code: int, text: str) -> Response:
    said = "" if is_mirror() else f',"message":"{text}"'
    error = f'sendrawtransaction RPC error: {{"code":{code}{said}}}'
    return Response(error, status=400, mimetype="text/plain")
