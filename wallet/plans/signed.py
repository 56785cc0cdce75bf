"""Signed transactions, compared with the plan byte for byte, and the file that carries them.

format, version    "souk-signed-plan", 1
plan               the plan itself, with its digest
transactions       by position: its id on the chain, and the bytes to send, hexadecimal
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.plans import building, reading
from wallet.plans.errors import InvalidPlan, InvalidSigned, SignedFault
from wallet.plans.plan import Json, Plan, Spend, canonical, digest_of, to_json
from wallet.transactions import bitcoin, ethereum, p2wpkh, solana, tron

FORMAT = "souk-signed-plan"
VERSION = 1


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A signed transaction of a plan: its position there, counted from 0, its id on the chain, and the bytes to send.

    The id is written as in the chain's explorers, but without 0x for Ethereum and TRON.
    """

    position: int
    txid: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedPlan:
    """A plan and those of its transactions that are signed."""

    plan: Plan
    transactions: tuple[SignedTransaction, ...]

    @property
    def unsigned(self) -> tuple[int, ...]:
        """List the positions of transactions not signed yet."""
        signed = {each.position for each in self.transactions}
        return tuple([position for position in range(len(self.plan.transactions)) if position not in signed])


def write_signed(signed: SignedPlan) -> bytes:
    """Write the file to take back to the machine with a network. It holds no secret."""
    body = to_json(signed.plan)
    transactions: list[Json] = [
        {"position": each.position, "txid": each.txid, "raw": each.raw.hex()} for each in signed.transactions
    ]
    plan = {**body, "digest": digest_of(body)}
    return canonical({"format": FORMAT, "version": VERSION, "plan": plan, "transactions": transactions})


def read_signed(raw: bytes, *, plan_digest: str | None = None) -> SignedPlan:
    """Read a signed file: every transaction in it belongs to its plan and is signed by the signer that the plan
    names.

    `plan_digest`: of the expected plan. `checks.check` decides whether a plan may still be sent.
    Raises: InvalidSigned, InvalidPlan.
    """
    not_signed = InvalidSigned(SignedFault.NOT_SIGNED_FILE)
    body = reading.load(raw, InvalidSigned(SignedFault.TOO_LARGE), not_signed)
    if body.keys() != {"format", "version", "plan", "transactions"} or body["format"] != FORMAT:
        raise not_signed
    if type(body["version"]) is not int or body["version"] != VERSION:
        raise not_signed
    if not isinstance(body["plan"], dict) or not isinstance(body["transactions"], list):
        raise not_signed
    plan = reading.from_json(body["plan"])
    if plan_digest is not None and plan.digest != plan_digest:
        raise InvalidSigned(SignedFault.OTHER_PLAN)
    return SignedPlan(plan, tuple(_each(plan, body["transactions"])))


def verify(plan: Plan, position: int, raw: bytes) -> SignedTransaction:
    """Check that bytes are the signed transaction at a position of a plan.

    Raises: InvalidSigned with OTHER_TRANSACTION or SIGNATURE.
    """
    planned = plan.transactions[position]
    try:
        if isinstance(planned, Spend):
            return _spend(planned, position, raw)
        if planned.chain is Chain.ETH:
            sent = ethereum.decode(raw)
            is_planned = sent.transaction == building.build(planned)
            is_owner = sent.sender == planned.source.address
            return _verified(position, sent.txid, raw, is_planned=is_planned, is_owner=is_owner)
        if planned.chain is Chain.TRX:
            moved = tron.decode(raw)
            is_planned = moved.transaction == building.build(planned)
            return _verified(position, moved.txid, raw, is_planned=is_planned)
        signed = solana.decode(raw)
        is_planned = signed.message == building.build(planned, blockhash=signed.message.blockhash)
        return _verified(position, signed.txid, raw, is_planned=is_planned)
    except InvalidSigned:
        raise
    except WalletError:
        raise InvalidSigned(SignedFault.SIGNATURE, position + 1) from None


def _each(plan: Plan, entries: list[Any]) -> Iterable[SignedTransaction]:
    seen: set[int] = set()
    for entry in entries:
        position, txid, raw = _entry(plan, entry)
        if position in seen:
            raise InvalidSigned(SignedFault.TWICE, position + 1)
        seen.add(position)
        transaction = verify(plan, position, raw)
        if transaction.txid != txid:
            raise InvalidSigned(SignedFault.OTHER_TRANSACTION, position + 1)
        yield transaction


def _entry(plan: Plan, entry: Any) -> tuple[int, str, bytes]:
    fields = reading.Fields(entry)
    try:
        position = fields.number("position", len(plan.transactions))
        txid, raw = fields.text("txid"), fields.hex("raw", bitcoin.MAX_BLOCK_WEIGHT, least=1)
        fields.end()
    except InvalidPlan:
        raise InvalidSigned(SignedFault.NOT_SIGNED_FILE) from None
    return position, txid, raw


def _spend(planned: Spend, position: int, raw: bytes) -> SignedTransaction:
    transaction = bitcoin.parse(planned.chain, raw)
    bare = tuple([replace(spent, witness=()) for spent in transaction.inputs])
    is_planned = replace(transaction, inputs=bare) == building.spending(planned)
    if is_planned:
        p2wpkh.verify(transaction, building.coins(planned))
    return _verified(position, transaction.txid, transaction.serialise(), is_planned=is_planned)


def _verified(position: int, txid: str, raw: bytes, *, is_planned: bool, is_owner: bool = True) -> SignedTransaction:
    if not is_planned:
        raise InvalidSigned(SignedFault.OTHER_TRANSACTION, position + 1)
    if not is_owner:
        raise InvalidSigned(SignedFault.SIGNATURE, position + 1)
    return SignedTransaction(position, txid, raw)
