"""Every setting of the shop: one table of names, types, defaults and help.

A setting is read from the environment, then from `.env`. Each may also be given as `NAME_FILE`, the path of a file
that holds the value (Docker and systemd secrets).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from dotenv import dotenv_values
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from shop.confirmations import is_rule

_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_WEBHOOK_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")
_URL = re.compile(r"https?://[^\s/]+\S*")
_PLAIN_WORDS = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "bool_parsing": "must be true or false",
    "string_too_short": "is too short",
}


class SettingsError(Exception):
    """The settings cannot be used. `problems` are sentences for the operator, each naming its setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def _ids(text: object) -> object:
    if not isinstance(text, str):
        return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError("must be numeric Telegram ids, separated by commas")
    return tuple(int(part) for part in parts)


def _urls(text: object) -> object:
    if not isinstance(text, str):
        return text
    urls = tuple(part.strip().rstrip("/") for part in text.split(",") if part.strip())
    for url in urls:
        _url(url)
    return urls


def _url(text: str) -> str:
    if text and not _URL.fullmatch(text):
        raise ValueError("must be a URL that begins with http:// or https://")
    return text.rstrip("/")


def _currency(text: str) -> str:
    code = text.strip().upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError("must be a three-letter ISO 4217 code such as USD or EUR")
    return code


def _path(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", text.rstrip("/")):
        raise ValueError("must be a URL path such as /telegram")
    return text.rstrip("/")


def _token(text: SecretStr | str) -> SecretStr:
    token = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if token and not _TOKEN.fullmatch(token):
        raise ValueError("does not look like a bot token from @BotFather (digits, a colon, letters)")
    return SecretStr(token)


def _webhook_secret(text: SecretStr | str) -> SecretStr:
    secret = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if secret and (not _WEBHOOK_SECRET.fullmatch(secret) or len(set(secret)) < 8):
        raise ValueError("is weak: leave it empty, or use 16 to 256 letters, digits, - and _ that cannot be guessed")
    return SecretStr(secret)


def _db_key(text: SecretStr | str) -> SecretStr:
    key = text.get_secret_value() if isinstance(text, SecretStr) else text.strip()
    if key and not _HEX_KEY.fullmatch(key):
        raise ValueError("must be 64 hexadecimal digits (openssl rand -hex 32 makes some)")
    return SecretStr(key)


def _limits(text: object) -> object:
    parts = [part.strip() for part in text.split(",")] if isinstance(text, str) else text
    if not isinstance(parts, list):
        return parts
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() for part in parts):
        raise ValueError("must be two whole numbers, separated by a comma")
    limits = (int(parts[0]), int(parts[1]))
    if not 0 < limits[0] < limits[1]:
        raise ValueError("must be two numbers, the smaller one first")
    return limits


def _rules(text: object) -> object:
    parts = tuple(part.strip().lower() for part in text.split(",")) if isinstance(text, str) else text
    if isinstance(parts, tuple) and (len(parts) != 3 or not all(is_rule(part) for part in parts)):
        raise ValueError("must be three of: a number of blocks, safe, finalized; separated by commas")
    return parts


Limits = Annotated[tuple[int, int], BeforeValidator(_limits)]
Rules = Annotated[tuple[str, str, str], BeforeValidator(_rules)]
Url = Annotated[str, BeforeValidator(_url)]
Urls = Annotated[tuple[str, ...], BeforeValidator(_urls)]


class Settings(BaseModel):
    """The shop's settings. A field's name in capitals is the variable; its description is the README's text."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=False)

    token: Annotated[SecretStr, BeforeValidator(_token)] = Field(
        SecretStr(""), description="Bot token from @BotFather. Empty: the sandbox starts."
    )
    admin_id_list: Annotated[tuple[int, ...], BeforeValidator(_ids)] = Field(
        (), description="Telegram ids of the owners, separated by commas."
    )
    support_link: Url = Field("", description="Link to the support profile, for example https://t.me/yourname.")
    currency: Annotated[str, BeforeValidator(_currency)] = Field(
        "USD", description="Currency of prices and balances (ISO 4217)."
    )
    page_entries: int = Field(8, ge=1, le=40, description="Rows per page of a list.")
    default_language: str = Field("en", description="Language for people whose own language Souk does not speak.")
    public_url: Url = Field(
        "", description="The https address that Telegram reaches this shop at. Empty: long polling."
    )
    webhook_path: Annotated[str, BeforeValidator(_path)] = Field(
        "/telegram", description="Path of the webhook below PUBLIC_URL; the bot's id is added to it."
    )
    webhook_secret_token: Annotated[SecretStr, BeforeValidator(_webhook_secret)] = Field(
        SecretStr(""), description="What Telegram proves itself with. Empty: derived from the database key."
    )
    webapp_host: str = Field("127.0.0.1", min_length=1, description="Address that the web server listens on.")
    webapp_port: int = Field(8080, ge=0, le=65535, description="Port that the web server listens on.")
    telegram_api_url: Url = Field(
        "https://api.telegram.org", description="Base URL of the Bot API, for a self-hosted Bot API server."
    )
    database_path: Path = Field(Path("data/souk.db"), description="The encrypted database file.")
    db_key: Annotated[SecretStr, BeforeValidator(_db_key)] = Field(
        SecretStr(""), description="Database key: 64 hexadecimal digits. Empty: DB_PASS, or a key file."
    )
    db_pass: SecretStr = Field(
        SecretStr(""), description="Passphrase that the database key is derived from (Argon2id)."
    )
    wallet_mode: Literal["hot"] = Field("hot", description="`hot`: addresses from the wallet's mnemonic.")
    wallet_mnemonic: SecretStr = Field(
        SecretStr(""),
        description="BIP-39 mnemonic of all addresses. Empty: made at the first start, kept in the database.",
    )
    btc_api_urls: Urls = Field(
        ("https://mempool.space/api", "https://blockstream.info/api"),
        description="Esplora servers for BTC, in order of preference.",
    )
    price_urls: Urls = Field(
        ("https://api.coingecko.com/api/v3", "https://api.kraken.com", "https://api.coinbase.com"),
        description="Price sources, in order of preference.",
    )
    rate_lock_minutes: int = Field(
        30, ge=1, le=1440, description="How long a top-up screen keeps its rate for the customer."
    )
    finality_limits: Limits = Field(
        (50, 1000), description="Deposits up to the first, up to the second, and above: in whole units of CURRENCY."
    )
    btc_finality: Rules = Field(("1", "2", "6"), description="Confirmations of BTC for these three sizes.")
    ltc_finality: Rules = Field(("3", "6", "12"), description="Confirmations of LTC for these three sizes.")
    eth_finality: Rules = Field(
        ("12", "safe", "finalized"), description="Ethereum: blocks, `safe` or `finalized` for these three sizes."
    )
    tron_finality: Rules = Field(
        ("finalized", "finalized", "finalized"), description="TRON: blocks or `finalized` (solidified)."
    )
    sol_finality: Rules = Field(("finalized", "finalized", "finalized"), description="Solana: slots or `finalized`.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")

    @property
    def bot_id(self) -> int:
        """The bot's Telegram id: the part of the token that is no secret."""
        return int(self.token.get_secret_value().partition(":")[0])


def load(environ: Mapping[str, str], env_file: Path) -> Settings:
    """Read the settings; what is set to nothing counts as not set.

    Raises:
        SettingsError: with every problem at once.
    """
    given, problems = _given(environ, env_file)
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        problems += [_sentence(detail) for detail in error.errors()]
    problems += _contradictions(given)
    if problems:
        raise SettingsError(problems)
    return settings


def _given(environ: Mapping[str, str], env_file: Path) -> tuple[dict[str, str], list[str]]:
    merged = {name: text for name, text in dotenv_values(env_file).items() if text is not None} | dict(environ)
    given: dict[str, str] = {}
    problems = []
    for field in Settings.model_fields:
        name = field.upper()
        text = merged.get(name, "")
        if not text.strip() and (file := merged.get(f"{name}_FILE", "").strip()):
            try:
                text = Path(file).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                problems.append(f"{name}_FILE: {file} cannot be read.")
        if text.strip():
            given[field] = text.strip()
    return given, problems


def _contradictions(given: Mapping[str, str]) -> list[str]:
    """Check what a field cannot know by itself, on the raw texts, so that it is told along with everything else."""
    problems = []
    if "token" in given and "admin_id_list" not in given:
        problems.append("ADMIN_ID_LIST must name at least one Telegram id, or nobody can run the shop.")
    if given.get("public_url", "").startswith("http://") and "telegram_api_url" not in given:
        problems.append("PUBLIC_URL must begin with https://: Telegram sends updates nowhere else.")
    return problems


def _sentence(detail: ErrorDetails) -> str:
    words = _PLAIN_WORDS.get(detail["type"]) or detail["msg"].removeprefix("Value error, ")
    words = words.replace("Input should be", "must be")
    name = ".".join(str(part) for part in detail["loc"][:1]).upper()
    return f"{name} {words}." if name else f"{words}."
