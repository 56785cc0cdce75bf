"""The addresses of one seed, and the public keys of its accounts: what any BIP-44 and BIP-84 wallet would show."""

from dataclasses import dataclass

from wallet import addresses, bip32, ed25519, paths, slip10
from wallet.bip32 import ExtendedPrivateKey, ExtendedPublicKey
from wallet.chains import PARAMETERS, Chain, Codec
from wallet.errors import NotWatched
from wallet.paths import Path
from wallet.redacted import Redacted


@dataclass(frozen=True, slots=True)
class DerivedAddress:
    """An address, and where its key is: a path below the mnemonic that it comes from."""

    chain: Chain
    path: str
    address: str


class Accounts(Redacted):
    """The five chains below one seed. Keys above the last level are kept, so that the next address costs one step."""

    __slots__ = ("_secp256k1", "_seed", "_solana")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._secp256k1: dict[tuple[int, ...], ExtendedPrivateKey] = {(): bip32.master(seed)}
        self._solana: slip10.Node | None = None  # m/44'/501'

    def address(self, chain: Chain, index: int) -> DerivedAddress:
        """Derive a chain's receiving address.

        Raises: InvalidIndex, UnusableChild.
        """
        path = paths.address(chain, index)
        key = self._solana_key if PARAMETERS[chain].codec is Codec.SOLANA else self._secp256k1_key
        return DerivedAddress(chain, str(path), addresses.from_public_key(chain, key(path.numbers)))

    def account_key(self, chain: Chain, account_index: int = 0) -> ExtendedPublicKey:
        """Derive the public key of an account: enough to watch it, not to spend.

        Raises: InvalidIndex; NotWatched for SOL, which has no public derivation.
        """
        if not PARAMETERS[chain].account_keys:
            raise NotWatched(chain)
        return self._above(paths.account(chain, account_index).numbers).neuter()

    def _secp256k1_key(self, numbers: tuple[int, ...]) -> bytes:
        return self._above(numbers[:-1]).child(numbers[-1]).public_key

    def _above(self, numbers: tuple[int, ...]) -> ExtendedPrivateKey:
        if numbers not in self._secp256k1:
            self._secp256k1[numbers] = self._above(numbers[:-1]).child(numbers[-1])
        return self._secp256k1[numbers]

    def _solana_key(self, numbers: tuple[int, ...]) -> bytes:
        if self._solana is None:
            self._solana = slip10.master(slip10.Curve.ED25519, self._seed).derive(Path(numbers[:2]))
        return ed25519.public_key(self._solana.derive(Path(numbers[2:])).private_key)
