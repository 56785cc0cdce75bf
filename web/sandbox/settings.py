"""The settings of the shop that runs in the sandbox."""

from pathlib import Path

from pydantic import SecretStr

from shop.settings import Settings

TOKEN = "1000000001:SANDBOX"  # noqa: S105 - the emulator's own
ADMIN = 1
CALLBACK_SECRET = "of-the-sandbox-alone"  # noqa: S105 - the emulator's own


def pointed_at_emulators(settings: Settings, folder: Path, *, servers_url: str) -> Settings:
    """Point the settings at the emulators, which answer below `servers_url`."""
    return settings.model_copy(
        update={
            "token": SecretStr(TOKEN),
            "admin_id_list": (ADMIN,),
            "telegram_api_url": servers_url,
            "public_url": "",
            "krypto_express_api_url": f"{servers_url}/kryptoexpress",
            "krypto_express_api_key": SecretStr("sandbox"),
            "krypto_express_api_secret": SecretStr(CALLBACK_SECRET),
            "witness_above": 0,  # all of its servers are one operator
            "unwitnessed_per_hour": 0,
            "deposit_ceiling": 0,
            "database_path": folder / "souk.db",
            "log_level": "WARNING",
        }
    )
