"""The chains that the wallet derives addresses for, and each standard's constants for each of them: one table."""

from dataclasses import dataclass
from enum import Enum


class Chain(Enum):
    """A blockchain; the value is its ticker, as `python -m wallet` prints it."""

    BTC = "BTC"
    LTC = "LTC"
    ETH = "ETH"
    TRX = "TRX"
    SOL = "SOL"


class Codec(Enum):
    """The encoding of a chain's addresses."""

    BITCOIN = "bech32(m) for witness programs, base58check for hashes"
    ETHEREUM = "hexadecimal with EIP-55 capitals"
    TRON = "base58check of 0x41 and an Ethereum account"
    SOLANA = "base58 of an ed25519 public key"


@dataclass(frozen=True, slots=True)
class Parameters:
    """The constants of one chain: SLIP-44 coin type, BIP-43 purpose, prefixes of addresses and of account keys.

    `hrp`: empty on a chain without SegWit. `most_coins`: no transaction of a chain like Bitcoin's pays more coins.
    """

    purpose: int
    coin_type: int
    codec: Codec
    hrp: str = ""
    p2pkh_version: int = -1
    p2sh_versions: tuple[int, ...] = ()  # the first is used for writing, all for reading
    account_keys: tuple[str, ...] = ()  # SLIP-132 prefixes; the first is used for writing, all for reading
    most_coins: int = 0
    has_extension_blocks: bool = False  # LIP-0003


PARAMETERS = {
    Chain.BTC: Parameters(
        purpose=84,
        coin_type=0,
        codec=Codec.BITCOIN,
        hrp="bc",
        p2pkh_version=0x00,
        p2sh_versions=(0x05,),
        account_keys=("zpub", "xpub"),
        most_coins=21_000_000,
    ),
    # Litecoin changed its P2SH prefix from 3… to M… to tell it from Bitcoin's; old wallets still show 3….
    # No version is registered for its native SegWit: Electrum-LTC and Trust Wallet export zpub.
    Chain.LTC: Parameters(
        purpose=84,
        coin_type=2,
        codec=Codec.BITCOIN,
        hrp="ltc",
        p2pkh_version=0x30,
        p2sh_versions=(0x32, 0x05),
        account_keys=("zpub", "xpub"),
        most_coins=84_000_000,
        has_extension_blocks=True,
    ),
    Chain.ETH: Parameters(purpose=44, coin_type=60, codec=Codec.ETHEREUM, account_keys=("xpub",)),
    Chain.TRX: Parameters(purpose=44, coin_type=195, codec=Codec.TRON, account_keys=("xpub",)),
    Chain.SOL: Parameters(purpose=44, coin_type=501, codec=Codec.SOLANA),
}
