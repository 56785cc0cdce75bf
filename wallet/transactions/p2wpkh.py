"""Spending native P2WPKH outputs of Bitcoin and Litecoin: draft, sign, verify. Many inputs with many keys.

The signature is over BIP-143's digest for SIGHASH_ALL, which commits to every input's sequence, to every output and
to the value that the input spends. A witness is the signature and the public key (BIP-141, «P2WPKH»).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wallet import secp256k1
from wallet.chains import Chain
from wallet.errors import InvalidPoint, Redacted, WalletError
from wallet.hashes import hash160, hash256
from wallet.transactions import der, policy
from wallet.transactions.bitcoin import Input, OutPoint, Output, Transaction
from wallet.transactions.der import SIGHASH_ALL
from wallet.transactions.errors import InvalidPrivateKey, InvalidSignature
from wallet.transactions.policy import REPLACEABLE
from wallet.transactions.signatures import sign_recoverable
from wallet.transactions.wire import byte_string, u32, u64

MAX_STANDARD_WEIGHT = 400_000
KEY_HASH_BYTES = 20
PRIVATE_KEY_BYTES = 32
PREFIX = bytes([0, KEY_HASH_BYTES])  # version 0 and a push (BIP-141)


@dataclass(frozen=True, slots=True)
class Coin:
    """An unspent output and its place."""

    outpoint: OutPoint
    output: Output


@dataclass(eq=False)
class InputsTooSmall(WalletError):
    """The coins do not cover the payments and the fee, or only dust would arrive."""

    available: int
    needed: int
    says = "the coins hold {available}, and {needed} are needed"


@dataclass(eq=False)
class TooHeavy(WalletError):
    """The transaction is heavier than nodes relay: split it into several."""

    weight: int
    says = "a weight of {weight} is more than nodes relay"


@dataclass(eq=False)
class WrongCoin(WalletError):
    """An input without its coin, a coin that is not P2WPKH, or one given twice; `position` counts inputs from 0."""

    position: int
    says = "input {position} does not spend the P2WPKH output that was given for it"


@dataclass(eq=False)
class NoKey(WalletError):
    """No key was given for an input; `position` counts inputs from 0."""

    position: int
    says = "input {position} belongs to none of the keys"


@dataclass(eq=False)
class NotSigned(WalletError):
    """An input whose witness does not let it spend its coin; `position` counts inputs from 0."""

    position: int
    says = "input {position} has no valid signature"


class SigningKey(Redacted):
    """A private key with its public key and script."""

    __slots__ = ("_private_key", "public_key", "script_pubkey")

    def __init__(self, private_key: bytes) -> None:
        """Raises: InvalidPrivateKey."""
        if len(private_key) != PRIVATE_KEY_BYTES:
            raise InvalidPrivateKey
        try:
            self.public_key = secp256k1.compress(secp256k1.public_key(private_key))
        except InvalidPoint:
            raise InvalidPrivateKey from None
        self._private_key = private_key
        self.script_pubkey = script_of(self.public_key)

    def sign(self, digest: bytes) -> bytes:
        """Sign a digest (RFC 6979, low s), and append SIGHASH_ALL to the signature."""
        r, s, _ = sign_recoverable(digest, self._private_key)
        return der.encode(r, s) + bytes([SIGHASH_ALL])


class Digests:
    """The digests of one transaction's inputs; their common parts are hashed once (BIP-143, «Specification»)."""

    __slots__ = ("_common", "_inputs", "_tail")

    def __init__(self, transaction: Transaction) -> None:
        prevouts = b"".join([spent.outpoint.serialise() for spent in transaction.inputs])
        sequences = b"".join([u32(spent.sequence) for spent in transaction.inputs])
        outputs = b"".join([paid.serialise() for paid in transaction.outputs])
        self._inputs = transaction.inputs
        self._common = u32(transaction.version) + hash256(prevouts) + hash256(sequences)
        self._tail = hash256(outputs) + u32(transaction.locktime) + u32(SIGHASH_ALL)

    def digest(self, position: int, output: Output) -> bytes:
        """Compute the digest to sign for an input that spends a P2WPKH output."""
        spent = self._inputs[position]
        # BIP-143: the script code is that of P2PKH, OP_DUP OP_HASH160 <hash> OP_EQUALVERIFY OP_CHECKSIG.
        script_code = b"\x76\xa9" + output.script_pubkey[1:] + b"\x88\xac"
        own = spent.outpoint.serialise() + byte_string(script_code) + u64(output.value) + u32(spent.sequence)
        return hash256(self._common + own + self._tail)


def script_of(public_key: bytes) -> bytes:
    """Write the script that pays to a compressed public key."""
    return PREFIX + hash160(public_key)


def is_p2wpkh(script_pubkey: bytes) -> bool:
    """Return whether a script is version 0 and a hash of 20 bytes."""
    return len(script_pubkey) == len(PREFIX) + KEY_HASH_BYTES and script_pubkey.startswith(PREFIX)


def draft(
    chain: Chain,
    coins: Sequence[Coin],
    payments: Sequence[Output] = (),
    *,
    rest_to: str,
    rate: int,
    sequence: int = REPLACEABLE,
) -> Transaction:
    """Draft a transaction that spends all these coins: the payments, then the rest, less the fee, to one address.

    Without payments this is a sweep. With payments, a rest that would be dust is added to the fee.
    `rate`: satoshi or litoshi per 1,000 virtual bytes.
    Raises: WrongCoin, InvalidAddress, NotPayable, InputsTooSmall, TooHeavy.
    """
    seen: set[OutPoint] = set()
    for position, coin in enumerate(coins):
        if coin.outpoint in seen or not is_p2wpkh(coin.output.script_pubkey):
            raise WrongCoin(position)
        seen.add(coin.outpoint)
    script = policy.payable_script(chain, rest_to)
    inputs = tuple([Input(coin.outpoint, sequence=sequence) for coin in coins])
    available = sum(coin.output.value for coin in coins)
    paid = sum(output.value for output in payments)

    with_rest = Transaction(inputs, (*payments, Output(0, script)))
    weight, least = policy.signed_weight(with_rest), policy.dust_threshold(chain, script)
    rest = available - paid - policy.fee(weight, rate)
    outputs = (*payments, Output(rest, script))
    if payments and rest < least:
        weight, least, outputs = policy.signed_weight(Transaction(inputs, tuple(payments))), 0, tuple(payments)
    if weight > MAX_STANDARD_WEIGHT:
        raise TooHeavy(weight)
    needed = paid + policy.fee(weight, rate) + least
    if available < needed:
        raise InputsTooSmall(available, needed=needed)
    return Transaction(inputs, outputs)


def sign(transaction: Transaction, coins: Sequence[Coin], keys: Iterable[SigningKey]) -> Transaction:
    """Sign every input; the coins are in the order of the inputs, the keys in any order.

    Raises: WrongCoin, NoKey.
    """
    key_of = {key.script_pubkey: key for key in keys}
    digests = Digests(transaction)
    inputs = []
    for position, (spent, coin) in enumerate(pairs(transaction, coins)):
        key = key_of.get(coin.output.script_pubkey)
        if key is None:
            raise NoKey(position)
        signature = key.sign(digests.digest(position, coin.output))
        inputs.append(replace(spent, script_sig=b"", witness=(signature, key.public_key)))
    return replace(transaction, inputs=tuple(inputs))


def verify(transaction: Transaction, coins: Sequence[Coin]) -> None:
    """Check that every input's witness lets it spend its coin, as a node would; the coins are in the order of inputs.

    Raises: WrongCoin, NotSigned.
    """
    digests = Digests(transaction)
    for position, (spent, coin) in enumerate(pairs(transaction, coins)):
        if spent.script_sig or len(spent.witness) != 2:
            raise NotSigned(position)
        signature, public_key = spent.witness
        try:
            verify_signature(digests.digest(position, coin.output), coin.output, public_key, signature)
        except InvalidSignature:
            raise NotSigned(position) from None


def verify_signature(digest: bytes, output: Output, public_key: bytes, signature: bytes) -> None:
    """Check a signature with its type for a P2WPKH output: the key is the output's, and it signed all of the digest.

    Raises: InvalidSignature.
    """
    if script_of(public_key) != output.script_pubkey or signature[-1:] != bytes([SIGHASH_ALL]):
        raise InvalidSignature
    try:
        point = secp256k1.decompress(public_key)
    except InvalidPoint:
        raise InvalidSignature from None
    der.verify(point, digest, signature[:-1])


def pairs(transaction: Transaction, coins: Sequence[Coin]) -> Iterable[tuple[Input, Coin]]:
    """Pair the inputs with the P2WPKH coins that they spend, which are in the same order.

    Raises: WrongCoin.
    """
    for position in range(max(len(transaction.inputs), len(coins))):
        if position in {len(transaction.inputs), len(coins)}:
            raise WrongCoin(position)
        spent, coin = transaction.inputs[position], coins[position]
        if spent.outpoint != coin.outpoint or not is_p2wpkh(coin.output.script_pubkey):
            raise WrongCoin(position)
        yield spent, coin
