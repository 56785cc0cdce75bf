"""Reads the settings, reporting all problems at once, as sentences for the operator that name the setting."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shop.settings.model import Settings
from shop.settings.sources import (
    ALIKE_IN_ENVIRONMENT,
    ALIKE_IN_FILE,
    SettingsPlace,
    env_file,
    from_aiogram_shop_bot,
    misspelt,
)

_NEEDED = {
    "kryptoexpress": ("krypto_express_api_key", "krypto_express_api_secret"),
    "stars": ("stars_per_unit",),
}
"""The settings that each payment provider needs."""
WATCHED = {name for name in Settings.model_fields if name.startswith("wallet_xpub_")} | {"wallet_sol_pool"}
"""Where mode `watch` gets its addresses from."""

_PLAIN_WORDS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "bool_parsing": "must be true or false",
    "string_too_short": "is too short",
}


class SettingsError(Exception):
    """The settings are not valid. `problems` are sentences for the operator, each naming its setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def load(environ: Mapping[str, str], env_path: Path, *, languages: frozenset[str] = frozenset({"en"})) -> Settings:
    """Read the settings; an empty value counts as not set.

    Raises:
        SettingsError: lists every problem at once.
    """
    problems: list[str] = []
    file = env_file(env_path, problems)
    given: dict[str, Any] = {}
    for place in (file, environ):
        given |= SettingsPlace(place, problems).texts(Settings.model_fields)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        problems += [_sentence(detail) for detail in error.errors()]
    problems += _contradictions(given)
    if (language := given.get("default_language", "en")) not in languages:
        problems.append(f"DEFAULT_LANGUAGE must be one of {', '.join(sorted(languages))}, not {language}.")
    problems += misspelt(file, _names(), alike=ALIKE_IN_FILE)
    if problems:
        raise SettingsError(problems + without_effect(environ, env_path))
    return settings


def without_effect(environ: Mapping[str, str], env_path: Path) -> list[str]:
    """List names that look like settings but have no effect; the shop can still start."""
    stated = {**env_file(env_path, []), **environ}
    return misspelt(environ, _names(), alike=ALIKE_IN_ENVIRONMENT) + from_aiogram_shop_bot(stated)


def _names() -> list[str]:
    return [field.upper() for field in Settings.model_fields]


def _contradictions(given: Mapping[str, str]) -> list[str]:
    """Check rules across fields, on the raw values, so that they are reported together with everything else."""
    problems = []
    if "token" in given and "admin_id_list" not in given:
        problems.append("ADMIN_ID_LIST must name at least one Telegram ID, or nobody can run the shop.")
    if "db_key" in given and "db_pass" in given:
        problems.append("DB_KEY and DB_PASS are both set: keep the one that the database was made with.")
    problems += _missing_for_payments(given)
    mode = given.get("wallet_mode", "hot")
    if mode == "watch" and not WATCHED & given.keys():
        keys = ", ".join(name.upper() for name in Settings.model_fields if name in WATCHED)
        problems.append(f"WALLET_MODE=watch needs at least one of {keys}.")
    if mode == "sealed" and "wallet_operator_key" not in given:
        problems.append("WALLET_MODE=sealed needs WALLET_OPERATOR_KEY: run python -m wallet new --operator.")
    problems += _missing_sources(given)
    if given.get("public_url", "").lower().startswith("http://") and "telegram_api_url" not in given:
        problems.append("PUBLIC_URL must begin with https://: Telegram only sends updates there.")
    return problems


def _missing_for_payments(given: Mapping[str, str]) -> list[str]:
    """Name the missing settings of a way to pay. The sandbox, which has no token, provides them all."""
    if "token" not in given:
        return []
    named = "PAY_BY" if "pay_by" in given else "PAYMENT_BACKEND"
    ways = given.get("pay_by") or given.get("payment_backend", "wallet")
    asked = [
        (name, way) for way in (part.strip().lower() for part in ways.split(",")) for name in _NEEDED.get(way, ())
    ]
    missing = [f"{name.upper()} must be set if {named} is {way}." for name, way in asked if name not in given]
    if ("stars_per_unit", "stars") in asked and re.fullmatch(r"0+(\.0+)?", given.get("stars_per_unit", "")):
        missing.append(f"STARS_PER_UNIT must be above 0 if {named} is stars.")
    return missing


def _missing_sources(given: Mapping[str, str]) -> list[str]:
    about: dict[str, Any] = {name: given[name] for name in given.keys() & {"price_urls", "price_sources_needed"}}
    try:
        read = Settings(**about)
    except ValidationError:  # reported for its own sake
        return []
    needed, named = read.price_sources_needed, len(set(read.price_urls))
    return [f"PRICE_SOURCES_NEEDED is {needed}, but PRICE_URLS names {named}."] if needed > named else []


def _sentence(detail: ErrorDetails) -> str:
    words = _PLAIN_WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    words = words.replace("Input should be", "must be")
    name = ".".join(str(part) for part in detail["loc"][:1]).upper()
    return f"{name} {words}." if name else f"{words}."
