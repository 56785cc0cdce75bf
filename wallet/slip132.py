"""SLIP-132: the version bytes by which wallets tell what an extended key is for; here to read what operators paste.

xpub says nothing about scripts today and is taken everywhere; zpub says native SegWit, the addresses that the shop
gives out. The others are of wallets that would not see payments to such addresses, and are refused with a reason.
"""

from dataclasses import dataclass
from enum import Enum

from wallet import bip32
from wallet.bip32 import ExtendedKey, ExtendedPublicKey
from wallet.chains import PARAMETERS, Chain
from wallet.errors import AccountKeyRefused, Reason


class Script(Enum):
    """The address encoding that a version stands for."""

    P2PKH = "P2PKH or P2SH"
    P2WPKH_IN_P2SH = "P2WPKH in P2SH"
    P2WPKH = "P2WPKH"
    P2WSH_IN_P2SH = "multi-signature P2WSH in P2SH"
    P2WSH = "multi-signature P2WSH"


class Network(Enum):
    """The network that a version is registered for; Bitcoin's are borrowed by other chains."""

    BITCOIN = "Bitcoin"
    LITECOIN = "Litecoin"
    TEST = "a test network"


@dataclass(frozen=True, slots=True)
class Version:
    """One row of the registry, public or private."""

    prefix: str
    network: Network
    script: Script
    is_private: bool


_REGISTRY = """
    Bitcoin         0488b21e xpub  0488ade4 xprv  P2PKH
    Bitcoin         049d7cb2 ypub  049d7878 yprv  P2WPKH_IN_P2SH
    Bitcoin         04b24746 zpub  04b2430c zprv  P2WPKH
    Bitcoin         0295b43f Ypub  0295b005 Yprv  P2WSH_IN_P2SH
    Bitcoin         02aa7ed3 Zpub  02aa7a99 Zprv  P2WSH
    Litecoin        019da462 Ltub  019d9cfe Ltpv  P2PKH
    Litecoin        01b26ef6 Mtub  01b26792 Mtpv  P2WPKH_IN_P2SH
    Test            043587cf tpub  04358394 tprv  P2PKH
    Test            044a5262 upub  044a4e28 uprv  P2WPKH_IN_P2SH
    Test            045f1cf6 vpub  045f18bc vprv  P2WPKH
    Test            024289ef Upub  024285b5 Uprv  P2WSH_IN_P2SH
    Test            02575483 Vpub  02575048 Vprv  P2WSH
    Test            0436f6e1 ttub  0436ef7d ttpv  P2PKH
"""


def _read_registry() -> dict[bytes, Version]:
    versions = {}
    for row in _REGISTRY.strip().splitlines():
        network, public, public_prefix, private, private_prefix, script = row.split()
        for code, prefix, is_private in ((public, public_prefix, False), (private, private_prefix, True)):
            version = Version(prefix, Network[network.upper()], Script[script], is_private)
            versions[bytes.fromhex(code)] = version
    return versions


VERSIONS = _read_registry()
CODES = {version.prefix: code for code, version in VERSIONS.items()}


def parse(text: str) -> tuple[Version, ExtendedKey]:
    """Read an extended key of any registered version.

    Raises: InvalidExtendedKey.
    """
    private = {code for code, version in VERSIONS.items() if version.is_private}
    code, key = bip32.parse_versions(text, private=private, public=VERSIONS.keys() - private)
    return VERSIONS[code], key


def account_key(chain: Chain, text: str) -> ExtendedPublicKey:
    """Read the public key of an account that is to be watched on a chain.

    Raises: InvalidExtendedKey; AccountKeyRefused with PRIVATE_KEY, OTHER_NETWORK, MULTISIG or NESTED_SEGWIT.
    """
    version, key = parse(text)
    if not isinstance(key, ExtendedPublicKey):
        raise AccountKeyRefused(Reason.PRIVATE_KEY, chain)
    if version.network is Network.TEST or (version.network is Network.LITECOIN and chain is not Chain.LTC):
        raise AccountKeyRefused(Reason.OTHER_NETWORK, chain)
    if version.script in {Script.P2WSH, Script.P2WSH_IN_P2SH}:
        raise AccountKeyRefused(Reason.MULTISIG, chain)
    if version.script is Script.P2WPKH_IN_P2SH:
        raise AccountKeyRefused(Reason.NESTED_SEGWIT, chain)
    if version.prefix not in PARAMETERS[chain].account_keys:
        raise AccountKeyRefused(Reason.OTHER_NETWORK, chain)
    return key


def print_account_key(chain: Chain, key: ExtendedPublicKey) -> str:
    """Write an account's public key as other wallets of this chain do: zpub for BTC and LTC, xpub for ETH and TRX."""
    return key.serialise(CODES[PARAMETERS[chain].account_keys[0]])
