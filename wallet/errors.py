"""Every refusal of the wallet: data for whoever catches it, never the text that was refused.

WalletError
├── InvalidMnemonic         rule, word_count, position; never a word
├── InvalidSeed             length_bytes
├── InvalidPath             reason, position
├── InvalidIndex            index
├── NoSuchChild             reason
├── UnusableChild           index: take the next one (once in 2^127)
├── InvalidEncoding         reason: Base58Check or Bech32
├── InvalidPoint            not a public key
├── InvalidExtendedKey      reason
│   └── AccountKeyRefused   reason, chain: a whole key, but not an account to watch on this chain
├── InvalidAddress          chain, reason
├── NoScript                chain
├── NotWatched              chain
├── PoolExhausted           chain, customer_index, pool_size
├── NotYetMade              chain, customer_index
└── SealingFailed           reason
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from wallet.chains import Chain


class MnemonicRule(Enum):
    """The rule of BIP-39 that a sentence breaks."""

    WORD_COUNT = "a mnemonic has 12, 15, 18, 21 or 24 words"
    SPACING = "words are separated by exactly one space"
    UNKNOWN_WORD = "every word is on the English list, in lower case"
    CHECKSUM = "the last word carries a checksum of the others"
    NOT_UNICODE = "a passphrase is text that UTF-8 can carry"


class Reason(Enum):
    """Why a text is refused; the name is for programs, the value is a sentence for an operator."""

    EMPTY = "nothing was given"
    CHARACTER = "a character does not belong to this encoding"
    MIXED_CASE = "capitals and small letters are mixed"
    LENGTH = "too long or too short"
    CHECKSUM = "the checksum is wrong: one or more characters were changed"
    # of Bech32, by BIP-173 and BIP-350
    SEPARATOR = "the separator 1 is missing"
    HRP = "the part before the separator is missing or has a wrong character"
    CHECKSUM_VARIANT = "bech32 where the witness version needs bech32m, or the other way round"
    WITNESS_VERSION = "the witness version is above 16"
    PROGRAM_LENGTH = "the witness program has a length that its version does not allow"
    PADDING = "the last character carries bits that are not zero, or is one too many"
    # of addresses
    NETWORK = "an address of another chain or of a test network"
    PREFIX = "an Ethereum address starts with 0x"
    # of extended keys, by BIP-32 and SLIP-132
    KEY_VERSION = "the four version bytes are not those of an extended key"
    KEY_MISMATCH = "the version says public and the key is private, or the other way round"
    KEY_PREFIX = "the key does not start with 00, 02 or 03"
    ROOT_WITH_PARENT = "depth zero with the fingerprint of a parent"
    ROOT_WITH_INDEX = "depth zero with a child number"
    KEY_RANGE = "the private key is not between 1 and n-1"
    NOT_ON_CURVE = "the public key is not a point of the curve"
    PRIVATE_KEY = "this is a private key; an account is watched by its public key"
    MULTISIG = "an account of several signers (Ypub, Zpub); give the key of a single-signer account"
    NESTED_SEGWIT = (
        "an account of P2SH-wrapped addresses (ypub, Mtub), whose wallet would not see native SegWit "
        "payments; export the native SegWit account (zpub)"
    )
    OTHER_NETWORK = "an account of another chain or of a test network"
    DUPLICATE = "the same address twice in a pool: two customers would share it"
    # of paths and children, by BIP-32 and SLIP-10
    HARDENED_FROM_PUBLIC = "a public key has no hardened children"
    HARDENED_ONLY = "an ed25519 key has hardened children only"
    ROOT = "a path starts with m"
    COMPONENT = "a level is a number without leading zeros, and ' when it is hardened"
    INDEX = "a level's number is below 2^31"
    DEPTH = "a path has at most 255 levels"
    # of sealed wallets
    OPERATOR_KEY = "the operator's key is not 32 bytes of X25519"
    SEALED = "this was not sealed to this key, or was changed afterwards"


class WalletError(Exception):
    """Root of this package's refusals: attributes for programs, `says` for an operator."""

    says: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.says.format_map(vars(self))


@dataclass(eq=False)
class InvalidMnemonic(WalletError):
    """A sentence that BIP-39 does not accept; `position` counts words from 1."""

    rule: MnemonicRule
    word_count: int
    position: int | None = None
    says = "{rule.value}"


@dataclass(eq=False)
class InvalidSeed(WalletError):
    """A seed outside BIP-32's 128 to 512 bits, or entropy of a length that BIP-39 does not have."""

    length_bytes: int
    says = "a seed or entropy cannot have {length_bytes} bytes"


@dataclass(eq=False)
class InvalidPath(WalletError):
    """A derivation path that would not print as it was written; `position` is the level, 0 for m."""

    reason: Reason
    position: int
    says = "level {position}: {reason.value}"


@dataclass(eq=False)
class InvalidIndex(WalletError):
    """An index that is not below 2^31, or a child number that is not below 2^32."""

    index: int
    says = "index {index} is out of range"


@dataclass(eq=False)
class NoSuchChild(WalletError):
    """A child number that this kind of key cannot have, or a level below 255."""

    reason: Reason
    says = "{reason.value}"


@dataclass(eq=False)
class UnusableChild(WalletError):
    """BIP-32's «the resulting key is invalid, and one should proceed with the next value for i»."""

    index: int
    says = "child {index} is unusable; take the next"


@dataclass(eq=False)
class InvalidEncoding(WalletError):
    """A text that Base58Check or Bech32 would not have written."""

    reason: Reason
    says = "{reason.value}"


@dataclass(eq=False)
class InvalidPoint(WalletError):
    """Bytes that are no public key: not an encoding of a point, or not on the curve."""

    says = "not a public key"


@dataclass(eq=False)
class InvalidExtendedKey(WalletError):
    """An xprv, xpub or relative of theirs that BIP-32 does not accept."""

    reason: Reason
    says = "{reason.value}"


@dataclass(eq=False)
class AccountKeyRefused(InvalidExtendedKey):
    """A whole extended key that must not be watched on this chain."""

    chain: Chain
    says = "{chain.value}: {reason.value}"


@dataclass(eq=False)
class InvalidAddress(WalletError):
    """A text that this chain cannot pay to; it stays out, since people paste other things into address fields."""

    chain: Chain
    reason: Reason
    says = "{chain.value}: {reason.value}"


@dataclass(eq=False)
class NoScript(WalletError):
    """A scriptPubKey was asked of a chain that has none."""

    chain: Chain
    says = "{chain.value} pays to accounts, not to scripts"


@dataclass(eq=False)
class NotWatched(WalletError):
    """No account key was given for this chain, or none can exist."""

    chain: Chain
    says = "no account key for {chain.value}"


@dataclass(eq=False)
class PoolExhausted(WalletError):
    """The pool has no address for this customer; the operator has to import more."""

    chain: Chain
    customer_index: int
    pool_size: int
    says = "{chain.value}: the pool of {pool_size} has no address for customer {customer_index}"


@dataclass(eq=False)
class NotYetMade(WalletError):
    """A sealed wallet's address was asked for before the wallet was made and stored."""

    chain: Chain
    customer_index: int
    says = "customer {customer_index} has no sealed {chain.value} address yet"


@dataclass(eq=False)
class SealingFailed(WalletError):
    """A sealed box could not be made or opened."""

    reason: Reason
    says = "{reason.value}"
