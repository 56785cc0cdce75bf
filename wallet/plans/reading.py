"""Plans read as untrusted input: every field is known, typed and bounded, and the digest matches.

Whether a plan may be signed is a separate question, which `checks` answers.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from wallet import paths
from wallet.chains import Chain
from wallet.errors import DerivationFailed
from wallet.paths import HARDENED
from wallet.plans.errors import Fault, InvalidPlan
from wallet.plans.plan import (
    FORMAT,
    VERSION,
    Account,
    EthereumTerms,
    Holder,
    KeySource,
    Plan,
    PlannedInput,
    PlannedTransaction,
    SolanaTerms,
    Spend,
    Terms,
    Token,
    Transfer,
    TronTerms,
    digest_of,
)
from wallet.transactions.tron import BlockReference

MAX_BYTES = 64 * 1024 * 1024
MAX_TRANSACTIONS = 100_000
MAX_INPUTS = 1_500  # a transaction with more is not standard
MAX_BOXES = 100_000
MAX_BOX_BYTES = 1_024
MAX_PREVIOUS = 100_000
MAX_PREVIOUS_BYTES = 4_000_000  # no block holds a larger one
MAX_TOKENS = 100
TXID_DIGITS = 64
MAX_DEPTH = 8
MAX_TEXT = 120  # the longest text is an account key
MAX_PATH = 100
MAX_DECIMALS = 36
UNITS_BELOW = 1 << 256
NUMBER_BELOW = 1 << 53  # integers that every JSON parser reads exactly
BITCOIN_LIKE = frozenset({Chain.BTC, Chain.LTC})
DIGITS = frozenset("0123456789")
HEX_DIGITS = frozenset("0123456789abcdef")
NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")

Value = TypeVar("Value")


def read(raw: bytes) -> Plan:
    """Read a plan from a file's bytes.

    Raises: InvalidPlan.
    """
    return from_json(load(raw, InvalidPlan(Fault.TOO_LARGE), InvalidPlan(Fault.NOT_A_PLAN)))


def load(raw: bytes, too_large: Exception, not_json: Exception) -> dict[str, Any]:
    """Read a JSON object from an untrusted file. Raises: one of the two exceptions given."""
    if len(raw) > MAX_BYTES:
        raise too_large
    if _is_deep(raw):
        raise not_json
    body: Any = None
    with suppress(ValueError):  # its text would quote the file, which may be the wrong one and hold keys
        body = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number
        )
    if not isinstance(body, dict):
        raise not_json
    return body


def from_json(body: dict[str, Any]) -> Plan:
    """Read a plan from its JSON values, with its digest.

    Raises: InvalidPlan.
    """
    if body.get("format") != FORMAT:
        raise InvalidPlan(Fault.NOT_A_PLAN)
    if body.get("version") != VERSION:
        raise InvalidPlan(Fault.VERSION)
    rest = {name: value for name, value in body.items() if name != "digest"}
    if digest_of(rest) != body.get("digest"):
        raise InvalidPlan(Fault.CHANGED)
    fields = Fields(rest)
    fields.text("format", MAX_TEXT)
    fields.number("version")
    entries = fields.list("transactions", MAX_TRANSACTIONS)
    plan = Plan(
        made_at=fields.number("made_at"),
        expires_at=fields.number("expires_at"),
        destinations=dict(_destinations(fields.object("destinations"))),
        tokens=dict([_token(Fields(each)) for each in fields.list("tokens", MAX_TOKENS)]),
        accounts=dict(_accounts(fields.object("accounts"))),
        boxes=_boxes(fields.object("boxes")),
        previous=_previous(fields.object("previous")) if fields.has("previous") else {},
        transactions=tuple([_transaction(each, position) for position, each in enumerate(entries, start=1)]),
    )
    fields.end()
    return plan


class Fields:
    """The fields of one JSON object, each read once. Every method raises InvalidPlan."""

    __slots__ = ("_left", "_position")

    def __init__(self, value: object, position: int | None = None) -> None:
        self._position = position
        if not isinstance(value, dict):
            self.refuse()
        self._left = dict(value)

    def refuse(self) -> NoReturn:
        raise InvalidPlan(Fault.FIELD, self._position)

    def take(self, name: str) -> Any:
        if name not in self._left:
            self.refuse()
        return self._left.pop(name)

    def has(self, name: str) -> bool:
        return name in self._left

    def names(self) -> list[str]:
        return list(self._left)

    def text(self, name: str, most: int = MAX_TEXT) -> str:
        value = self.take(name)
        if not isinstance(value, str) or len(value) > most or not value.isascii():
            self.refuse()
        return value

    def number(self, name: str, below: int = NUMBER_BELOW) -> int:
        value = self.take(name)
        if type(value) is not int or not 0 <= value < below:
            self.refuse()
        return value

    def units(self, name: str) -> int:
        """Read a decimal text in its canonical form."""
        digits = self.text(name, 78)
        if not digits or not DIGITS.issuperset(digits) or str(int(digits)) != digits or int(digits) >= UNITS_BELOW:
            self.refuse()
        return int(digits)

    def hex(self, name: str, most: int, *, least: int = 0) -> bytes:
        digits = self.take(name)
        if not isinstance(digits, str) or not HEX_DIGITS.issuperset(digits) or len(digits) % 2:
            self.refuse()
        if not least <= len(digits) // 2 <= most:
            self.refuse()
        return bytes.fromhex(digits)

    def list(self, name: str, most: int) -> list[Any]:
        value = self.take(name)
        if not isinstance(value, list) or len(value) > most:
            self.refuse()
        return value

    def object(self, name: str) -> "Fields":
        return Fields(self.take(name), self._position)

    def made(self, make: Callable[[str], Value], name: str, most: int = MAX_TEXT) -> Value:
        """Convert a text, or refuse it."""
        text = self.text(name, most)
        try:
            return make(text)
        except (ValueError, DerivationFailed):
            self.refuse()

    def end(self) -> None:
        if self._left:
            self.refuse()


def _destinations(fields: Fields) -> list[tuple[Chain, str]]:
    return [(_chain(fields, name), fields.text(name)) for name in fields.names()]


def _accounts(fields: Fields) -> list[tuple[Chain, Account]]:
    accounts = []
    for name in fields.names():
        chain, account = _chain(fields, name), fields.object(name)
        key, fingerprint = account.text("key"), account.hex("fingerprint", 4)
        if len(fingerprint) not in {0, 4}:
            account.refuse()
        account.end()
        accounts.append((chain, Account(key, fingerprint.hex())))
    return accounts


def _chain(fields: Fields, name: str) -> Chain:
    try:
        return Chain(name)
    except ValueError:
        fields.refuse()


def _token(fields: Fields) -> tuple[tuple[Chain, str], Token]:
    key = (fields.made(Chain, "chain"), fields.text("contract"))
    ticker, decimals = fields.text("ticker", 12), fields.number("decimals", MAX_DECIMALS)
    if not ticker.isalnum():
        fields.refuse()
    fields.end()
    return key, Token(ticker, decimals)


def _boxes(fields: Fields) -> dict[int, bytes]:
    names = fields.names()
    if len(names) > MAX_BOXES:
        fields.refuse()
    boxes = {}
    for name in names:
        if not name or not DIGITS.issuperset(name) or len(name) > 10 or str(int(name)) != name:
            fields.refuse()
        boxes[int(name)] = fields.hex(name, MAX_BOX_BYTES, least=1)
    return boxes


def _previous(fields: Fields) -> dict[str, bytes]:
    names = fields.names()
    if not 0 < len(names) <= MAX_PREVIOUS or not all(
        len(name) == TXID_DIGITS and HEX_DIGITS.issuperset(name) for name in names
    ):
        fields.refuse()
    return {name: fields.hex(name, MAX_PREVIOUS_BYTES, least=1) for name in names}


def _transaction(value: object, position: int) -> PlannedTransaction:
    fields = Fields(value, position)
    chain = fields.made(Chain, "chain")
    read = _spend(fields, chain, position) if chain in BITCOIN_LIKE else _transfer(fields, chain)
    fields.end()
    return read


def _spend(fields: Fields, chain: Chain, position: int) -> Spend:
    entries = fields.list("inputs", MAX_INPUTS)
    return Spend(
        chain=chain,
        inputs=tuple([_input(Fields(each, position)) for each in entries]),
        to=fields.text("to"),
        units=fields.units("units"),
        fee=fields.units("fee"),
        fee_ceiling=fields.units("fee_ceiling"),
    )


def _input(fields: Fields) -> PlannedInput:
    txid, index = fields.hex("txid", 32, least=32).hex(), fields.number("index", 1 << 32)
    units, holder = fields.units("units"), _holder(fields)
    fields.end()
    return PlannedInput(holder, txid, index, units)


def _holder(fields: Fields) -> Holder:
    address, path = fields.text("address"), fields.made(paths.parse, "path", MAX_PATH)
    child = fields.number("child", HARDENED) if fields.has("child") else None
    box = fields.number("box") if fields.has("box") else None
    if child is not None and box is not None:
        fields.refuse()
    return Holder(address, KeySource(path, child, box))


def _transfer(fields: Fields, chain: Chain) -> Transfer:
    source, terms = fields.object("source"), fields.object("terms")
    holder, purpose, after = _holder(source), fields.text("purpose"), fields.take("after")
    if purpose not in {"gas", "sweep"} or not (after is None or (type(after) is int and after >= 0)):
        fields.refuse()
    transfer = Transfer(
        chain=chain,
        source=holder,
        to=fields.text("to"),
        units=fields.units("units"),
        balance=fields.units("balance"),
        fee=fields.units("fee"),
        fee_ceiling=fields.units("fee_ceiling"),
        terms=_TERMS[chain](terms),
        contract=fields.text("contract"),
        token_balance=fields.units("token_balance"),
        is_gas=purpose == "gas",
        after=after,
    )
    source.end()
    terms.end()
    return transfer


def _ethereum_terms(fields: Fields) -> Terms:
    return EthereumTerms(
        chain_id=fields.number("chain_id"),
        nonce=fields.number("nonce"),
        gas_limit=fields.number("gas_limit"),
        max_fee_per_gas=fields.units("max_fee_per_gas"),
        max_priority_fee_per_gas=fields.units("max_priority_fee_per_gas"),
    )


def _tron_terms(fields: Fields) -> Terms:
    return TronTerms(
        reference=BlockReference(fields.hex("ref_block_bytes", 2, least=2), fields.hex("ref_block_hash", 8, least=8)),
        expiration_ms=fields.number("expiration_ms"),
        timestamp_ms=fields.number("timestamp_ms"),
        fee_limit_sun=fields.number("fee_limit_sun"),
    )


def _solana_terms(fields: Fields) -> Terms:
    return SolanaTerms(
        unit_limit=fields.number("unit_limit", 1 << 32),
        unit_price_micro_lamports=fields.number("unit_price_micro_lamports"),
    )


_TERMS: dict[Chain, Callable[[Fields], Terms]] = {
    Chain.ETH: _ethereum_terms,
    Chain.TRX: _tron_terms,
    Chain.SOL: _solana_terms,
}


def _is_deep(raw: bytes) -> bool:
    """Return whether brackets nest deeper than in any plan, which would be too deep for recursive parsers."""
    brackets = raw.translate(None, NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return bool(brackets)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with a repeated key, which two programs may read differently."""
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError
    return read


def _no_number(_: str) -> NoReturn:
    raise ValueError
