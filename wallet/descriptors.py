"""Output descriptors: which scripts a wallet watches, in one line of text that other wallets import.

Checksum, key expressions and the language: BIP-380. pk, pkh, sh: BIP-381. wpkh, wsh: BIP-382. combo: BIP-384.
Left out: multi (BIP-383), raw and addr (BIP-385), tr (BIP-386), and multipath <0;1> (BIP-389).
"""

from dataclasses import dataclass

from wallet.paths import Path


@dataclass(frozen=True, slots=True)
class KeyOrigin:
    """Where a key comes from: the fingerprint of a master key, four bytes, and the path down from it."""

    fingerprint: bytes
    path: Path
