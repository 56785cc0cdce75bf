"""The settings of the shop that runs in the sandbox."""

from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from shop.chains.finality import Finality
from shop.settings.model import Settings
from wallet import bip39
from wallet.accounts import Accounts
from wallet.chains import Chain
from web.sandbox.wire import Json

TOKEN = "1000000001:SANDBOX"  # noqa: S105 - the emulator's own
SPARE_TOKENS = tuple(f"{1000000001 + number}:SANDBOX-further-bot-of-this-shop-{number:02}" for number in range(1, 10))
"""Tokens of bots that an owner can add with MULTIBOT=true; they look like those of @BotFather."""
ADMIN = 1
CALLBACK_SECRET = "of-the-sandbox-alone"  # noqa: S105 - the emulator's own


DESTINATIONS = {
    "sweep_to_btc": "BTC",
    "sweep_to_ltc": "LTC",
    "sweep_to_eth": "ETH",
    "sweep_to_tron": "TRX",
    "sweep_to_sol": "SOL",
}
OWNERS_WORDS = "zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong"
"""A publicly known mnemonic (from BIP-39's test vectors), since coins swept in the sandbox belong to no one."""


def owners_addresses() -> dict[str, str]:
    """Derive where the sandbox sweeps to, by setting."""
    accounts = Accounts(bip39.seed(bip39.parse(OWNERS_WORDS)))
    return {name: accounts.address(Chain(chain), 0).address for name, chain in DESTINATIONS.items()}


def pointed_at_emulators(settings: Settings, folder: Path, *, servers_url: str) -> Settings:
    """Point the settings at the emulators, which answer below `servers_url`."""
    own = {name: address for name, address in owners_addresses().items() if not getattr(settings, name)}
    return settings.model_copy(
        update={
            **own,
            "pay_by": settings.pay_by or (settings.payment_backend, "stars"),
            "stars_per_unit": settings.stars_per_unit or Decimal(100),
            "sweep_delay_minutes": min(settings.sweep_delay_minutes, 1),
            "token": SecretStr(TOKEN),
            "admin_id_list": (ADMIN,),
            "telegram_api_url": servers_url,
            "public_url": "",
            "krypto_express_api_url": f"{servers_url}/kryptoexpress",
            "krypto_express_api_key": SecretStr("sandbox"),
            "krypto_express_api_secret": SecretStr(CALLBACK_SECRET),
            "witness_above": 0,  # all of its servers count as one operator
            "unwitnessed_per_hour": 0,
            "deposit_ceiling": 0,
            "database_path": folder / "souk.db",
            "log_level": "WARNING",
        }
    )


def blocks_to_mine(settings: Settings) -> Json:
    """Return after how many blocks payments up to the two limits, and above, are final on each chain.

    A named level is a number of blocks below the head, so the payment's own block is added to it.
    """
    rules = {Chain(name): each for name, each in settings.finality_rules.items()}
    return {
        "limits": list(settings.finality_limits),
        "currency": settings.currency,
        "chains": {
            chain.value.lower(): [Finality(chain, rule).depth + (0 if rule.isdecimal() else 1) for rule in each]
            for chain, each in rules.items()
        },
    }
