"""Settings that are valid and unwise: a shop that has them starts, with a warning."""

from pathlib import Path

import pytest

from shop.settings.advice import unwise
from shop.settings.loading import load
from wallet import bip32, paths, sealing, slip132

GOOD = {"TOKEN": "123456:AAF-abcdefghijklmnopqrstuvwxyz", "ADMIN_ID_LIST": "1"}
ACCOUNT = bip32.master(b"s" * 32).derive(paths.parse("m/84'/0'/0'"))
OTHER = bip32.master(b"t" * 32).derive(paths.parse("m/44'/195'/0'"))
WATCH = {"WALLET_MODE": "watch"}
SEALED = {"WALLET_MODE": "sealed", "WALLET_OPERATOR_KEY": sealing.OperatorKey.generate().public_key.hex()}
WITHOUT_COINS = {"PAY_BY": "stars", "STARS_PER_UNIT": "76"}
VAULT = "9Yr5whYvpkq9C1hGbvXvwXoJCpLZyMmWFBFPWaRKHDE1"
SOL_ADDRESS = "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL"


def advice(**environ: str) -> list[str]:
    return unwise(load(GOOD | environ, Path("-")))


def written(key: bip32.ExtendedPrivateKey, prefix: str) -> str:
    return key.neuter().serialise(slip132.CODES[prefix])


@pytest.mark.parametrize(("one", "other"), [("BTC", "LTC"), ("ETH", "TRON"), ("BTC", "ETH"), ("LTC", "TRON")])
def test_one_account_key_for_two_chains_is_unwise_where_both_are_used(one: str, other: str) -> None:
    bitcoins = {"BTC": "[d34db33f/84h/0h/0h]" + written(ACCOUNT, "zpub"), "LTC": written(ACCOUNT, "zpub")}
    keys = {f"WALLET_XPUB_{name}": bitcoins.get(name, written(ACCOUNT, "xpub")) for name in (one, other)}
    [told] = advice(**keys, **WATCH)
    assert told.startswith(f"WALLET_XPUB_{one} and WALLET_XPUB_{other} are the same key: ")
    assert len(advice(**keys, **SEALED)) == ((one, other) == ("ETH", "TRON")), "the keys of gas addresses"
    assert advice(**keys) == [], "mode hot uses neither"
    assert advice(**keys, **WATCH, **WITHOUT_COINS) == []
    keys[f"WALLET_XPUB_{other}"] = written(OTHER, "xpub")
    assert advice(**keys, **WATCH) == []


def test_a_sol_address_without_a_private_key_may_be_a_multisigs() -> None:
    pool = {"WALLET_SOL_POOL": f"{SOL_ADDRESS}, {VAULT}"}
    [told] = advice(**pool, **WATCH)
    assert told.startswith(f"WALLET_SOL_POOL: 1 of 2 addresses, such as {VAULT}, have no private key: ")
    assert advice(**pool) == advice(**pool, **SEALED) == advice(**pool, **WATCH, **WITHOUT_COINS) == []
    assert advice(WALLET_SOL_POOL=SOL_ADDRESS, **WATCH) == []


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("BTC_API_URLS", "Bitcoin"),
        ("LTC_API_URLS", "Litecoin"),
        ("ETH_RPC_URLS", "Ethereum"),
        ("TRONGRID_URLS", "TRON"),
        ("SOLANA_RPC_URLS", "Solana"),
    ],
)
def test_a_chain_without_a_server_is_unwise_if_it_is_offered(name: str, network: str) -> None:
    told = f"{name} names no server: the shop cannot see payments on {network}."
    assert advice(**{name: " , "}) == advice(**{name: ","}, **SEALED) == [told]
    bitcoin = WATCH | {"WALLET_XPUB_BTC": written(ACCOUNT, "zpub")}
    assert advice(**{name: ","}, **bitcoin) == ([told] if network == "Bitcoin" else [])
    pool = WATCH | {"WALLET_SOL_POOL": SOL_ADDRESS}
    assert advice(**{name: ","}, **pool) == ([told] if network == "Solana" else [])
    assert advice(**{name: ","}, **WITHOUT_COINS) == []


def test_litecoin_works_without_a_second_operator() -> None:
    assert load(GOOD | {"LTC_BLOCKBOOK_URLS": ","}, Path("-")).ltc_blockbook_urls == ()
    assert advice(LTC_BLOCKBOOK_URLS=",") == []


@pytest.mark.parametrize(
    ("urls", "kind"),
    [
        ("https://api.kraken.com,https://api.coingecko.com/api/v3,https://pro-api.coingecko.com/api/v3", "coingecko"),
        ("https://api.binance.com,https://data-api.binance.vision", "binance"),
        ("http://localhost:1/kraken,http://localhost:1/coinbase,http://localhost:2/coinbase", "coinbase"),
    ],
)
def test_two_servers_of_one_price_source_are_unwise_where_sources_must_agree(urls: str, kind: str) -> None:
    told = f"PRICE_URLS names {kind} more than once: servers of one source confirm each other's prices."
    assert advice(PRICE_URLS=urls) == [told]
    assert advice(PRICE_URLS=urls, PRICE_SOURCES_NEEDED="1") == [], "one is the other's fallback"
    assert advice(PRICE_URLS=urls, **WITHOUT_COINS) == []


@pytest.mark.parametrize(
    ("name", "rules", "is_unwise"),
    [
        ("BTC_FINALITY", "6,2,1", True),
        ("LTC_FINALITY", "3,24,6", True),
        ("ETH_FINALITY", "40,safe,12", True),
        ("BTC_FINALITY", "2,2,6", False),
        ("ETH_FINALITY", "12,64,safe", False),
        ("ETH_FINALITY", "40,safe,finalized", False),
        ("ETH_FINALITY", "1,100,finalized", False),
        ("TRON_FINALITY", "finalized,finalized,25", False),
    ],
)
def test_fewer_blocks_for_larger_deposits_are_unwise(name: str, rules: str, is_unwise: bool) -> None:
    assert advice(**{name: rules}) == [f"{name} asks for fewer blocks for larger deposits."] * is_unwise


@pytest.mark.parametrize("token", ["my long pass phrase", "x", "a-b_c.d~e+f/g="])
def test_a_token_that_a_header_carries_is_accepted(token: str) -> None:
    assert load(GOOD | {"METRICS_TOKEN": token}, Path("-")).metrics_token.get_secret_value() == token


def test_the_secret_of_the_provider_is_long_enough_with_16_characters() -> None:
    secret = load(GOOD | {"KRYPTO_EXPRESS_API_SECRET": "abcd" * 4}, Path("-")).krypto_express_api_secret
    assert secret.get_secret_value() == "abcd" * 4
