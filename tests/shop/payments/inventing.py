"""A liar that invents whole transactions: logs, receipts, balances and histories that no other server has."""

import itertools
from dataclasses import dataclass

from shop.assets import USDT_ERC20, USDT_TRC20
from shop.chains.tokens import TRANSFER, account
from wallet import base58check
from wallet.chains import Chain

USDT = {Chain.ETH: USDT_ERC20, Chain.TRX: USDT_TRC20}
LAMPORTS_PER_USD = 10**9 // 150
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Invention:
    """An invented transaction that pays `units` of USDT, or lamports, to an address."""

    txid: str
    address: str
    units: int
    height: int
    block_hash: str


class Inventor:
    """What a liar says about one chain: the truth plus its inventions."""

    def __init__(self, chain, ledger) -> None:
        self.chain, self.ledger = chain, ledger
        self.made: dict[str, Invention] = {}

    def invent(self, address: str, worth: int) -> str:
        """Invent a payment of this many dollars in the newest block; return its id."""
        seed = next(_numbers).to_bytes(32) + bytes(32)
        height = self.ledger.confirmed if self.chain is Chain.SOL else self.ledger.height
        txid = base58check.encode_plain(b"\x07" * 8 + seed[8:]) if self.chain is Chain.SOL else seed[:32].hex()
        units = worth * LAMPORTS_PER_USD if self.chain is Chain.SOL else worth * 10**6
        self.made[txid] = Invention(txid, address, units, height, self.ledger.block_hash(height))
        return txid

    def __call__(self, question, answer):
        if isinstance(question, list):
            calls = {call["id"]: call for call in question}
            return [self._one(calls[reply["id"]], reply) for reply in answer]
        return answer if question is None else self._one(question, answer)

    def _one(self, question, answer):
        if "method" not in question:
            found = self.made.get(str(question.get("value")))
            return answer if found is None else self._of_tron(found)
        change = getattr(self, "_" + question["method"], None)
        return answer if change is None else change(question["params"], answer)

    def _eth_getLogs(self, params, answer):  # noqa: N802 - named after the method
        first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
        new = [self._log(each) for each in self.made.values() if first <= each.height <= last]
        return answer | {"result": [*answer["result"], *new]}

    def _eth_getTransactionByHash(self, params, answer):  # noqa: N802
        found = self.made.get(params[0][2:])
        if found is None:
            return answer
        said = {
            "hash": params[0],
            "to": "0x" + self._contract.hex(),
            "value": "0x0",
            "blockNumber": hex(found.height),
        }
        return answer | {"result": said}

    def _eth_getTransactionReceipt(self, params, answer):  # noqa: N802
        found = self.made.get(params[0][2:])
        if found is None:
            return answer
        said = {"transactionHash": params[0], "status": "0x1", "logs": [self._log(found)]}
        said |= {"blockNumber": hex(found.height), "blockHash": "0x" + found.block_hash}
        return answer | {"result": said}

    def _getMultipleAccounts(self, params, answer):  # noqa: N802
        values = [
            self._richer(address, value) for address, value in zip(params[0], answer["result"]["value"], strict=True)
        ]
        return answer | {"result": answer["result"] | {"value": values}}

    def _getSignaturesForAddress(self, params, answer):  # noqa: N802
        new = [
            {"signature": each.txid, "slot": each.height, "err": None, "memo": None, "blockTime": None}
            for each in reversed(self.made.values())
            if each.address == params[0]
        ]
        return answer | {"result": [*new, *answer["result"]]}

    def _getTransaction(self, params, answer):  # noqa: N802
        found = self.made.get(params[0])
        if found is None:
            return answer
        payer = base58check.encode_plain(b"\x09" * 32)
        keys = [{"pubkey": each} for each in (payer, found.address)]
        meta = {"err": None, "fee": 5_000}
        meta |= {"preBalances": [10**15, 0], "postBalances": [10**15 - found.units - 5_000, found.units]}
        said = {"slot": found.height, "blockTime": None, "version": 0, "meta": meta}
        said["transaction"] = {"signatures": [found.txid], "message": {"accountKeys": keys}}
        return answer | {"result": said}

    def _richer(self, address, value):
        more = sum(each.units for each in self.made.values() if each.address == address)
        if not more:
            return value
        empty = {"lamports": 0, "owner": "1" * 32, "data": ["", "base64"], "executable": False, "space": 0}
        known = value or empty
        return known | {"lamports": known["lamports"] + more}

    @property
    def _contract(self) -> bytes:
        return account(self.chain, USDT[self.chain].contract)

    def _log(self, invention):
        to = account(self.chain, invention.address)
        return {
            "address": "0x" + self._contract.hex(), "data": f"0x{invention.units:064x}", "removed": False,
            "topics": ["0x" + TRANSFER.hex(), "0x" + "33".rjust(64, "0"), "0x" + to.rjust(32, b"\0").hex()],
            "blockNumber": hex(invention.height), "blockHash": "0x" + invention.block_hash,
            "transactionHash": "0x" + invention.txid, "transactionIndex": "0x0", "logIndex": "0x5",
        }  # fmt: skip

    def _of_tron(self, invention):
        log = self._log(invention)
        plain = {
            "address": log["address"][2:],
            "data": log["data"][2:],
            "topics": [each[2:] for each in log["topics"]],
        }
        contract = {"type": "TriggerSmartContract", "parameter": {"value": {"contract_address": "41" + "44" * 20}}}
        return {
            "id": invention.txid, "txID": invention.txid, "blockNumber": invention.height,
            "blockTimeStamp": 1_790_000_000_000, "receipt": {"result": "SUCCESS"}, "log": [plain],
            "ret": [{"contractRet": "SUCCESS"}], "raw_data": {"contract": [contract]},
        }  # fmt: skip
