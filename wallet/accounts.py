"""The addresses of one seed and its account public keys, the same that any BIP-44 and BIP-84 wallet shows."""

from dataclasses import dataclass

from wallet import addresses, bip32, paths, slip10
from wallet.bip32 import ExtendedPublicKey
from wallet.chains import PARAMETERS, Chain, Codec
from wallet.errors import ChainUnsupported, Reason, Redacted
from wallet.paths import Path


@dataclass(frozen=True, slots=True)
class DerivedAddress:
    """An address, and the path to its key below the mnemonic that it comes from."""

    chain: Chain
    path: str
    address: str


class Accounts(Redacted):
    """The five chains below one seed. The key above a chain's addresses is cached, so the next address costs less."""

    __slots__ = ("_above", "_seed")

    def __init__(self, seed: bytes) -> None:
        """Raises: DerivationFailed with SEED_LENGTH."""
        self._seed = seed
        self._above: dict[Chain, bip32.ExtendedPrivateKey | slip10.Node] = {}

    def address(self, chain: Chain, index: int) -> DerivedAddress:
        """Derive a chain's receiving address. Raises: DerivationFailed with INDEX or UNUSABLE."""
        path = paths.address(chain, index)
        is_solana = PARAMETERS[chain].codec is Codec.SOLANA
        own_levels = 2 if is_solana else 1
        if chain not in self._above:
            master = slip10.master(self._seed) if is_solana else bip32.master(self._seed)
            self._above[chain] = master.derive(Path(path.numbers[:-own_levels]))
        key = self._above[chain].derive(Path(path.numbers[-own_levels:]))
        return DerivedAddress(chain, str(path), addresses.from_public_key(chain, key.public_key))

    def account_key(self, chain: Chain, account_index: int = 0) -> ExtendedPublicKey:
        """Derive the public key of an account: enough to watch it, not to spend.

        Raises: DerivationFailed with INDEX; ChainUnsupported for SOL, which has no public derivation.
        """
        if not PARAMETERS[chain].account_keys:
            raise ChainUnsupported(chain, Reason.NO_ACCOUNT_KEY)
        return bip32.master(self._seed).derive(paths.account(chain, account_index)).neuter()
