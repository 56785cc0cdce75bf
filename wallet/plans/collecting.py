"""Files that other wallets signed, recognised and compared with a plan.

Read: PSBTs, partly signed or final, as bytes or Base64; raw transactions in hexadecimal, with or without 0x; JSON
that holds one, as wallets of Ethereum answer; TRON's transactions as tronweb writes them, with their signature.
"""

from typing import Any

from wallet.chains import Chain
from wallet.errors import WalletError
from wallet.hashes import keccak256
from wallet.plans import building
from wallet.plans.errors import InvalidSigned, SignedFault
from wallet.plans.plan import Plan
from wallet.plans.reading import load
from wallet.plans.signed import SignedTransaction, verify
from wallet.transactions import bitcoin, ethereum, protobuf, psbt, psbt_roles, tron
from wallet.transactions.psbt import Psbt

RAW_FIELDS = ("raw", "rawTransaction", "raw_transaction", "signedTransaction")
HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
BASE64_MAGIC = b"cHNid"  # "psbt" in Base64


class Collector:
    """The parts of one plan signed by other wallets. PSBTs of the same transaction are combined."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._places = {_name(each): position for position, each in enumerate(map(building.build, plan.transactions))}
        self._partial: dict[int, Psbt] = {}
        self._signed: dict[int, SignedTransaction] = {}

    def add(self, content: bytes) -> None:
        """Add a signed file.

        Raises: InvalidSigned with NOT_SIGNED_FILE, OTHER_PLAN for a transaction that the plan does not have,
            OTHER_TRANSACTION or SIGNATURE.
        """
        text = content.strip()
        try:
            if content.startswith(psbt.MAGIC):
                self._add_psbt(content)
            elif text.startswith(BASE64_MAGIC):
                self._add_psbt(psbt.from_base64(Chain.LTC, text.decode("ascii", "replace")).serialise())
            else:
                self._add_raw(_raw_of(text))
        except InvalidSigned:
            raise
        except (WalletError, ValueError):
            raise InvalidSigned(SignedFault.NOT_SIGNED_FILE) from None

    def signed(self) -> tuple[SignedTransaction, ...]:
        """Finalise the PSBTs, and list what is signed.

        Raises: InvalidSigned with SIGNATURE for one that is not fully signed.
        """
        found = dict(self._signed)
        for position, partial in self._partial.items():
            try:
                transaction = psbt_roles.extract(psbt_roles.finalise(partial))
            except WalletError:
                raise InvalidSigned(SignedFault.SIGNATURE, position + 1) from None
            found[position] = verify(self._plan, position, transaction.serialise())
        return tuple([found[position] for position in sorted(found)])

    def _add_psbt(self, raw: bytes) -> None:
        """Find a PSBT's chain by its transaction, as the file does not name it. Litecoin has the larger amounts."""
        position = self._place(psbt.parse(Chain.LTC, raw).transaction.txid)
        partial = psbt.parse(self._plan.transactions[position].chain, raw)
        known = self._partial.get(position)
        self._partial[position] = partial if known is None else psbt_roles.combine(known, partial)

    def _add_raw(self, raw: bytes) -> None:
        position = self._place(_name_of(raw))
        self._signed[position] = verify(self._plan, position, raw)

    def _place(self, name: str) -> int:
        if name not in self._places:
            raise InvalidSigned(SignedFault.OTHER_PLAN)
        return self._places[name]


def _name(built: building.Built) -> str:
    """Identify a transaction by what no signature changes."""
    if isinstance(built, ethereum.Eip1559):
        return keccak256(built.signing_payload()).hex()
    return built.txid if isinstance(built, bitcoin.Transaction | tron.Transaction) else built.serialise().hex()


def _name_of(raw: bytes) -> str:
    for read in (_bitcoin_name, _ethereum_name, _tron_name):
        try:
            return read(raw)
        except WalletError:
            continue
    raise InvalidSigned(SignedFault.NOT_SIGNED_FILE)


def _bitcoin_name(raw: bytes) -> str:
    return bitcoin.parse(Chain.LTC, raw).txid


def _ethereum_name(raw: bytes) -> str:
    return keccak256(ethereum.decode(raw).transaction.signing_payload()).hex()


def _tron_name(raw: bytes) -> str:
    return tron.decode(raw).txid


def _raw_of(text: bytes) -> bytes:
    """Find the bytes of a signed transaction in a text. Raises ValueError."""
    digits = text.removeprefix(b"0x")
    if HEX_DIGITS.issuperset(digits):
        return bytes.fromhex(digits.decode("ascii"))
    body = load(text, ValueError(), ValueError())
    if "raw_data_hex" in body:
        return _tronweb_bytes(body)
    found = [body[name] for name in RAW_FIELDS if name in body]
    if len(found) != 1 or not isinstance(found[0], str):
        raise ValueError
    return bytes.fromhex(found[0].removeprefix("0x"))


def _tronweb_bytes(body: dict[str, Any]) -> bytes:
    """Write the transaction in tronweb's JSON, with its one signature; `raw_data` is ignored."""
    raw_data, signatures = body["raw_data_hex"], body.get("signature")
    if not isinstance(raw_data, str) or not isinstance(signatures, list) or len(signatures) != 1:
        raise ValueError
    return protobuf.write({1: bytes.fromhex(raw_data), 2: bytes.fromhex(str(signatures[0]).removeprefix("0x"))})
