"""The contents of a plan, and its file: JSON with a version, and a digest that reveals any change.

    format, version        "souk-sweep-plan", 1
    made_at, expires_at    seconds since 1970
    destinations           one address a chain: where sweeps go
    tokens                 the contracts' names, only for people to read
    accounts               of a watching shop: account keys, each with its master key's fingerprint if known
    boxes                  sealed words by customer number, hexadecimal; those that are missing come from a file
    previous               transactions of BTC and LTC whose outputs are spent, by txid, hexadecimal: they prove what
                           inputs hold, and may be missing if a transaction has only one
    transactions           in the order of sending
    digest                 SHA-256 of all the rest, written with sorted keys and without blanks

Amounts are decimal texts in base units (satoshi, litoshi, wei, sun, lamport, token units): JSON's numbers are floats
to some programs. There are no change outputs: everything but the fee arrives at one address.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from wallet.chains import Chain
from wallet.paths import Path
from wallet.slip132 import split_origin
from wallet.transactions.tron import BlockReference

FORMAT = "souk-sweep-plan"
VERSION = 1

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | None"


@dataclass(frozen=True, slots=True)
class KeySource:
    """The source of a private key: `path` below a BIP-85 child, below the words in a customer's box, or, with
    neither, below the operator's own words.
    """

    path: Path
    child: int | None = None
    box: int | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """An address that is emptied or pays gas, and where its key is."""

    address: str
    key: KeySource


@dataclass(frozen=True, slots=True)
class PlannedInput:
    """An unspent P2WPKH output: its place and its value."""

    holder: Holder
    txid: str
    index: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """A transaction of BTC or LTC: all its inputs, less the fee, to one address. `fee_ceiling`: its highest fee."""

    chain: Chain
    inputs: tuple[PlannedInput, ...]
    to: str
    units: int
    fee: int
    fee_ceiling: int

    @property
    def holders(self) -> tuple[Holder, ...]:
        """List the holder of each input."""
        return tuple([spent.holder for spent in self.inputs])


@dataclass(frozen=True, slots=True, kw_only=True)
class EthereumTerms:
    """The fields that Ethereum needs in a transaction (EIP-1559); fees in wei per gas."""

    chain_id: int
    nonce: int
    gas_limit: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TronTerms:
    """The fields that TRON needs in a transaction; `fee_limit_sun` limits what a token transfer burns."""

    reference: BlockReference
    expiration_ms: int
    timestamp_ms: int
    fee_limit_sun: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SolanaTerms:
    """The bid for priority on Solana, if any. The blockhash is added at signing; it is valid for a minute."""

    unit_limit: int = 0
    unit_price_micro_lamports: int = 0


Terms: TypeAlias = EthereumTerms | TronTerms | SolanaTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transaction of an account: native coins, or with `contract` a token.

    `balance`: the address's native coins when this is sent, and `token_balance` its tokens. `fee`: the most that it
    can cost, in the native coin. `is_gas`: it pays the fees of later transfers and goes to their address. `after`:
    the position of the transaction that must be confirmed first, counted from 0.
    """

    chain: Chain
    source: Holder
    to: str
    units: int
    balance: int
    fee: int
    fee_ceiling: int
    terms: Terms
    contract: str = ""
    token_balance: int = 0
    is_gas: bool = False
    after: int | None = None

    @property
    def holders(self) -> tuple[Holder, ...]:
        """List the signer."""
        return (self.source,)


PlannedTransaction: TypeAlias = Spend | Transfer


@dataclass(frozen=True, slots=True)
class Token:
    """The name of a contract's token and its number of decimals; nothing is computed from them."""

    ticker: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Account:
    """An account that the shop only watches: its public key, and its master key's fingerprint, or "" if unknown."""

    key: str
    fingerprint: str = ""

    @classmethod
    def of(cls, text: str) -> "Account":
        """Read an account key for a watching shop: [d34db33f/84h/0h/0h]zpub…, or the key without its origin."""
        fingerprint, _, key = split_origin(text)
        return cls(key, fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Transactions in the order of sending, and what is needed to check and sign them; times are in Unix seconds."""

    made_at: int
    expires_at: int
    destinations: Mapping[Chain, str]
    transactions: tuple[PlannedTransaction, ...]
    tokens: Mapping[tuple[Chain, str], Token] = field(default_factory=dict)
    accounts: Mapping[Chain, Account] = field(default_factory=dict)
    boxes: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    previous: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def digest(self) -> str:
        """Compute the digest that identifies this plan, in hexadecimal."""
        return digest_of(to_json(self))


def write(plan: Plan) -> bytes:
    """Write a plan as its file holds it."""
    body = to_json(plan)
    return canonical({**body, "digest": digest_of(body)})


def canonical(body: Json) -> bytes:
    """Write JSON in the canonical form that is hashed: keys sorted, no blanks, ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


def digest_of(body: Json) -> str:
    """Hash everything in a file except its digest."""
    return hashlib.sha256(canonical(body)).hexdigest()


def to_json(plan: Plan) -> dict[str, Json]:
    """Turn a plan into JSON values, without the digest."""
    body: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": plan.made_at,
        "expires_at": plan.expires_at,
        "destinations": {chain.value: address for chain, address in plan.destinations.items()},
        "tokens": [
            {"chain": chain.value, "contract": contract, "ticker": token.ticker, "decimals": token.decimals}
            for (chain, contract), token in plan.tokens.items()
        ],
        "accounts": {
            chain.value: {"key": account.key, "fingerprint": account.fingerprint}
            for chain, account in plan.accounts.items()
        },
        "boxes": {str(number): box.hex() for number, box in plan.boxes.items()},
        "transactions": [_spend(each) if isinstance(each, Spend) else _transfer(each) for each in plan.transactions],
    }
    if plan.previous:
        body["previous"] = {txid: raw.hex() for txid, raw in plan.previous.items()}
    return body


def _holder(holder: Holder) -> dict[str, Json]:
    place: dict[str, Json] = {"address": holder.address, "path": str(holder.key.path)}
    if holder.key.child is not None:
        place["child"] = holder.key.child
    if holder.key.box is not None:
        place["box"] = holder.key.box
    return place


def _spend(spend: Spend) -> Json:
    return {
        "chain": spend.chain.value,
        "inputs": [
            {**_holder(spent.holder), "txid": spent.txid, "index": spent.index, "units": str(spent.units)}
            for spent in spend.inputs
        ],
        "to": spend.to,
        "units": str(spend.units),
        "fee": str(spend.fee),
        "fee_ceiling": str(spend.fee_ceiling),
    }


def _transfer(transfer: Transfer) -> Json:
    return {
        "chain": transfer.chain.value,
        "source": _holder(transfer.source),
        "to": transfer.to,
        "units": str(transfer.units),
        "contract": transfer.contract,
        "balance": str(transfer.balance),
        "token_balance": str(transfer.token_balance),
        "fee": str(transfer.fee),
        "fee_ceiling": str(transfer.fee_ceiling),
        "purpose": "gas" if transfer.is_gas else "sweep",
        "after": transfer.after,
        "terms": _terms(transfer.terms),
    }


def _terms(terms: Terms) -> Json:
    if isinstance(terms, EthereumTerms):
        return {
            "chain_id": terms.chain_id,
            "nonce": terms.nonce,
            "gas_limit": terms.gas_limit,
            "max_fee_per_gas": str(terms.max_fee_per_gas),
            "max_priority_fee_per_gas": str(terms.max_priority_fee_per_gas),
        }
    if isinstance(terms, TronTerms):
        return {
            "ref_block_bytes": terms.reference.height_bytes.hex(),
            "ref_block_hash": terms.reference.id_bytes.hex(),
            "expiration_ms": terms.expiration_ms,
            "timestamp_ms": terms.timestamp_ms,
            "fee_limit_sun": terms.fee_limit_sun,
        }
    return {"unit_limit": terms.unit_limit, "unit_price_micro_lamports": terms.unit_price_micro_lamports}
