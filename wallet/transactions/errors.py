"""Every refusal of a transaction: data for the caller, never a key and never the refused bytes.

WalletError
├── InvalidPrivateKey       not a private key of this curve
├── InvalidSignature        not a signature that the chains accept, or one no key could have made
└── InvalidTransaction      chain, reason
"""

from dataclasses import dataclass
from enum import Enum

from wallet.chains import Chain
from wallet.errors import WalletError


class Malformed(Enum):
    """Why bytes or fields form no transaction; the name is for programs, the value is a sentence for an operator."""

    LENGTH = "it is longer or shorter than a transaction of this chain can be"
    ENCODING = "the bytes are not encoded the one way that the chain's standard allows"
    TYPE = "a kind of transaction that is not built here"
    FIELDS = "a field is missing, or there is one too many"
    RANGE = "a number is outside the range that the chain allows"
    FEE_ORDER = "the tip is higher than the whole fee"
    CHAIN_ID = "the chain id is missing or wrong"
    SIGNATURE = "the signature is not valid"
    SIGNER = "the key that signed is not the key of the account that pays"
    ACCOUNTS = "an account is missing, named twice or not in its place"


@dataclass(eq=False)
class InvalidPrivateKey(WalletError):
    """Bytes that are not a private key: a wrong length, or a number that is not between 1 and n-1."""

    says = "not a private key"


@dataclass(eq=False)
class InvalidSignature(WalletError):
    """A signature with r or s out of range, with a high s, or one that no public key could have made."""

    says = "not a valid signature"


@dataclass(eq=False)
class InvalidTransaction(WalletError):
    """Bytes or fields that are not a transaction of this chain."""

    chain: Chain
    reason: Malformed
    says = "{chain.value}: {reason.value}"
