"""Private keys for a plan: from the words, from customers' sealed boxes with the operator's key, or from both.

Each key is compared with the address that the plan names before it signs anything.
"""

from collections.abc import Mapping

from wallet import addresses, bip32, bip39, bip85, slip10
from wallet.bip32 import ExtendedPrivateKey
from wallet.bip39 import Mnemonic
from wallet.chains import PARAMETERS, Chain, Codec
from wallet.errors import Redacted, SealingFailed
from wallet.plans.errors import KeyMissing, WrongKey
from wallet.plans.plan import Holder, KeySource
from wallet.sealing import OperatorKey
from wallet.slip10 import Node

NO_BOXES: Mapping[int, bytes] = {}


class Keys(Redacted):
    """The secrets behind a plan's keys. Computed seeds are cached: a customer may have coins on each chain."""

    __slots__ = ("_above", "_boxes", "_operator", "_seeds", "_words")

    def __init__(
        self,
        *,
        words: Mnemonic | None = None,
        passphrase: str = "",
        operator: OperatorKey | None = None,
        boxes: Mapping[int, bytes] = NO_BOXES,
    ) -> None:
        """`boxes`: sealed words by customer number, for plans without them.

        Raises: InvalidMnemonic with NOT_UNICODE.
        """
        self._words = None if words is None else bip39.seed(words, passphrase)
        self._above = None if self._words is None else bip85.mnemonics(bip32.master(self._words))
        self._operator, self._boxes = operator, boxes
        self._seeds: dict[tuple[int | None, bytes | None], bytes] = {}

    def private_key(
        self, chain: Chain, holder: Holder, *, position: int, boxes: Mapping[int, bytes] = NO_BOXES
    ) -> bytes:
        """Find the private key of an address; `boxes`: those in the plan, `position`: for the refusal.

        Raises: KeyMissing, WrongKey, DerivationFailed.
        """
        key = self.derive(chain, holder.key, position=position, boxes=boxes)
        if addresses.from_public_key(chain, key.public_key) != holder.address:
            raise WrongKey(position)
        return key.private_key

    def derive(
        self, chain: Chain, source: KeySource, *, position: int, boxes: Mapping[int, bytes] = NO_BOXES
    ) -> ExtendedPrivateKey | Node:
        """Derive the key at a path, whatever its address.

        Raises: KeyMissing, WrongKey for a box that the operator's key does not open, DerivationFailed.
        """
        seed = self._seed(source, boxes, position)
        master = slip10.master(seed) if PARAMETERS[chain].codec is Codec.SOLANA else bip32.master(seed)
        return master.derive(source.path)

    def _seed(self, source: KeySource, boxes: Mapping[int, bytes], position: int) -> bytes:
        """Find a seed, cached by its source, since two plans may have different boxes under one number."""
        box = None
        if source.box is not None:
            box = boxes.get(source.box) or self._boxes.get(source.box)
            if box is None:
                raise KeyMissing(position)
        place = (source.child, box)
        if place not in self._seeds:
            self._seeds[place] = self._open(source.child, box, position)
        return self._seeds[place]

    def _open(self, child: int | None, box: bytes | None, position: int) -> bytes:
        if box is not None:
            if self._operator is None:
                raise KeyMissing(position)
            try:
                return bip39.seed(self._operator.unseal(box))
            except SealingFailed:
                raise WrongKey(position) from None
        if self._words is None or self._above is None:
            raise KeyMissing(position)
        return self._words if child is None else bip39.seed(bip85.mnemonic(self._above, child))
