"""Settings that are valid and unwise. `init` refuses them; a shop that has them starts, with a warning.

Changing one may do harm once there are customers: what was paid to an address stays with the key that it came from.
"""

from collections.abc import Iterator
from itertools import combinations

from shop.assets import native
from shop.chains.parameters import PARAMETERS
from shop.chains.provider_settings import price_source_of
from shop.settings.model import Settings, name_of
from wallet import addresses, slip132
from wallet.addresses import Kind
from wallet.chains import Chain

_GAS = (Chain.ETH, Chain.TRX)
"""The chains whose account keys mode `sealed` uses."""


def unwise(settings: Settings) -> list[str]:
    """List what is unwise, as sentences for the operator that name the setting; nothing if none of it is used."""
    if settings.coins_through != "wallet":
        return []
    return [*_wallet(settings), *_servers(settings), *_finality(settings)]


def _wallet(settings: Settings) -> Iterator[str]:
    mode = settings.wallet_mode
    if mode == "hot":
        return
    texts = {chain: settings.account_keys.get(chain.value, "") for chain in (Chain if mode == "watch" else _GAS)}
    keys = {chain: slip132.account_key(chain, text) for chain, text in texts.items() if text}
    for one, other in combinations(keys, 2):
        if (keys[one].public_key, keys[one].chain_code) == (keys[other].public_key, keys[other].chain_code):
            yield (
                f"{_named('WALLET_XPUB_{}', one)} and {_named('WALLET_XPUB_{}', other)} are the same key: "
                "on one of the two chains, the wallet that it came from does not show the addresses."
            )
    pool = settings.wallet_sol_pool if mode == "watch" else ()
    keyless = [each for each in pool if addresses.validate(Chain.SOL, each).kind is Kind.OFF_CURVE]
    if keyless:
        yield (
            f"WALLET_SOL_POOL: {len(keyless)} of {len(pool)} addresses, such as {keyless[0]}, have no private key: "
            "use them only if a program, such as a multisig, can spend from them for you."
        )


def _servers(settings: Settings) -> Iterator[str]:
    for chain, urls in settings.servers.items():
        is_given = settings.wallet_sol_pool if chain is Chain.SOL else settings.account_keys[chain.value]
        if not urls and (is_given or settings.wallet_mode != "watch"):
            name = PARAMETERS[chain].servers_setting.upper()
            yield f"{name} names no server: the shop cannot see payments on {native(chain).network}."
    kinds = [price_source_of(url) for url in settings.price_urls]
    if settings.price_sources_needed > 1:
        for kind in dict.fromkeys(kind for kind in kinds if kinds.count(kind) > 1):
            yield f"PRICE_URLS names {kind} more than once: servers of one source confirm each other's prices."


def _finality(settings: Settings) -> Iterator[str]:
    for chain, rules in settings.finality_rules.items():
        depths = [int(rule) for rule in rules if rule.isdecimal()]
        if depths != sorted(depths):
            yield f"{_named('{}_FINALITY', Chain(chain))} asks for fewer blocks for larger deposits."


def _named(pattern: str, chain: Chain) -> str:
    return pattern.format(name_of(chain).upper())
