"""The part of a TRON node that accepts signed transactions: it checks them and moves the money.

Prices are those of 2026: 100 sun per energy, 1,000 per byte, 1.1 TRX to activate an account.
"""

from collections.abc import Mapping
from typing import Any

from flask import g

from shop.assets import ASSETS
from shop.chains.tokens import account, contracts
from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.transactions import erc20, tron
from web.sandbox.chains.account_ledger import AccountLedger, AccountTransaction, transfer_event

Json = dict[str, Any]
ENERGY_PRICE, BYTE_PRICE = 100, 1_000
NEW_ACCOUNT, CREATE_ACCOUNT = 1_000_000, 100_000
_HOLDER_ENERGY, _NEW_HOLDER_ENERGY = 64_285, 130_285
_FREE_BYTES = 600
_DAY_S = 86_400
_BALANCE_OF = "70a08231"
_LIE, _LIE_ENERGY = 1_000, 100


class TronNode:
    """The entrance to the mempool, and what an address holds."""

    def __init__(self, ledger: AccountLedger) -> None:
        self._ledger = ledger
        self._contracts = contracts(Chain.TRX)

    def account(self, body: Json) -> Json:
        """POST /wallet/getaccount: `{}` for an account that was never activated."""
        who = account(Chain.TRX, str(body.get("address")))
        if not self._is_active(who):
            return {}
        balance = max(0, self._ledger.balance(who, self._ledger.height)) * (10 if g.fault == "lie" else 1)
        return {"address": body["address"]} | ({"balance": balance} if balance else {})

    def resources(self, body: Json) -> Json:
        """POST /wallet/getaccountresource: zeros are left out."""
        who = account(Chain.TRX, str(body.get("address")))
        if not self._is_active(who):
            return {}
        used = self._used_bytes(who)
        energy = self._ledger.energy.get(who, 0)
        return (
            {"freeNetLimit": _FREE_BYTES}
            | ({"freeNetUsed": used} if used else {})
            | ({"EnergyLimit": energy} if energy else {})
        )

    def parameters(self, _body: Json) -> Json:
        """POST /wallet/getchainparameters."""
        listed: Mapping[str, int] = {
            "getMaintenanceTimeInterval": 21_600_000,
            "getEnergyFee": ENERGY_PRICE * self._ledger.fees * (_LIE if g.fault == "lie" else 1),
            "getTransactionFee": BYTE_PRICE,
            "getCreateNewAccountFeeInSystemContract": NEW_ACCOUNT,
            "getCreateAccountFee": CREATE_ACCOUNT,
        }
        return {"chainParameter": [{"key": key, "value": value} for key, value in listed.items()]}

    def constant(self, body: Json) -> Json:
        """POST /wallet/triggerconstantcontract: a balance, or a simulated transfer; a code where nothing is run."""
        who = account(Chain.TRX, str(body["owner_address"]))
        contract, data = account(Chain.TRX, str(body["contract_address"])), bytes.fromhex(str(body["data"]))
        if contract not in self._contracts:
            message = b"Contract validate error : No contract or not a valid smart contract".hex()
            return {"result": {"code": "CONTRACT_VALIDATE_ERROR", "message": message}}
        if data[:4].hex() == _BALANCE_OF:
            units = self._ledger.token_balance(contract, data[16:36]) * (10 if g.fault == "lie" else 1)
            return {
                "result": {"result": True}, "energy_used": 935, "constant_result": [units.to_bytes(32).hex()],
                "transaction": {"ret": [{}]},
            }  # fmt: skip
        energy, ok = self._energy(contract, who, data)
        outcome = {} if ok else {"ret": "FAILED"}
        shown = energy * (_LIE_ENERGY if g.fault == "lie" else 1)
        return {"result": {"result": True}, "energy_used": shown, "constant_result": [""],
                "transaction": {"ret": [outcome]}}  # fmt: skip

    def broadcast(self, body: Json) -> Json:
        """POST /wallet/broadcasthex."""
        try:
            signed = tron.decode(bytes.fromhex(str(body.get("transaction"))))
        except (WalletError, ValueError):
            return {"result": False, "code": "SIGERROR", "message": "Validate signature error"}
        answer = {"txid": signed.txid}
        if g.fault == "swallow":  # accepted and dropped
            return {"result": True, "code": "SUCCESS"} | answer
        if signed.txid in self._ledger.transactions:
            return {"result": False, "code": "DUP_TRANSACTION_ERROR", "message": "Dup transaction."} | answer
        problem = self._problem(signed.transaction)
        if problem:
            return {"result": False, "code": problem} | answer
        self._ledger.take(self._executed(signed), pays_enough=True)
        return {"result": True, "code": "SUCCESS"} | answer

    def _problem(self, asked: tron.Transaction) -> str:
        """Return the error code of an invalid transaction; empty if it is valid."""
        head_ms = self._ledger.block_time(self._ledger.height) * 1_000
        if not head_ms < asked.expiration_ms <= head_ms + _DAY_S * 1_000:
            return "TRANSACTION_EXPIRATION_ERROR"
        if not self._refers_to_a_block(asked.reference):
            return "TAPOS_ERROR"
        owner = account(Chain.TRX, asked.contract.owner)
        if not self._is_active(owner):
            return "CONTRACT_VALIDATE_ERROR"
        value = asked.contract.amount_sun if isinstance(asked.contract, tron.Transfer) else 0
        needed = value + self._bandwidth(asked, owner) + self._burnt(asked)[0] + self._activation(asked)
        enough = self._ledger.balance(owner, self._ledger.height) >= needed
        return "" if enough else "CONTRACT_VALIDATE_ERROR"

    def _refers_to_a_block(self, reference: tron.BlockReference) -> bool:
        low = int.from_bytes(reference.height_bytes)
        height = self._ledger.height - (self._ledger.height - low) % 65_536
        return bytes.fromhex(self._ledger.block_hash(height))[8:16] == reference.id_bytes

    def _executed(self, signed: tron.SignedTransaction) -> AccountTransaction:
        asked = signed.transaction
        owner = account(Chain.TRX, asked.contract.owner)
        fee = self._bandwidth(asked, owner) + self._activation(asked)
        if isinstance(asked.contract, tron.Transfer):
            shown = ((asked.contract.to, "TRX", ASSETS["TRX"].format(asked.contract.amount_sun)),)
            to = account(Chain.TRX, asked.contract.to)
            return AccountTransaction(signed.txid, owner, to, asked.contract.amount_sun, None, fee=fee, shown=shown)
        contract = account(Chain.TRX, asked.contract.contract)
        burnt, is_enough = self._burnt(asked)
        recipient, units = erc20.read_transfer_call(Chain.TRX, asked.contract.data)
        ok = is_enough and self._energy(contract, owner, asked.contract.data)[1]
        event = transfer_event(contract, owner, account(Chain.TRX, recipient), units)
        return AccountTransaction(
            signed.txid, owner, contract, 0, None, ok=ok, events=(event,) if ok else (),
            fee=fee + burnt,
            shown=((recipient, "USDT_TRC20", ASSETS["USDT_TRC20"].format(units)),),
        )  # fmt: skip

    def _energy(self, contract: bytes, owner: bytes, data: bytes) -> tuple[int, bool]:
        """Return the energy that a transfer takes, and whether it would succeed."""
        try:
            recipient, units = erc20.read_transfer_call(Chain.TRX, data)
        except WalletError:
            return 1_000, False
        if self._ledger.token_balance(contract, owner) < units:
            return 3_000, False
        held = self._ledger.token_balance(contract, account(Chain.TRX, recipient))
        return (_HOLDER_ENERGY if held else _NEW_HOLDER_ENERGY), True

    def _burnt(self, asked: tron.Transaction) -> tuple[int, bool]:
        """Return the sun that a call burns, and whether its energy is enough.

        As in java-tron, the limit also counts energy that costs nothing: min(own + balance / price, limit / price).
        """
        if isinstance(asked.contract, tron.Transfer):
            return 0, True
        owner, contract = (account(Chain.TRX, each) for each in (asked.contract.owner, asked.contract.contract))
        price, own = ENERGY_PRICE * self._ledger.fees, self._ledger.energy.get(owner, 0)
        balance = max(0, self._ledger.balance(owner, self._ledger.height))
        most = min(own + balance // price, asked.fee_limit_sun // price)
        needed = self._energy(contract, owner, asked.contract.data)[0]
        return max(0, min(needed, most) - own) * price, needed <= most

    def _bandwidth(self, asked: tron.Transaction, owner: bytes) -> int:
        needed = asked.bandwidth_bytes
        free = _FREE_BYTES - self._used_bytes(owner)
        return 0 if free >= needed and not self._activation(asked) else needed * BYTE_PRICE

    def _activation(self, asked: tron.Transaction) -> int:
        if isinstance(asked.contract, tron.Transfer) and not self._is_active(account(Chain.TRX, asked.contract.to)):
            return NEW_ACCOUNT + CREATE_ACCOUNT
        return 0

    def _used_bytes(self, who: bytes) -> int:
        since = self._ledger.block_time(self._ledger.height) - _DAY_S
        own = [tx for tx in self._ledger.transactions.values() if tx.sender == who and tx.height is not None]
        today = sum(1 for tx in own if self._ledger.block_time(tx.height or 0) > since)
        return min(_FREE_BYTES, 275 * today)

    def _is_active(self, who: bytes) -> bool:
        """Return whether an account ever received TRX; an account that received only tokens does not exist."""
        there = (tx for tx in self._ledger.transactions.values() if tx.ok and tx.height is not None)
        return any((tx.to == who and tx.value > 0) or who in dict(tx.internal) for tx in there)
