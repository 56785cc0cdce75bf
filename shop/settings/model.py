"""Every setting of the shop: one table of names, types, defaults and help."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from shop.assets import ASSETS
from shop.chains.parameters import PARAMETERS
from shop.chains.provider_settings import KRYPTO_EXPRESS_URL, ProviderSettings
from shop.settings.types import (
    COIN_WAYS,
    BearerToken,
    BlockRules,
    CallbackSecret,
    Currency,
    DatabaseKeyText,
    EthereumRules,
    FinalizedRules,
    GroupChat,
    Ids,
    LeastSum,
    Limits,
    MnemonicText,
    OperatorKey,
    PaymentTolerance,
    Percent,
    PriceUrls,
    Quotas,
    RuntimeEnvironment,
    ServerUrl,
    SolPool,
    StarsPerUnit,
    SumsByCoin,
    SupportLink,
    TimeZone,
    Token,
    Tolerance,
    Url,
    UrlPath,
    Urls,
    Ways,
    WebhookSecret,
    account_key,
    destination,
)
from wallet.chains import Chain

PUBLIC = ProviderSettings()
DATABASE, KEYS = Path("data/souk.db"), Path("keys")
"""The default paths of the database and its key, in separate folders, so that a copy of one lacks the other."""


def name_of(chain: Chain) -> str:
    """Return what a chain is called in the names of settings: its ticker, except for TRON."""
    return "tron" if chain is Chain.TRX else chain.value.lower()


class Settings(BaseModel):
    """The shop's settings. A field's name in capitals is the variable; its description is the text of the docs."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    token: Token = Field(
        SecretStr(""),
        description="Bot token from @BotFather. If empty, `app.py` without a command starts the sandbox, and `serve` "
        "refuses to start.",
    )
    multibot: bool = Field(False, description="Owners can add more bots in the chat, which all sell for this shop.")
    admin_id_list: Ids = Field((), description="Telegram IDs of the owners, separated by commas.")
    support_link: SupportLink = Field(
        "", description="Link to the support profile, for example https://t.me/yourname."
    )
    currency: Currency = Field("USD", description="Currency of prices and balances (ISO 4217).")
    page_entries: int = Field(8, ge=1, le=40, description="Rows per page of a list.")
    low_stock_threshold: int = Field(
        3, ge=0, le=1_000_000, description="Stock of a product at which the admins are notified. 0: never."
    )
    default_language: str = Field("en", description="Language for people whose own language Souk doesn't speak.")
    timezone: TimeZone = Field(
        "UTC", description="Time zone of messages and exported files (IANA), for example Europe/Berlin."
    )
    notices_chat: GroupChat = Field(
        "",
        description="ID of a group that also gets everyday notifications; add `/` and a number for a topic. "
        "Empty: none.",
    )
    public_url: ServerUrl = Field(
        "", description="The https address where Telegram reaches this shop, without a path. Empty: long polling."
    )
    webhook_path: UrlPath = Field(
        "/telegram", description="Path of the webhook below PUBLIC_URL; the bot's id is added to it."
    )
    webhook_secret_token: WebhookSecret = Field(
        SecretStr(""),
        description="Secret that Telegram sends with each update. Empty: derived from the database key.",
    )
    webapp_host: str = Field("127.0.0.1", min_length=1, description="Address that the web server listens on.")
    webapp_port: int = Field(8080, ge=0, le=65535, description="Port that the web server listens on.")
    runtime_environment: RuntimeEnvironment = Field(
        "prod", description="`dev`: without PUBLIC_URL, the address of an ngrok tunnel on this machine is used."
    )
    tunnel_api_url: Url = Field(
        "http://127.0.0.1:4040", description="Where ngrok lists its tunnels, with RUNTIME_ENVIRONMENT=dev."
    )
    telegram_api_url: Url = Field(
        "https://api.telegram.org", description="Base URL of the Bot API, for a self-hosted Bot API server."
    )
    database_path: Path = Field(DATABASE, description="The encrypted database file.")
    db_key: DatabaseKeyText = Field(
        SecretStr(""), description="Database key: 64 hexadecimal digits. Empty: DB_PASS, or a key file."
    )
    db_pass: SecretStr = Field(
        SecretStr(""), description="Passphrase that the database key is derived from (Argon2id)."
    )
    key_folder: str = Field(
        "",
        description="Folder for the key file (with DB_PASS: the salt), apart from the database. Empty: `keys`, or "
        "beside the database if DATABASE_PATH is set.",
    )
    backup_every_hours: int = Field(24, ge=0, le=8760, description="How often a backup is made. 0: only on demand.")
    backup_copies: int = Field(7, ge=1, le=1000, description="How many backups are kept beside the database.")
    backup_to_owners: bool = Field(True, description="Send these backups, encrypted, to the owners in Telegram.")
    backup_folder: str = Field(
        "", description="A folder kept on another machine, which also gets every change. Empty: none."
    )
    backup_every_minutes: int = Field(
        15, ge=1, le=1440, description="How often the changed pages go to BACKUP_FOLDER."
    )
    backup_hook: str = Field(
        "", description="A program to run with BACKUP_FOLDER after each change to it, to upload it."
    )
    admin_totp: bool = Field(
        False,
        description="Ask admins for a code from an authenticator app before money, backups, managers and more.",
    )
    manager_replacements_per_line: int = Field(
        3, ge=0, le=10_000, description="How many items of one order line managers may replace. 0: no limit."
    )
    manager_replacements_per_day: int = Field(
        20, ge=0, le=10_000, description="How many items a manager may replace in 24 hours. 0: no limit."
    )
    manager_alarm_after: int = Field(
        5,
        ge=0,
        le=10_000,
        description="The owners are notified after this many replacements and refunds by one manager in 24 hours, "
        "and at each multiple of it. 0: never.",
    )
    wallet_mode: Literal["hot", "watch", "sealed"] = Field(
        "hot",
        description="`hot`: a mnemonic here. `watch`: account keys and addresses made elsewhere. "
        "`sealed`: mnemonics that only you can open.",
    )
    wallet_mnemonic: MnemonicText = Field(
        SecretStr(""),
        description="BIP-39 mnemonic of all addresses. Empty: made at the first start, kept in the database.",
    )
    pay_by: Ways = Field(
        (),
        description="How customers pay: `wallet` (coins, to the shop's own addresses) or `kryptoexpress` (coins, to "
        "a provider that holds them), and `stars` (Telegram Stars). Empty: PAYMENT_BACKEND.",
    )
    payment_backend: Literal["wallet", "kryptoexpress"] = Field(
        "wallet", description="The old name of PAY_BY, from before Stars. It is used if PAY_BY is empty."
    )
    stars_per_unit: StarsPerUnit = Field(
        Decimal(0),
        description="Price of one whole CURRENCY in Stars, your margin included: `100`. A price is rounded up.",
    )
    stars_day_limit: int = Field(
        0, ge=0, le=10**9, description="Stars that one customer can pay within 24 hours. 0: any number."
    )
    krypto_express_api_key: SecretStr = Field(SecretStr(""), description="KryptoExpress's API key.")
    krypto_express_api_url: Url = Field(KRYPTO_EXPRESS_URL, description="Base URL of KryptoExpress.")
    krypto_express_api_secret: CallbackSecret = Field(
        SecretStr(""), description="Secret that KryptoExpress signs its reports with: choose 16 characters or more."
    )
    wallet_xpub_btc: Annotated[str, account_key(Chain.BTC)] = Field(
        "",
        description="Mode `watch`: account key for BTC (zpub, xpub), best with origin: `[d34db33f/84h/0h/0h]zpub…`.",
    )
    wallet_xpub_ltc: Annotated[str, account_key(Chain.LTC)] = Field(
        "", description="Mode `watch`: account key for LTC (zpub or xpub), in the same way."
    )
    wallet_xpub_eth: Annotated[str, account_key(Chain.ETH)] = Field(
        "", description="Mode `watch`: account key for Ethereum (xpub). Mode `sealed`: that of the gas address."
    )
    wallet_xpub_tron: Annotated[str, account_key(Chain.TRX)] = Field(
        "", description="Mode `watch`: account key for TRON (xpub). Mode `sealed`: that of the gas address."
    )
    wallet_sol_pool: SolPool = Field((), description="Mode `watch`: SOL addresses to give out, one per customer.")
    wallet_operator_key: OperatorKey = Field(
        "", description="Mode `sealed`: your public key, from `python -m wallet new --operator`."
    )
    btc_api_urls: Urls = Field(
        PUBLIC.servers[Chain.BTC], description="Esplora servers for BTC, in order of preference."
    )
    ltc_api_urls: Urls = Field(
        PUBLIC.servers[Chain.LTC], description="Esplora servers for LTC, in order of preference."
    )
    ltc_blockbook_urls: Urls = Field(
        PUBLIC.ltc_blockbook_urls,
        description="Blockbook servers for LTC: a second operator for large sums. A lone comma: none.",
    )
    eth_rpc_urls: Urls = Field(PUBLIC.servers[Chain.ETH], description="Ethereum mainnet nodes, the preferred first.")
    ethplorer_url: Url = Field(PUBLIC.ethplorer_url, description="Ethplorer, a second opinion on ERC-20.")
    ethplorer_api_key: SecretStr = Field(SecretStr("freekey"), description="Ethplorer's API key.")
    trongrid_urls: Urls = Field(
        PUBLIC.servers[Chain.TRX], description="TronGrid mainnet servers, the preferred first."
    )
    trongrid_api_key: SecretStr = Field(
        SecretStr(""), description="TronGrid's API key; without one it works, but slower."
    )
    solana_rpc_urls: Urls = Field(PUBLIC.servers[Chain.SOL], description="Solana mainnet nodes, the preferred first.")
    price_urls: PriceUrls = Field(
        PUBLIC.price_urls,
        description="Price sources, one server of each (CoinGecko, Kraken, Coinbase, Binance); all are queried.",
    )
    price_sources_needed: int = Field(
        2, ge=1, le=20, description="How many price sources must agree within 2%. 1: any one can set a rate."
    )
    coingecko_api_key: SecretStr = Field(
        SecretStr(""),
        description="CoinGecko's API key (the free Demo plan will do): without one it often refuses.",
    )
    provider_daily_quotas: Quotas = Field(
        PUBLIC.daily_quotas, description="The most requests per day and server: `URL=number`, separated by commas."
    )
    rate_lock_minutes: int = Field(
        30, ge=1, le=1440, description="How long a top-up screen locks its rate, if a block comes within 3 hours."
    )
    reservation_minutes: int = Field(
        30, ge=0, le=1440, description="How long goods are reserved once a payment is seen. 0: not at all."
    )
    btc_min_topup: LeastSum = Field(None, description="Smallest top-up in BTC, in CURRENCY. Empty: 0.0001 BTC.")
    ltc_min_topup: LeastSum = Field(None, description="Smallest top-up in LTC, in CURRENCY. Empty: 0.05 LTC.")
    sol_min_topup: LeastSum = Field(None, description="Smallest top-up in SOL, in CURRENCY. Empty: 0.03 SOL.")
    usdt_trc20_min_topup: LeastSum = Field(
        None, description="Smallest top-up in USDT on TRON, in CURRENCY. Empty: 5 USDT."
    )
    usdt_erc20_min_topup: LeastSum = Field(
        None, description="Smallest top-up in USDT on Ethereum, in CURRENCY. Empty: 10 USDT."
    )
    usdc_erc20_min_topup: LeastSum = Field(
        None, description="Smallest top-up in USDC on Ethereum, in CURRENCY. Empty: 10 USDC."
    )
    trx_min_topup: LeastSum = Field(None, description="Smallest top-up in TRX, in CURRENCY. Empty: 20 TRX.")
    eth_min_topup: LeastSum = Field(None, description="Smallest top-up in ETH, in CURRENCY. Empty: 0.002 ETH.")
    payment_tolerance: PaymentTolerance = Field(
        Tolerance(),
        description="How much of a waiting order may be missing when it is placed: `1%`, `0.50` in CURRENCY, or both "
        "(`1%, 0.50`: the smaller counts). At most a tenth.",
    )
    finality_limits: Limits = Field(
        (50, 1000), description="The two amounts, in whole CURRENCY, between small, medium and large deposits."
    )
    btc_finality: BlockRules = Field(("1", "2", "6"), description="Confirmations of BTC for these three sizes.")
    ltc_finality: BlockRules = Field(("3", "6", "24"), description="Confirmations of LTC for these three sizes.")
    eth_finality: EthereumRules = Field(
        ("12", "safe", "finalized"), description="Ethereum: blocks, `safe` or `finalized` for these three sizes."
    )
    tron_finality: FinalizedRules = Field(
        ("finalized", "finalized", "finalized"), description="TRON: blocks or `finalized` (solidified)."
    )
    sol_finality: FinalizedRules = Field(
        ("finalized", "finalized", "finalized"), description="Solana: slots or `finalized`."
    )
    witness_above: int = Field(
        100,
        ge=0,
        le=10**9,
        description="Above this, in whole CURRENCY, a second operator must show a deposit; BTC needs none. 0: never.",
    )
    unwitnessed_per_hour: int = Field(
        500,
        ge=0,
        le=10**9,
        description="The most credited on one server's word per chain and hour, in whole CURRENCY. 0: any amount.",
    )
    deposit_ceiling: int = Field(
        10_000,
        ge=0,
        le=10**9,
        description="Above this, in whole CURRENCY, a deposit is credited only by an owner's button. 0: no ceiling.",
    )
    sweep_to_btc: Annotated[str, destination(Chain.BTC)] = Field(
        "", description="Where BTC is swept to. Empty: it stays where it is."
    )
    sweep_to_ltc: Annotated[str, destination(Chain.LTC)] = Field("", description="Where LTC is swept to.")
    sweep_to_eth: Annotated[str, destination(Chain.ETH)] = Field(
        "", description="Where ETH, and USDT and USDC on Ethereum, are swept to."
    )
    sweep_to_tron: Annotated[str, destination(Chain.TRX)] = Field(
        "", description="Where TRX, and USDT on TRON, are swept to."
    )
    sweep_to_sol: Annotated[str, destination(Chain.SOL)] = Field("", description="Where SOL is swept to.")
    sweep_min: int = Field(
        5, ge=0, le=10**9, description="Coins worth less than this after fees are not swept, in whole CURRENCY."
    )
    sweep_fee_ceiling_percent: int = Field(
        10, ge=1, le=50, description="Nothing is swept at a fee above this percentage of its value."
    )
    sweep_above: SumsByCoin = Field(
        {},
        validate_default=False,
        description="Sweep automatically above this value, in whole CURRENCY: `BTC=500,ETH=300`. Empty: never.",
    )
    sweep_every_hours: int = Field(
        24, ge=1, le=8760, description="Minimum hours between two automatic sweeps of a chain."
    )
    sweep_delay_minutes: int = Field(
        10, ge=0, le=720, description="How long owners can stop a sweep between its confirmation and its start."
    )
    min_referrer_total_deposit: int = Field(
        500, ge=0, description="How much customers must have deposited to get a referral link, in whole CURRENCY."
    )
    referral_bonus_percent: Percent = Field(
        Decimal(0),
        description="Bonus for new customers who joined through a link, as a percentage of their deposits. 0: none.",
    )
    referral_bonus_deposit_limit: int = Field(
        3, ge=0, description="How many of their first deposits earn new customers that bonus."
    )
    referrer_bonus_percent: Percent = Field(
        Decimal(0),
        description="Bonus for the owner of the link, as a percentage of the new customer's deposits. 0: none.",
    )
    referrer_bonus_deposit_limit: int = Field(
        5, ge=0, description="On how many first deposits of each new customer the owner of the link earns that bonus."
    )
    referral_bonus_cap_percent: Percent = Field(
        Decimal(7), description="Cap on a new customer's bonuses, as a percentage of all their deposits."
    )
    referrer_bonus_cap_percent: Percent = Field(
        Decimal(7), description="Cap on the link owner's bonuses, as a percentage of all their own deposits."
    )
    total_bonus_cap_percent: Percent = Field(
        Decimal(12), description="Cap on both together, as a percentage of all the new customer's deposits."
    )
    operator_name: str = Field(
        "", max_length=200, description="Your name or your company's, shown in /privacy, /terms and /paysupport."
    )
    operator_contact: str = Field(
        "", max_length=200, description="Where customers can write about their data, such as an e-mail address."
    )
    operator_country: str = Field("", max_length=200, description="The country that you run the shop from.")
    consent: Literal["always", "first", "never"] = Field(
        "first",
        description="When customers agree to immediate delivery: `always` before an order, `first` before their "
        "first and when the text changes, `never`.",
    )
    keep_dialogs_days: int = Field(30, ge=1, le=3650, description="How long unfinished dialogs are kept, in days.")
    keep_tickets_days: int = Field(365, ge=31, le=3650, description="How long solved tickets are kept, in days.")
    keep_logs_days: int = Field(
        0,
        ge=0,
        le=3650,
        description="For how many days your machine keeps the logs, for /privacy to state. Deleting them is up to "
        "you. 0: not stated.",
    )
    keep_years: int = Field(10, ge=1, le=100, description="How long deleted customers are recognised, by a hash.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")
    log_format: Literal["text", "json"] = Field("text", description="`json`: one JSON object per line.")
    metrics_token: BearerToken = Field(
        SecretStr(""),
        description="Bearer token for `GET /metrics` (Prometheus). Empty: no such page.",
    )

    @property
    def ways_to_pay(self) -> tuple[str, ...]:
        """How customers pay."""
        return self.pay_by or (self.payment_backend,)

    @property
    def coins_through(self) -> str:
        """Who takes the coins: `wallet` or a payment provider; empty if coins are not accepted."""
        return next((way for way in self.ways_to_pay if way in COIN_WAYS), "")

    @property
    def account_keys(self) -> dict[str, str]:
        """The account keys of mode `watch`, by chain."""
        return self._by_chain("wallet_xpub_{}")

    @property
    def sweep_destinations(self) -> dict[str, str]:
        """Where coins are swept to, by chain; only the chains that have such an address."""
        return {chain: address for chain, address in self._by_chain("sweep_to_{}").items() if address}

    @property
    def least_sums(self) -> dict[str, Decimal]:
        """The smallest top-up by coin, in whole units of the currency, if one is set."""
        sums = {code: getattr(self, f"{code.lower()}_min_topup") for code in ASSETS}
        return {code: least for code, least in sums.items() if least is not None}

    @property
    def finality_rules(self) -> dict[str, tuple[str, str, str]]:
        """The rules of finality for small, medium and large deposits, by chain."""
        return self._by_chain("{}_finality")

    @property
    def servers(self) -> dict[Chain, tuple[str, ...]]:
        """The servers of each chain, the preferred first."""
        return {chain: getattr(self, row.servers_setting) for chain, row in PARAMETERS.items()}

    @property
    def providers(self) -> ProviderSettings:
        """The servers for chains and prices."""
        names = [each.name for each in fields(ProviderSettings) if each.name in Settings.model_fields]
        given = {name: getattr(self, name) for name in names}
        keys = {name: key.get_secret_value() for name, key in given.items() if isinstance(key, SecretStr)}
        return ProviderSettings(**given | keys, servers=self.servers, daily_quotas=self.provider_daily_quotas)

    @property
    def notification_group(self) -> tuple[int | None, int | None]:
        """The group that gets notifications, and its topic, if any; *General*, topic 1, is none to Telegram."""
        group, _, topic = self.notices_chat.partition("/")
        return int(group) if group else None, int(topic) if topic and int(topic) != 1 else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of what people read and type."""
        return ZoneInfo(self.timezone)

    @property
    def key_place(self) -> Path | None:
        """The folder for the key file; None: beside the database.

        If the operator chose the database's folder, the shop cannot know whether anything next to it survives a new
        container or a remounted disk, so the key stays beside the database.
        """
        if self.key_folder:
            return Path(self.key_folder)
        return KEYS if self.database_path == DATABASE else None

    @property
    def bot_id(self) -> int:
        """The bot's Telegram id: the public part of the token."""
        return int(self.token.get_secret_value().partition(":")[0])

    def _by_chain(self, names: str) -> dict[str, Any]:
        """Read the settings that each chain has for itself; a chain may lack one."""
        named = {chain: names.format(name_of(chain)) for chain in Chain}
        return {chain.value: getattr(self, name) for chain, name in named.items() if name in Settings.model_fields}
