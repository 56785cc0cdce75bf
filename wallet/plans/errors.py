"""Why a plan or a signed file is refused: data for programs, and one sentence for an operator.

WalletError
├── InvalidPlan        fault, position: not a plan, or one that must not be signed
├── InvalidSigned      fault, position: not a signed file, or not of this plan
├── PlanExpired        the plan is too old to be signed or sent
├── KeyMissing         position: no given key leads to this transaction's addresses
└── WrongKey           position: a key leads to a different address than the plan says

Positions count a plan's transactions from 1. Refusals quote nothing of a file: it may be the wrong one, with keys.
"""

from dataclasses import dataclass
from enum import Enum

from wallet.errors import WalletError


class Fault(Enum):
    """What is wrong with a plan; the name is for programs, the value is a sentence for an operator."""

    TOO_LARGE = "the file is larger than any plan"
    NOT_A_PLAN = "the file is not a plan of Souk"
    VERSION = "the plan is of another version: use the same version of Souk on both machines"
    CHANGED = "the plan was changed after it was made: make a new one"
    FIELD = "a field is missing, unknown or not what it has to be"
    EMPTY = "the plan moves nothing"
    DESTINATION = "this does not go to the plan's destination"
    OWN_DESTINATION = "the destination is an address that the plan empties"
    GAS_PAYER = "gas comes only from the shop's own gas address, and only on Ethereum and TRON"
    FUNDING = "gas goes to an address that pays for nothing in the plan, or more of it than that needs"
    ORDER = "this waits for a transaction that does not come before it"
    NONCE = "the nonces of an address do not follow each other"
    PREVIOUS = "a previous transaction is not the one that an input spends, or pays something else"
    UNPROVED = "it is not proved what its inputs hold: make a new plan, which has the transactions that paid them"
    DUPLICATE_INPUT = "an output is spent twice"
    SUM = "what arrives and the fee are not what the inputs hold"
    BALANCE = "this takes more than the address holds"
    FEE = "the fee is not what the terms of the transaction make of it"
    FEE_CEILING = "the fee is above the ceiling"
    FEE_SHARE = "the fee is a larger share than --fee-percent allows (in the shop: SWEEP_FEE_CEILING_PERCENT)"
    FEE_LIMIT = "the fee is above the most that one transaction may cost: make a new plan when fees are lower"
    CONTRACT = "this moves a token that the shop does not accept"
    TWICE = "the same coin leaves the same address twice"
    WEIGHT = "the transaction is heavier than nodes relay"
    EXPIRATION = "the plan lives longer than this transaction can"


class SignedFault(Enum):
    """What is wrong with a signed file; the value is a sentence for an operator."""

    TOO_LARGE = "the file is larger than any that was signed"
    NOT_SIGNED_FILE = "the file holds no signed transaction"
    OTHER_PLAN = "this was signed for another plan"
    OTHER_TRANSACTION = "what was signed is not what the plan says"
    TWICE = "the same transaction stands in the file twice"
    SIGNATURE = "the signature is missing or wrong"


@dataclass(eq=False)
class InvalidPlan(WalletError):
    """A file that is not a plan, or a plan that must not be signed; `position` counts transactions from 1."""

    fault: Fault
    position: int | None = None

    def __str__(self) -> str:
        return _sentence(self.fault.value, self.position)


@dataclass(eq=False)
class InvalidSigned(WalletError):
    """A file that holds nothing signed, or something that is not in the plan; `position` counts from 1."""

    fault: SignedFault
    position: int | None = None

    def __str__(self) -> str:
        return _sentence(self.fault.value, self.position)


@dataclass(eq=False)
class PlanExpired(WalletError):
    """A plan that has expired: fee rates, balances and reference blocks are no longer as it says."""

    says = "the plan has expired: make a new one"


@dataclass(eq=False)
class KeyMissing(WalletError):
    """The words or the operator's key that a transaction needs were not given, or a customer's box is missing."""

    position: int
    says = "transaction {position}: nothing that was given opens its key"


@dataclass(eq=False)
class WrongKey(WalletError):
    """Words or a key that lead to a different address than the one to be emptied."""

    position: int
    says = "transaction {position}: the key that was given is of another address"


def _sentence(fault: str, position: int | None) -> str:
    return fault if position is None else f"transaction {position}: {fault}"
