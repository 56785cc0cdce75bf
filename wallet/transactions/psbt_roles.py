"""The roles of BIP-174 for spending P2WPKH outputs: creator and updater, signer, combiner, finalizer, extractor.

A signer elsewhere (Electrum, Sparrow, a hardware wallet) finds its key by the origin stored with each public
key. Treat what comes back as untrusted: compare its transaction with the planned one, and verify what was
extracted (`p2wpkh.verify`). Inputs of other kinds are kept, and neither signed nor finalised.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from wallet.chains import Chain
from wallet.descriptors import KeyOrigin
from wallet.errors import WalletError
from wallet.transactions import bitcoin, p2wpkh, psbt
from wallet.transactions.bitcoin import Input, Output, Transaction
from wallet.transactions.der import SIGHASH_ALL
from wallet.transactions.errors import InvalidSignature
from wallet.transactions.p2wpkh import Coin, Digests, NoKey, NotSigned, SigningKey, WrongCoin
from wallet.transactions.psbt import Map, Psbt
from wallet.transactions.wire import u32

NO_ORIGINS: Mapping[bytes, KeyOrigin] = {}
NO_TRANSACTIONS: Mapping[str, bytes] = {}


class Doubt(Enum):
    """Why an input is not signed with the key that it belongs to; the value is a sentence for an operator."""

    UTXO = "the previous transaction is not the one that the input spends, or pays something else"
    SCRIPT = "a redeem or witness script stands where a P2WPKH input has none"
    SIGHASH = "a signature is asked for that would not cover the whole transaction"


@dataclass(eq=False)
class InputRefused(WalletError):
    """An input that a signer has to refuse (BIP-174, «Signer»); `position` counts inputs from 0."""

    position: int
    doubt: Doubt
    says = "input {position}: {doubt.value}"


@dataclass(eq=False)
class OtherTransaction(WalletError):
    """PSBTs of different transactions, which cannot be combined."""

    says = "the PSBTs are of different transactions"


def create(
    chain: Chain,
    transaction: Transaction,
    coins: Sequence[Coin],
    *,
    origins: Mapping[bytes, KeyOrigin] = NO_ORIGINS,
    previous: Mapping[str, bytes] = NO_TRANSACTIONS,
) -> Psbt:
    """Create a PSBT from an unsigned transaction, its coins and the origins of their keys («Creator», «Updater»).

    `origins`: by compressed public key, of coins and of own outputs. `previous`: whole transactions by txid; some
    hardware wallets require them, since they prove the values.
    Raises: WrongCoin.
    """
    key_of = {p2wpkh.script_of(public_key): public_key for public_key in origins}
    inputs = []
    for spent, coin in p2wpkh.pairs(transaction, coins):
        fields = {psbt.WITNESS_UTXO: coin.output.serialise()}
        if spent.outpoint.txid in previous:
            fields[psbt.NON_WITNESS_UTXO] = previous[spent.outpoint.txid]
        inputs.append(_with_origin(fields, psbt.INPUT_DERIVATION, coin.output, key_of, origins))
    outputs = [_with_origin({}, psbt.OUTPUT_DERIVATION, paid, key_of, origins) for paid in transaction.outputs]
    bare = tuple([replace(spent, script_sig=b"", witness=()) for spent in transaction.inputs])
    return Psbt(chain, replace(transaction, inputs=bare), {}, tuple(inputs), tuple(outputs))


def sign(partial: Psbt, keys: Iterable[SigningKey]) -> Psbt:
    """Sign the P2WPKH inputs that belong to these keys («Signer»); final ones and others stay as they are.

    Raises: InputRefused; NoKey with the first input if none belongs to the keys.
    """
    key_of = {key.script_pubkey: key for key in keys}
    digests = Digests(partial.transaction)
    inputs, signed = list(partial.inputs), 0
    for position, fields in enumerate(partial.inputs):
        coin = coin_of(partial, position)
        key = key_of.get(coin.output.script_pubkey) if coin else None
        if coin is None or key is None or psbt.FINAL_SCRIPT_WITNESS in fields:
            continue
        _check_fields(fields, position)
        signature = key.sign(digests.digest(position, coin.output))
        inputs[position] = _sorted({**fields, psbt.PARTIAL_SIG + key.public_key: signature})
        signed += 1
    if not signed:
        raise NoKey(0)
    return replace(partial, inputs=tuple(inputs))


def combine(first: Psbt, *others: Psbt) -> Psbt:
    """Merge what several signers added («Combiner»). If two disagree about a field, the earlier one wins.

    Raises: OtherTransaction.
    """
    joined = first
    for other in others:
        if other.transaction != first.transaction or other.chain is not first.chain:
            raise OtherTransaction
        joined = replace(
            joined,
            globals=_sorted({**other.globals, **joined.globals}),
            inputs=_joined(joined.inputs, other.inputs),
            outputs=_joined(joined.outputs, other.outputs),
        )
    return joined


def finalise(partial: Psbt) -> Psbt:
    """Turn signatures into witnesses («Input Finalizer») after checking each; final inputs stay as they are.

    Raises: NotSigned for the first P2WPKH input without a valid signature, WrongCoin for one of another kind.
    """
    digests = Digests(partial.transaction)
    inputs = []
    for position, fields in enumerate(partial.inputs):
        if _is_final(fields):
            inputs.append(fields)
            continue
        coin = coin_of(partial, position)
        if coin is None or not p2wpkh.is_p2wpkh(coin.output.script_pubkey):
            raise WrongCoin(position)
        witness = _witness(digests.digest(position, coin.output), coin.output, fields, position)
        kept = {key: value for key, value in fields.items() if _outlives_finalising(key)}
        inputs.append(_sorted({**kept, psbt.FINAL_SCRIPT_WITNESS: bitcoin.write_witness(witness)}))
    return replace(partial, inputs=tuple(inputs))


def extract(final: Psbt) -> Transaction:
    """Extract the signed transaction («Transaction Extractor»). Its witnesses are not verified here.

    Raises: NotSigned.
    """
    inputs = []
    for position, (spent, fields) in enumerate(zip(final.transaction.inputs, final.inputs, strict=True)):
        if not _is_final(fields):
            raise NotSigned(position)
        script_sig = fields.get(psbt.FINAL_SCRIPT_SIG, b"")
        witness = psbt.parse_witness(fields.get(psbt.FINAL_SCRIPT_WITNESS, b"\0"))
        inputs.append(Input(spent.outpoint, script_sig, spent.sequence, witness))
    return replace(final.transaction, inputs=tuple(inputs))


def coin_of(partial: Psbt, position: int) -> Coin | None:
    """Find the output that an input spends, as far as the PSBT tells.

    Raises: InputRefused if the previous transaction is a different one, or pays something other than claimed.
    """
    outpoint, fields = partial.transaction.inputs[position].outpoint, partial.inputs[position]
    claimed = psbt.parse_output(fields[psbt.WITNESS_UTXO]) if psbt.WITNESS_UTXO in fields else None
    if psbt.NON_WITNESS_UTXO not in fields:
        return Coin(outpoint, claimed) if claimed else None
    previous = bitcoin.parse(partial.chain, fields[psbt.NON_WITNESS_UTXO])
    if previous.txid != outpoint.txid or outpoint.index >= len(previous.outputs):
        raise InputRefused(position, Doubt.UTXO)
    proven = previous.outputs[outpoint.index]
    if claimed not in {None, proven}:
        raise InputRefused(position, Doubt.UTXO)
    return Coin(outpoint, proven)


def _check_fields(fields: Map, position: int) -> None:
    if psbt.REDEEM_SCRIPT in fields or psbt.WITNESS_SCRIPT in fields:
        raise InputRefused(position, Doubt.SCRIPT)
    if fields.get(psbt.SIGHASH_TYPE, u32(SIGHASH_ALL)) != u32(SIGHASH_ALL):
        raise InputRefused(position, Doubt.SIGHASH)


def _witness(digest: bytes, output: Output, fields: Map, position: int) -> tuple[bytes, bytes]:
    for key, signature in fields.items():
        public_key = key.removeprefix(psbt.PARTIAL_SIG)
        if public_key == key or p2wpkh.script_of(public_key) != output.script_pubkey:
            continue
        try:
            p2wpkh.verify_signature(digest, output, public_key, signature)
        except InvalidSignature:
            raise NotSigned(position) from None
        return signature, public_key
    raise NotSigned(position)


def _is_final(fields: Map) -> bool:
    return psbt.FINAL_SCRIPT_SIG in fields or psbt.FINAL_SCRIPT_WITNESS in fields


def _outlives_finalising(key: bytes) -> bool:
    """Return whether a field is kept once an input is final: the output that it spends, and unknown fields."""
    return key in {psbt.NON_WITNESS_UTXO, psbt.WITNESS_UTXO} or key[0] not in psbt.INPUT_CHECKS


def _with_origin(
    fields: dict[bytes, bytes],
    kind: bytes,
    output: Output,
    key_of: Mapping[bytes, bytes],
    origins: Mapping[bytes, KeyOrigin],
) -> Map:
    public_key = key_of.get(output.script_pubkey)
    if public_key is not None:
        origin = origins[public_key]
        fields[kind + public_key] = origin.fingerprint + b"".join([u32(number) for number in origin.path.numbers])
    return _sorted(fields)


def _joined(ours: tuple[Map, ...], theirs: tuple[Map, ...]) -> tuple[Map, ...]:
    return tuple([_sorted({**their, **our}) for our, their in zip(ours, theirs, strict=True)])


def _sorted(fields: Map) -> Map:
    return dict(sorted(fields.items()))
