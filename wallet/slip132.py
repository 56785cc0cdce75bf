"""SLIP-132: the version bytes by which wallets tell what an extended key is for; here to read what operators paste.

zpub means native SegWit, the kind of address that the shop gives out. Today many wallets write xpub for any kind of
address, so it is accepted, and the operator compares the first address. All other versions are refused with a
reason: their wallets would not show payments to the shop's addresses.
"""

import re

from wallet import bip32, paths
from wallet.bip32 import ExtendedKey, ExtendedPublicKey
from wallet.chains import PARAMETERS, Chain
from wallet.errors import InvalidExtendedKey, Reason
from wallet.paths import ACCOUNT_DEPTH, HARDENED

ORIGIN = re.compile(r"\[([0-9a-fA-F]{8})((?:/[0-9]{1,10}[h'])*)\](.*)")
CODES = {
    prefix: bytes.fromhex(code)
    for prefix, code in {
        # Bitcoin: P2PKH or P2SH, P2WPKH in P2SH, P2WPKH, multi-signature P2WSH in P2SH, multi-signature P2WSH
        **{"xpub": "0488b21e", "ypub": "049d7cb2", "zpub": "04b24746", "Ypub": "0295b43f", "Zpub": "02aa7ed3"},
        **{"xprv": "0488ade4", "yprv": "049d7878", "zprv": "04b2430c", "Yprv": "0295b005", "Zprv": "02aa7a99"},
        # Litecoin: P2PKH or P2SH, P2WPKH in P2SH
        **{"Ltub": "019da462", "Mtub": "01b26ef6", "Ltpv": "019d9cfe", "Mtpv": "01b26792"},
        # Test networks of both
        **{"tpub": "043587cf", "upub": "044a5262", "vpub": "045f1cf6", "Upub": "024289ef", "Vpub": "02575483"},
        **{"tprv": "04358394", "uprv": "044a4e28", "vprv": "045f18bc", "Uprv": "024285b5", "Vprv": "02575048"},
        **{"ttub": "0436f6e1", "ttpv": "0436ef7d"},
    }.items()
}
REFUSED = {
    "ypub": Reason.NESTED_SEGWIT,
    "Mtub": Reason.NESTED_SEGWIT,
    "Ypub": Reason.MULTISIG,
    "Zpub": Reason.MULTISIG,
    "Ltub": Reason.LEGACY,
}


def parse(text: str) -> ExtendedKey:
    """Read an extended key of any registered version; its first four characters name the version.

    Raises: InvalidExtendedKey.
    """
    prefix = text[:4]
    return bip32.parse(text, {CODES[prefix]: is_private(prefix)} if prefix in CODES else {})


def is_private(prefix: str) -> bool:
    """Tell xprv, Ltpv and the like from xpub and Ltub."""
    return prefix.endswith("v")


def split_origin(text: str) -> tuple[str, str, str]:
    """Split an account key into its master key's fingerprint, the path below it, and the key itself.

    Wallets write [d34db33f/84h/0h/0h]zpub… (BIP-380, «Key Expressions»); without that, the first two are empty.
    """
    match = ORIGIN.fullmatch(text)
    return (match[1].lower(), match[2].replace("h", "'"), match[3]) if match else ("", "", text)


def account_key(chain: Chain, text: str) -> ExtendedPublicKey:
    """Read the public key of an account to watch on a chain, with or without its origin.

    Raises: InvalidExtendedKey; PRIVATE_KEY, OTHER_NETWORK, MULTISIG, NESTED_SEGWIT, LEGACY or ACCOUNT_DEPTH for a
        whole key that is not such an account's, ACCOUNT_DEPTH for an origin of another path as well.
    """
    fingerprint, origin, text = split_origin(text)
    try:
        key = parse(text)
    except InvalidExtendedKey as refusal:
        raise InvalidExtendedKey(refusal.reason, chain) from None
    prefix = text[:4]
    if not isinstance(key, ExtendedPublicKey):
        raise InvalidExtendedKey(Reason.PRIVATE_KEY, chain)
    if prefix not in PARAMETERS[chain].account_keys:
        if chain is not Chain.LTC and prefix in {"Ltub", "Mtub"}:
            raise InvalidExtendedKey(Reason.OTHER_NETWORK, chain)
        raise InvalidExtendedKey(REFUSED.get(prefix, Reason.OTHER_NETWORK), chain)
    if key.depth != ACCOUNT_DEPTH or key.child_number < HARDENED:
        raise InvalidExtendedKey(Reason.ACCOUNT_DEPTH, chain)
    if fingerprint and f"m{origin}" != str(paths.account(chain, key.child_number - HARDENED)):
        raise InvalidExtendedKey(Reason.ACCOUNT_DEPTH, chain)
    return key


def print_account_key(chain: Chain, key: ExtendedPublicKey) -> str:
    """Write an account's public key as this chain's wallets do: zpub for BTC and LTC, xpub for ETH and TRX."""
    return key.serialise(CODES[PARAMETERS[chain].account_keys[0]])
