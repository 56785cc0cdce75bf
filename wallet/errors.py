"""The wallet's refusals, and a base for its secrets, which print nothing.

WalletError
├── InvalidMnemonic      rule, position of the word; never the word
├── InvalidEncoding      reason: not Base58Check or Bech32
├── InvalidPoint         not a public key, or a scalar outside the group
├── InvalidExtendedKey   reason, chain if it was to be watched there
├── InvalidAddress       chain, reason
├── DerivationFailed     reason, number: a seed, a path or a child that BIP-32 and SLIP-10 do not allow
├── ChainUnsupported     chain, reason: the chain has no such thing
└── SealingFailed        reason

Refusals carry data for the caller, never the text that was refused: it may be a secret in the wrong field.
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, NoReturn, SupportsIndex

from wallet.chains import Chain


class MnemonicRule(Enum):
    """The rule of BIP-39 that a sentence breaks."""

    WORD_COUNT = "a mnemonic has 12, 15, 18, 21 or 24 words"
    SPACING = "words are separated by exactly one space"
    UNKNOWN_WORD = "every word is on the English list, in lower case"
    CHECKSUM = "the last word carries a checksum of the others"
    NOT_UNICODE = "a passphrase is text that UTF-8 can carry"


class Reason(Enum):
    """Why something is refused; the name is for programs, the value is a sentence for an operator."""

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
    DUPLICATE = "the same address twice in a pool: two customers would share it"
    UNKNOWN_WITNESS = "no rule protects this kind of witness program yet: anyone could take what is paid to it"
    NOT_ON_CURVE = "not a point of the curve: no private key exists for it"
    CONTRACT = "the contract of a token or a program, not a wallet: what is sent to it is lost"
    BURNT = "an address that nobody has a key to: what is sent to it is lost"
    # of extended keys, by BIP-32 and SLIP-132
    KEY_VERSION = "the four version bytes are not those of an extended key"
    KEY_MISMATCH = "the version says public and the key is private, or the other way round"
    KEY_PREFIX = "the key does not start with 00, 02 or 03"
    ROOT_WITH_PARENT = "depth zero with the fingerprint of a parent"
    ROOT_WITH_INDEX = "depth zero with a child number"
    KEY_RANGE = "the private key is not between 1 and n-1"
    PRIVATE_KEY = "this is a private key; an account is watched by its public key"
    ACCOUNT_DEPTH = "not the key of an account, which is three hardened levels deep: m/purpose'/coin_type'/account'"
    MULTISIG = "an account of several signers (Ypub, Zpub); give the key of a single-signer account"
    NESTED_SEGWIT = "an account of P2SH-wrapped addresses (ypub, Mtub); export the native SegWit account (zpub)"
    LEGACY = "an account of legacy addresses (Ltub); export the native SegWit account (zpub)"
    OTHER_NETWORK = "an account of another chain or of a test network"
    # of derivation, by BIP-32, BIP-39 and SLIP-10
    SEED_LENGTH = "a seed or entropy cannot have this many bytes"
    ROOT = "a path starts with m, not at level"
    COMPONENT = "a level is a number without leading zeros, and ' if it is hardened; not so at level"
    LEVEL = "a level's number is below 2^31; not so at level"
    DEPTH = "a path has at most 255 levels, not"
    INDEX = "index out of range"
    HARDENED_FROM_PUBLIC = "a public key has no hardened child"
    HARDENED_ONLY = "an ed25519 key has hardened children only, not"
    UNUSABLE = "one child in 2^127 has no key; take the index after"
    # of chains that have no such thing
    NO_SCRIPT = "pays to accounts, not to scripts"
    NO_ACCOUNT_KEY = "no account key was given, or none can exist"
    # of sealed wallets
    OPERATOR_KEY = "the operator's key is not 32 bytes of X25519"
    SEALED = "this was not sealed to this key, or was changed afterwards"


class WalletError(Exception):
    """Root of this package's refusals: attributes for programs, `says` for an operator."""

    says: ClassVar[str] = "{reason.value}"

    def __str__(self) -> str:
        return self.says.format_map(vars(self))


@dataclass(eq=False)
class InvalidMnemonic(WalletError):
    """A sentence that BIP-39 does not accept; `position` counts words from 1."""

    rule: MnemonicRule
    position: int | None = None

    def __str__(self) -> str:
        return self.rule.value if self.position is None else f"word {self.position}: {self.rule.value}"


@dataclass(eq=False)
class InvalidEncoding(WalletError):
    """A text that Base58Check or Bech32 would not have written."""

    reason: Reason


@dataclass(eq=False)
class InvalidPoint(WalletError):
    """Bytes that are not a public key, or a scalar that gives none."""

    says = "not a public key"


@dataclass(eq=False)
class InvalidExtendedKey(WalletError):
    """An extended key that BIP-32 does not accept, or that cannot be watched on `chain`."""

    reason: Reason
    chain: Chain | None = None

    def __str__(self) -> str:
        return f"{self.chain.value}: {self.reason.value}" if self.chain else self.reason.value


@dataclass(eq=False)
class InvalidAddress(WalletError):
    """A text that is not an address of this chain, or an address that must not be paid."""

    chain: Chain
    reason: Reason
    says = "{chain.value}: {reason.value}"


@dataclass(eq=False)
class DerivationFailed(WalletError):
    """There is no such key. `number` is the seed's length, the level's position, the index or the child number."""

    reason: Reason
    number: int
    says = "{reason.value} ({number})"


@dataclass(eq=False)
class ChainUnsupported(WalletError):
    """A script or an account key was requested for a chain that has none."""

    chain: Chain
    reason: Reason
    says = "{chain.value}: {reason.value}"


@dataclass(eq=False)
class SealingFailed(WalletError):
    """A sealed box could not be made or opened."""

    reason: Reason


class Redacted:
    """Base of objects that hold a secret: never shown by repr, str, format or logs, and never pickled or copied."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} (redacted)>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds a secret and is not pickled or copied")
