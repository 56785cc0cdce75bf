"""The part of an Ethereum node that accepts signed transactions: it checks them and moves the money."""

from collections.abc import Callable
from typing import Any

from flask import g

from shop.assets import ASSETS
from shop.chains.tokens import account
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.transactions import erc20, ethereum
from web.sandbox.chains.account_ledger import AccountLedger, AccountTransaction, Event, transfer_event
from web.sandbox.chains.errors import NodeError

Json = dict[str, Any]
GWEI = 10**9
_PLAIN_GAS, _TOKEN_GAS = 21_000, 46_000
_LIE = 1_000
_LIE_NONCES = 3
_LIE_GAS = 100


class EthereumNode:
    """The entrance to the mempool. A token moves only what its events say that its holder received."""

    def __init__(self, ledger: AccountLedger, chain_id: int) -> None:
        self._ledger = ledger
        self._chain_id = chain_id

    def methods(self) -> dict[str, Callable[..., object]]:
        """List the methods it answers."""
        return {
            "eth_feeHistory": self._fee_history,
            "eth_getTransactionCount": self._nonce,
            "eth_estimateGas": self._estimate,
            "eth_call": self._call,
            "eth_sendRawTransaction": self._send,
        }

    @property
    def base_fee(self) -> int:
        """Return the current base fee, in wei per gas."""
        return GWEI * self._ledger.fees

    def _fee_history(self, count: str, _newest: str, percentiles: list[int]) -> Json:
        base = hex(self.base_fee * (_LIE if g.fault == "lie" else 1))
        tips = [hex(GWEI // 10 * (place + 1)) for place in range(len(percentiles))]
        blocks = int(count, 16)
        return {
            "oldestBlock": hex(self._ledger.height - blocks + 1), "baseFeePerGas": [base] * (blocks + 1),
            "gasUsedRatio": [0.5] * blocks, "reward": [tips] * blocks,
        }  # fmt: skip

    def _nonce(self, address: str, tag: str) -> str:
        nonce = self._ledger.nonce(bytes.fromhex(address[2:]), pending=tag == "pending")
        return hex(nonce + (_LIE_NONCES if g.fault == "lie" else 0))

    def _estimate(self, call: Json) -> str:
        data = bytes.fromhex(call.get("data", "0x")[2:])
        if g.fault == "revert":
            raise NodeError(3, "execution reverted")
        if not data:
            return hex(_PLAIN_GAS)
        contract, sender = bytes.fromhex(call["to"][2:]), bytes.fromhex(call["from"][2:])
        _, units = self._transfer(data)
        if self._ledger.token_balance(contract, sender) < units:
            raise NodeError(3, "execution reverted")
        return hex(_TOKEN_GAS * (_LIE_GAS if g.fault == "lie" else 1))

    def _call(self, call: Json, _tag: str) -> str:
        data = bytes.fromhex(call["data"][2:])
        if data[:4].hex() != "70a08231" or len(data) != 36:
            raise NodeError(3, "execution reverted")
        units = self._ledger.token_balance(bytes.fromhex(call["to"][2:]), data[16:])
        return "0x" + (units * (10 if g.fault == "lie" else 1)).to_bytes(32).hex()

    def _send(self, raw: str) -> str:
        try:
            signed = ethereum.decode(bytes.fromhex(raw[2:]))
        except (WalletError, ValueError):
            raise NodeError(-32000, "rlp: expected input list") from None
        asked = signed.transaction
        if not isinstance(asked, ethereum.Eip1559) or asked.chain_id != self._chain_id:
            raise NodeError(-32000, "invalid chain id for signer")
        if g.fault == "swallow":  # accepted and dropped
            return "0x" + signed.txid
        if signed.txid in self._ledger.transactions:
            raise NodeError(-32000, "already known")
        sender = account(Chain.ETH, signed.sender)
        self._check(asked, sender)
        self._ledger.take(self._executed(signed, asked, sender), pays_enough=asked.max_fee_per_gas >= self.base_fee)
        return "0x" + signed.txid

    def _check(self, asked: ethereum.Eip1559, sender: bytes) -> None:
        if asked.nonce < self._ledger.nonce(sender):
            raise NodeError(-32000, "nonce too low")
        cost = asked.gas_limit * asked.max_fee_per_gas + asked.value
        if self._ledger.balance(sender, self._ledger.height) < cost:
            raise NodeError(-32000, "insufficient funds for gas * price + value")
        if asked.gas_limit < (_TOKEN_GAS if asked.data else _PLAIN_GAS):
            raise NodeError(-32000, "intrinsic gas too low")
        other = self._ledger.waiting_at(sender, asked.nonce)
        if other is not None and asked.max_fee_per_gas * 10 < other.price * 11:
            raise NodeError(-32000, "replacement transaction underpriced")

    def _executed(
        self, signed: ethereum.SignedTransaction, asked: ethereum.Eip1559, sender: bytes
    ) -> AccountTransaction:
        to = account(Chain.ETH, asked.to or "")
        price = min(asked.max_fee_per_gas, self.base_fee + asked.max_priority_fee_per_gas)
        ok, events, gas = True, tuple[Event, ...](), _PLAIN_GAS
        if asked.data:
            recipient, units = self._transfer(asked.data)
            gas, ok = _TOKEN_GAS, self._ledger.token_balance(to, sender) >= units
            events = (transfer_event(to, sender, recipient, units),) if ok else ()
        return AccountTransaction(
            txid=signed.txid, sender=sender, to=to, value=asked.value, height=None, ok=ok, events=events,
            fee=gas * price, nonce=asked.nonce, price=asked.max_fee_per_gas, shown=_shown(asked),
        )  # fmt: skip

    def _transfer(self, data: bytes) -> tuple[bytes, int]:
        try:
            recipient, units = erc20.read_transfer_call(Chain.ETH, data)
        except WalletError:
            raise NodeError(3, "execution reverted") from None
        return account(Chain.ETH, recipient), units


def _shown(asked: ethereum.Eip1559) -> tuple[tuple[str, str, str], ...]:
    """Return who is paid what, for display."""
    if not asked.data:
        return ((asked.to or "", "ETH", ASSETS["ETH"].format(asked.value)),)
    recipient, units = erc20.read_transfer_call(Chain.ETH, asked.data)
    token = next((each for each in ASSETS.values() if each.contract == asked.to), ASSETS["USDT_ERC20"])
    return ((recipient, token.code, token.format(units)),)
