"""Other wallets to compare ours with: at least two per chain, none of which shares code with ours.

BTC, LTC   bip_utils, libwally, embit      ETH   bip_utils, eth-account
TRX        bip_utils, eth-account's key with libwally's base58check
SOL        bip_utils, solders              BIP-85   libwally, embit
"""

import pytest

from wallet.chains import Chain

HARDENED = 0x8000_0000


def libwally_key(seed):
    wally = pytest.importorskip("wallycore")
    return wally.bip32_key_from_seed(seed, wally.BIP32_VER_MAIN_PRIVATE, 0)


def libwally_derive(seed, path):
    wally = pytest.importorskip("wallycore")
    if path == "m":
        return libwally_key(seed)
    return wally.bip32_key_from_parent_path_str(libwally_key(seed), path, 0, wally.BIP32_FLAG_KEY_PRIVATE)


def libwally_address(chain, seed, index):
    wally = pytest.importorskip("wallycore")
    coin, hrp = {Chain.BTC: (0, "bc"), Chain.LTC: (2, "ltc")}[chain]
    return wally.bip32_key_to_addr_segwit(libwally_derive(seed, f"m/84'/{coin}'/0'/0/{index}"), hrp, 0)


def embit_address(chain, seed, index):
    bip32 = pytest.importorskip("embit.bip32")
    script = pytest.importorskip("embit.script")
    coin, hrp = {Chain.BTC: (0, "bc"), Chain.LTC: (2, "ltc")}[chain]
    key = bip32.HDKey.from_seed(seed).derive(f"m/84h/{coin}h/0h/0/{index}")
    return script.p2wpkh(key.key.get_public_key()).address({"bech32": hrp})


def eth_account_address(seed, coin, index):
    hdaccount = pytest.importorskip("eth_account.hdaccount")
    account = pytest.importorskip("eth_account").Account
    return account.from_key(hdaccount.key_from_seed(seed, f"m/44'/{coin}'/0'/0/{index}")).address


def tron_address(seed, index):
    wally = pytest.importorskip("wallycore")
    account = bytes.fromhex(eth_account_address(seed, 195, index)[2:])
    return wally.base58check_from_bytes(b"\x41" + account)


def solders_address(seed, index):
    keypair = pytest.importorskip("solders.keypair").Keypair
    return str(keypair.from_seed_and_derivation_path(seed, f"m/44'/501'/{index}'/0'").pubkey())


def second_reference(chain, seed, index):
    if chain in {Chain.BTC, Chain.LTC}:
        return libwally_address(chain, seed, index)
    if chain is Chain.ETH:
        return eth_account_address(seed, 60, index)
    return tron_address(seed, index) if chain is Chain.TRX else solders_address(seed, index)


def bip_utils_address(chain, seed, index):
    b = pytest.importorskip("bip_utils")
    if chain in {Chain.BTC, Chain.LTC}:
        coin = {Chain.BTC: b.Bip84Coins.BITCOIN, Chain.LTC: b.Bip84Coins.LITECOIN}[chain]
        account = b.Bip84.FromSeed(seed, coin).Purpose().Coin().Account(0)
    elif chain is Chain.SOL:
        account = b.Bip44.FromSeed(seed, b.Bip44Coins.SOLANA).Purpose().Coin().Account(index)
        return account.Change(b.Bip44Changes.CHAIN_EXT).PublicKey().ToAddress()
    else:
        coin = {Chain.ETH: b.Bip44Coins.ETHEREUM, Chain.TRX: b.Bip44Coins.TRON}[chain]
        account = b.Bip44.FromSeed(seed, coin).Purpose().Coin().Account(0)
    return account.Change(b.Bip44Changes.CHAIN_EXT).AddressIndex(index).PublicKey().ToAddress()


def bip_utils_account_key(chain, seed):
    b = pytest.importorskip("bip_utils")
    if chain in {Chain.BTC, Chain.LTC}:
        coin = {Chain.BTC: b.Bip84Coins.BITCOIN, Chain.LTC: b.Bip84Coins.LITECOIN}[chain]
        account = b.Bip84.FromSeed(seed, coin).Purpose().Coin().Account(0)
    else:
        coin = {Chain.ETH: b.Bip44Coins.ETHEREUM, Chain.TRX: b.Bip44Coins.TRON}[chain]
        account = b.Bip44.FromSeed(seed, coin).Purpose().Coin().Account(0)
    return account.PublicKey().ToExtended()
