"""Every refusal of the wallet: data for whoever catches it, never the text that was refused.

WalletError
├── InvalidMnemonic     rule, and the position of the word or the number of words; never a word
├── InvalidPassphrase   not text that UTF-8 can carry
├── InvalidSeed         length_bytes
├── InvalidPath         reason, position
├── InvalidIndex        index
├── HardenedFromPublic  index
├── UnusableChild       index: the next one has to be taken (probability below 2^-127)
├── InvalidEncoding     reason: Base58Check or Bech32
├── InvalidPoint        not a public key of secp256k1
├── InvalidExtendedKey  reason
│   └── AccountKeyRefused   chain, reason: a whole key, but not an account to watch on this chain
├── InvalidAddress      chain, reason
├── NoScript            chain: pays to accounts, not to scripts
├── NotWatched          chain: no account key was given for it
├── DuplicateAddress    position of the repeated one in the pool
├── PoolExhausted       chain, customer_index, pool_size
├── NotYetMade          chain, customer_index: a sealed wallet that nobody has made
└── SealingFailed       reason: the operator's key or the sealed text
"""

from enum import Enum

from wallet.chains import Chain


class MnemonicRule(Enum):
    """The rule of BIP-39 that a sentence breaks."""

    WORD_COUNT = "a mnemonic has 12, 15, 18, 21 or 24 words"
    SPACING = "words are separated by exactly one space"
    UNKNOWN_WORD = "every word is on the English list, in lower case"
    CHECKSUM = "the last word carries a checksum of the others"


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
    # of paths, by BIP-32
    ROOT = "a path starts with m"
    COMPONENT = "a level is a number without leading zeros, and ' when it is hardened"
    INDEX = "a level's number is below 2^31"
    DEPTH = "a path has at most 255 levels"
    # of sealed wallets
    OPERATOR_KEY = "the operator's key is not 32 bytes of X25519"
    SEALED = "this was not sealed to this key, or was changed afterwards"


class WalletError(Exception):
    """Root of this package's refusals."""


class InvalidMnemonic(WalletError):
    """A sentence that BIP-39 does not accept; `position` counts words from 1."""

    def __init__(self, rule: MnemonicRule, *, word_count: int, position: int | None = None) -> None:
        self.rule, self.word_count, self.position = rule, word_count, position
        where = f" (word {position})" if position else f" ({word_count} given)"
        super().__init__(rule.value + (where if rule is not MnemonicRule.CHECKSUM else ""))


class InvalidPassphrase(WalletError):
    """A passphrase that UTF-8 cannot carry, such as half a surrogate pair."""

    def __init__(self) -> None:
        super().__init__("the passphrase is not valid Unicode text")


class InvalidSeed(WalletError):
    """A seed outside BIP-32's 128 to 512 bits."""

    def __init__(self, length_bytes: int) -> None:
        self.length_bytes = length_bytes
        super().__init__(f"a seed has 16 to 64 bytes, not {length_bytes}")


class InvalidPath(WalletError):
    """A derivation path that would not print as it was written; `position` is the level, 0 for m."""

    def __init__(self, reason: Reason, *, position: int) -> None:
        self.reason, self.position = reason, position
        super().__init__(f"level {position}: {reason.value}")


class InvalidIndex(WalletError):
    """An index that is not below 2^31, or a child number not below 2^32."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"index {index} is out of range")


class HardenedFromPublic(WalletError):
    """CKDpub of a hardened child: impossible by design."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__("a public key has no hardened children")


class UnusableChild(WalletError):
    """BIP-32's «the resulting key is invalid, and one should proceed with the next value for i»."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"child {index} is unusable; take the next")


class TooDeep(WalletError):
    """A child of a key at depth 255, which no serialisation could carry."""

    def __init__(self) -> None:
        super().__init__(Reason.DEPTH.value)


class InvalidEncoding(WalletError):
    """A text that is not what Base58Check or Bech32 would have written."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)


class InvalidPoint(WalletError):
    """Bytes that are no public key: not an encoding of a point, or not on the curve."""

    def __init__(self) -> None:
        super().__init__(Reason.NOT_ON_CURVE.value)


class InvalidExtendedKey(WalletError):
    """An xprv, xpub or relative of theirs that BIP-32 does not accept."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)


class AccountKeyRefused(InvalidExtendedKey):
    """A whole extended key that must not be watched on this chain."""

    def __init__(self, chain: Chain, reason: Reason) -> None:
        self.chain = chain
        super().__init__(reason)


class InvalidAddress(WalletError):
    """A text that this chain cannot pay to. The text stays out: people paste other things into address fields."""

    def __init__(self, chain: Chain, reason: Reason) -> None:
        self.chain, self.reason = chain, reason
        super().__init__(f"{chain.value}: {reason.value}")


class NoScript(WalletError):
    """A scriptPubKey was asked of a chain that has none."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        super().__init__(f"{chain.value} pays to accounts, not to scripts")


class NotWatched(WalletError):
    """No account key was given for this chain."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        super().__init__(f"no account key for {chain.value}")


class DuplicateAddress(WalletError):
    """The same address twice in a pool: two customers would share it."""

    def __init__(self, position: int) -> None:
        self.position = position
        super().__init__(f"address {position} of the pool is there twice")


class PoolExhausted(WalletError):
    """The pool has no address for this customer; the operator has to import more."""

    def __init__(self, chain: Chain, *, customer_index: int, pool_size: int) -> None:
        self.chain, self.customer_index, self.pool_size = chain, customer_index, pool_size
        super().__init__(f"{chain.value}: the pool of {pool_size} has no address for customer {customer_index}")


class NotYetMade(WalletError):
    """A sealed wallet's address was asked for before the wallet was made and stored."""

    def __init__(self, chain: Chain, *, customer_index: int) -> None:
        self.chain, self.customer_index = chain, customer_index
        super().__init__(f"customer {customer_index} has no sealed {chain.value} address yet")


class SealingFailed(WalletError):
    """A sealed box could not be made or opened."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.value)
