"""Settings: one table, every problem at once, no secret shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from commands import init
from shop.assets import ASSETS, NOT_CREDITED
from shop.settings import files
from shop.settings.loading import WATCHED, SettingsError, load, without_effect
from shop.settings.model import PUBLIC, Settings
from wallet.chains import PARAMETERS, Chain

TOKEN = "123456:AAF-abcdefghijklmnopqrstuvwxyz"
GOOD = {"TOKEN": TOKEN, "ADMIN_ID_LIST": "1, 4503599627370495"}


def problems_of(environ: dict[str, str], env_file: Path = Path("none.env")) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(environ, env_file)
    return refused.value.problems


def test_the_key_is_kept_separately_by_default_but_beside_a_database_whose_path_is_set() -> None:
    nowhere = Path("no.env")
    assert load({}, nowhere).key_place == Path("keys")
    assert load({"DATABASE_PATH": "/volume/souk.db"}, nowhere).key_place is None
    both = {"DATABASE_PATH": "/volume/souk.db", "KEY_FOLDER": "/keys"}
    assert load(both, nowhere).key_place == Path("/keys")


def test_stars_need_a_price_and_coins_have_a_single_backend() -> None:
    shop = {"TOKEN": "1:x", "ADMIN_ID_LIST": "1"}
    with pytest.raises(SettingsError) as refused:
        load(shop | {"PAY_BY": "wallet, stars"}, Path("no.env"))
    assert refused.value.problems == ["STARS_PER_UNIT must be set if PAY_BY is stars."]
    for wrong in ("wallet,kryptoexpress", "wallet,paypal"):
        with pytest.raises(SettingsError, match="PAY_BY must name"):
            load(shop | {"PAY_BY": wrong}, Path("no.env"))
    taken = load(shop | {"PAY_BY": "Stars", "STARS_PER_UNIT": "76.9"}, Path("no.env"))
    assert (taken.ways_to_pay, taken.coins_through) == (("stars",), "")
    before = load({"PAYMENT_BACKEND": "kryptoexpress"}, Path("no.env"))
    assert (before.ways_to_pay, before.coins_through) == (("kryptoexpress",), "kryptoexpress")


@pytest.mark.parametrize("nothing", ["0", "0.00", "000"])
def test_stars_are_not_taken_at_a_price_of_nothing(nothing: str) -> None:
    shop = GOOD | {"STARS_PER_UNIT": nothing}
    assert problems_of(shop | {"PAY_BY": "stars"}) == ["STARS_PER_UNIT must be above 0 if PAY_BY is stars."]
    assert problems_of(shop | {"PAY_BY": "wallet,stars"}) == ["STARS_PER_UNIT must be above 0 if PAY_BY is stars."]
    assert load(shop, Path("-")).stars_per_unit == 0


def test_the_defaults_are_valid() -> None:
    settings = load({}, Path("none.env"))
    assert settings.token.get_secret_value() == ""
    assert (settings.currency, settings.page_entries, settings.default_language) == ("USD", 8, "en")
    assert settings.webapp_host == "127.0.0.1"


def test_a_real_shop_is_read() -> None:
    settings = load(
        GOOD | {"CURRENCY": "eur", "BTC_API_URLS": "https://a.example/api/, https://b.example"}, Path("-")
    )
    assert settings.bot_id == 123456
    assert settings.admin_id_list == (1, 4503599627370495)
    assert settings.currency == "EUR"
    assert settings.servers[Chain.BTC] == ("https://a.example/api", "https://b.example")
    assert settings.providers.servers[Chain.BTC] == settings.servers[Chain.BTC]


def test_every_problem_is_reported_at_once_with_its_setting() -> None:
    bad = {
        "TOKEN": "not a token",
        "CURRENCY": "dollars",
        "PAGE_ENTRIES": "many",
        "WEBAPP_PORT": "70000",
        "PUBLIC_URL": "shop.example",
        "WEBHOOK_SECRET_TOKEN": "aaaaaaaaaaaaaaaaaaaa",
        "DB_KEY": "123",
        "RATE_LOCK_MINUTES": "0",
        "BTC_FINALITY": "1,2",
        "FINALITY_LIMITS": "1000,50",
        "LOG_LEVEL": "LOUD",
        "PROVIDER_DAILY_QUOTAS": "https://a.example",
    }
    problems = problems_of(bad)
    named = {problem.split()[0] for problem in problems}
    assert named == set(bad) | {"ADMIN_ID_LIST"}
    assert len(problems) == len(bad) + 1
    assert all(problem.endswith(".") and problem.count("..") == 0 for problem in problems)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN", "123456 AAF-secret"),
        ("DB_KEY", "5ec7e7" * 11),
        ("WEBHOOK_SECRET_TOKEN", "pässwörd-5ec7e7-5ec7e7"),
        ("ADMIN_ID_LIST", "@someone"),
    ],
)
def test_a_problem_does_not_show_the_value(name: str, value: str) -> None:
    problems = problems_of(GOOD | {name: value})
    assert len(problems) == 1
    assert name in problems[0]
    assert value not in problems[0]


def test_init_asks_for_every_key_that_watch_mode_takes() -> None:
    assert {name.lower() for name in init.WATCHED} == WATCHED
    watched = {chain.value for chain, row in PARAMETERS.items() if row.account_keys}
    assert Settings().account_keys.keys() == watched


def test_every_chain_has_its_rule_of_finality_under_its_own_name() -> None:
    assert Settings().finality_rules.keys() == {chain.value for chain in Chain}
    assert load({"TRON_FINALITY": "finalized,finalized,25"}, Path("no.env")).finality_rules["TRX"][2] == "25"


def test_what_is_set_about_servers_reaches_the_registry() -> None:
    own = {
        "TRONGRID_API_KEY": "k",
        "PROVIDER_DAILY_QUOTAS": "https://a.example=3",
        "LTC_API_URLS": "https://l.example",
    }
    servers = load(own, Path("no.env")).providers
    assert (servers.trongrid_api_key, servers.daily_quotas) == ("k", {"https://a.example": 3})
    assert servers == replace(
        PUBLIC,
        servers={**PUBLIC.servers, Chain.LTC: ("https://l.example",)},
        trongrid_api_key="k",
        daily_quotas={"https://a.example": 3},
    )


@pytest.mark.parametrize("secret", ["short", "a" * 40, "abc" * 10, "with space in it 123456", "x" * 257])
def test_a_weak_webhook_secret_is_refused(secret: str) -> None:
    [problem] = problems_of(GOOD | {"WEBHOOK_SECRET_TOKEN": secret})
    assert "is weak" in problem


def test_a_shop_without_an_owner_is_refused() -> None:
    [problem] = problems_of({"TOKEN": TOKEN})
    assert problem.startswith("ADMIN_ID_LIST must name")


def test_a_public_address_without_tls_is_refused() -> None:
    for address in ("http://shop.example", "HTTP://shop.example"):
        [problem] = problems_of(GOOD | {"PUBLIC_URL": address})
        assert problem.startswith("PUBLIC_URL must begin with https://")


@pytest.mark.parametrize(
    "address",
    [
        *(
            "https://shop.example/",
            "https://shop.example:8443/",
            "https://shop.example//",
        ),
        *("https://", "https:///", "https://shop.example?a", "https://shop.example#a", "https://me:pw@shop.example"),
        *(
            "https://shop.example, https://b.example",
            "https://shop.example https://b.example",
            "https://shop.example,",
        ),
        *(
            "https://shop.example:",
            "https://shop.example:https",
            "https://shop..example",
        ),
        *("https://*.example", "ftp://shop.example", "shop.example", "https://shop.example\\", "https://{$HOST}"),
    ],
)
def test_an_address_with_anything_after_the_server_is_refused(address: str) -> None:
    [problem] = problems_of(GOOD | {"PUBLIC_URL": address})
    assert problem.startswith("PUBLIC_URL must be https:// and the name of one server, without a / or path")


@pytest.mark.parametrize("address", ["https://shop.example/souk", "https://shop.example:8443/a/b/", "https://a_b/c"])
def test_a_path_after_the_server_belongs_into_the_webhooks_path(address: str) -> None:
    [problem] = problems_of(GOOD | {"PUBLIC_URL": address})
    assert problem.startswith("PUBLIC_URL must end with the server's name: move the path into WEBHOOK_PATH")
    assert problem.endswith("and have your web server pass it on unchanged.")


@pytest.mark.parametrize("address", ["https://sh\u00f6p.example", "https://\u043c\u0430\u0433.example:8443"])
def test_a_name_that_is_not_ascii_is_to_be_written_as_browsers_send_it(address: str) -> None:
    [problem] = problems_of(GOOD | {"PUBLIC_URL": address})
    assert problem.startswith("PUBLIC_URL must name the server in its xn-- form")


@pytest.mark.parametrize(
    ("address", "read"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://my_shop:8443", "https://my_shop:8443"),
        ("https://xn--shp-5qa.example", "https://xn--shp-5qa.example"),
        ("HTTPS://Shop.Example:8443", "https://shop.example:8443"),
        (" https://203-0-113-7.sslip.io ", "https://203-0-113-7.sslip.io"),
        ("https://203.0.113.7", "https://203.0.113.7"),
        ("https://[2001:db8::7]:443", "https://[2001:db8::7]:443"),
        ("", ""),
    ],
)
def test_the_address_of_a_server_is_read(address: str, read: str) -> None:
    assert load(GOOD | {"PUBLIC_URL": address}, Path("-")).public_url == read


@pytest.mark.parametrize(
    "path", ["/telegram/", "/", "//", "telegram", "/a//b", "/a/../b", "/..", "/a/.", "/a b", "/a?b"]
)
def test_a_webhook_path_that_would_not_lead_there_is_refused(path: str) -> None:
    [problem] = problems_of(GOOD | {"WEBHOOK_PATH": path})
    assert problem.startswith("WEBHOOK_PATH must be a URL path such as /telegram, without a / at the end")


@pytest.mark.parametrize("path", ["/telegram", "/souk/telegram", "/hooks/v1.2/~me", "/.hooks"])
def test_a_webhook_path_may_have_several_parts(path: str) -> None:
    assert load(GOOD | {"WEBHOOK_PATH": path}, Path("-")).webhook_path == path


KRAKEN_TWICE = "https://api.kraken.com, https://api.kraken.com/"


@pytest.mark.parametrize(
    ("urls", "needed", "told"),
    [
        ("https://api.kraken.com", None, "PRICE_SOURCES_NEEDED is 2, but PRICE_URLS names 1."),
        (KRAKEN_TWICE, None, "PRICE_SOURCES_NEEDED is 2, but PRICE_URLS names 1."),
        (",", None, "PRICE_SOURCES_NEEDED is 2, but PRICE_URLS names 0."),
        (None, "5", "PRICE_SOURCES_NEEDED is 5, but PRICE_URLS names 4."),
        (None, "+5", "PRICE_SOURCES_NEEDED is 5, but PRICE_URLS names 4."),
        (None, "5.0", "PRICE_SOURCES_NEEDED is 5, but PRICE_URLS names 4."),
    ],
)
def test_requiring_more_price_sources_than_there_are_is_refused(
    urls: str | None, needed: str | None, told: str
) -> None:
    given = {"PRICE_URLS": urls or "", "PRICE_SOURCES_NEEDED": needed or ""}
    assert problems_of(GOOD | given) == [told]
    if urls != ",":
        assert load(GOOD | given | {"PRICE_SOURCES_NEEDED": "1"}, Path("-")).price_sources_needed == 1


def test_a_setting_may_be_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    settings = load({"TOKEN_FILE": str(secret), "ADMIN_ID_LIST": "1"}, tmp_path / "none.env")
    assert settings.token.get_secret_value() == TOKEN


def test_an_unreadable_file_is_reported_with_its_setting(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    problems = problems_of(GOOD | {"DB_KEY_FILE": str(missing)})
    assert problems == [f"DB_KEY_FILE: {missing} cannot be read."]


def test_an_empty_file_named_by_a_setting_is_reported(tmp_path: Path) -> None:
    empty = tmp_path / "key"
    empty.write_text("\n")
    assert problems_of(GOOD | {"DB_PASS_FILE": str(empty)}) == [f"DB_PASS_FILE: {empty} is empty."]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("WALLET_MODE='sealed", "can't be read"),
        ('WALLET_MODE="sealed', "can't be read"),
        ("DB_PASS='it's a secret'", "can't be read"),
        ("ADMIN_TOTP: true", "can't be read"),
        ("ADMIN_TOTP true", "can't be read"),
        ("MULTIBOT", "has no ="),
    ],
)
def test_a_line_of_the_env_file_that_would_be_left_out_is_reported_by_its_number(
    tmp_path: Path, line: str, problem: str
) -> None:
    """A default in its place could be the wrong one: the shop's own keys for those that were to be sealed."""
    env_file = tmp_path / ".env"
    env_file.write_text(f"# my shop\nCURRENCY=EUR\n\n{line}\n")
    with pytest.raises(SettingsError) as refusal:
        load(GOOD, env_file)
    assert len(refusal.value.problems) == 1
    assert refusal.value.problems[0].startswith(f".env, line 4, {problem}")
    assert "secret" not in refusal.value.problems[0]


@pytest.mark.parametrize("value", ["o'neil", "two words", "a#b", "$5", "'", "it's 100 % mine", "x=y", "é"])
def test_what_init_writes_is_what_the_shop_reads(tmp_path: Path, value: str) -> None:
    files.write(tmp_path / ".env", {"DB_PASS": value, "CURRENCY": "EUR"})
    settings = load(GOOD, tmp_path / ".env")
    assert (settings.db_pass.get_secret_value(), settings.currency) == (value, "EUR")


@pytest.mark.parametrize("value", ["it's $5", 'it\'s "mine"', "two\nlines", "it's \\"])
def test_a_value_that_no_quotes_suit_is_refused_by_its_name(tmp_path: Path, value: str) -> None:
    with pytest.raises(files.SettingNotQuotable, match=r"^DB_PASS has ") as refusal:
        files.write(tmp_path / ".env", {"DB_PASS": value})
    assert value not in str(refusal.value)
    assert not (tmp_path / ".env").exists()


def test_the_env_file_is_read_and_the_environment_wins_over_it(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"TOKEN={TOKEN}\nADMIN_ID_LIST=1\nCURRENCY=EUR\nPAGE_ENTRIES=5\n")
    settings = load({"CURRENCY": "GBP"}, env_file)
    assert settings.token.get_secret_value() == TOKEN
    assert (settings.currency, settings.page_entries) == ("GBP", 5)


def test_an_empty_value_counts_as_unset(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("CURRENCY=EUR\nPAGE_ENTRIES=\nWEBAPP_PORT=''\n")
    settings = load({"CURRENCY": " ", "DB_KEY": "", "DB_KEY_FILE": ""}, env_file)
    assert (settings.currency, settings.page_entries, settings.webapp_port) == ("EUR", 8, 8080)


def test_a_file_named_in_the_environment_overrides_the_env_file(tmp_path: Path) -> None:
    env_file, secret = tmp_path / ".env", tmp_path / "currency"
    env_file.write_text("CURRENCY=EUR\n")
    secret.write_text("GBP")
    assert load({"CURRENCY_FILE": str(secret)}, env_file).currency == "GBP"


def test_a_value_overrides_a_file_from_the_same_place(tmp_path: Path) -> None:
    secret = tmp_path / "currency"
    secret.write_text("GBP")
    assert load({"CURRENCY": "EUR", "CURRENCY_FILE": str(secret)}, tmp_path / "-").currency == "EUR"


def test_other_variables_are_ignored() -> None:
    assert load({"PATH": "/bin", "SHELL": "x", "Token": "x"}, Path("-")).token.get_secret_value() == ""


@pytest.mark.parametrize("key", [{"DB_PASS": "open sesame 1"}, {"DB_KEY": "ab" * 32}], ids=["DB_PASS", "DB_KEY"])
def test_the_settings_show_no_secret(key: dict[str, str]) -> None:
    secrets = key | {
        "TOKEN": TOKEN,
        "WEBHOOK_SECRET_TOKEN": "hdjeu73-hdjeu73x9",
        "WALLET_MNEMONIC": "abandon " * 11 + "about",
        "ETHPLORER_API_KEY": "ethplorer-key",
        "TRONGRID_API_KEY": "trongrid-key",
    }
    settings = load(GOOD | secrets, Path("-"))
    shown = f"{settings!r} {settings} {settings.model_dump_json()} {settings.providers!r}"
    for secret in secrets.values():
        assert secret.strip() not in shown


def test_settings_cannot_be_changed() -> None:
    settings = load(GOOD, Path("-"))
    with pytest.raises(ValueError, match="frozen") as refused:
        settings.currency = "EUR"
    assert refused.value.error_count() == 1


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained_in_a_sentence(name: str) -> None:
    description = Settings.model_fields[name].description
    assert description
    assert description[0].isupper() or description[0] == "`"
    assert description.endswith(".")


BAD_PORTS = ("0", "00", "080", "65536", "70000", "99999")
MNEMONIC = "abandon " * 11 + "about"
SOL_ADDRESS = "GjJyeC1r2RgkuoCWMyPYkCWSGSGLcz266EaAkLA27AhL"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("CURRENCY", "BTC", "ISO 4217"),
        ("CURRENCY", "XXX", "ISO 4217"),
        ("CURRENCY", "HRK", "ISO 4217"),
        ("ADMIN_ID_LIST", ",", "at least one"),
        ("ADMIN_ID_LIST", "0", "numeric"),
        ("ADMIN_ID_LIST", "9" * 5000, "numeric"),
        ("BTC_FINALITY", "safe,2,3", "a number of blocks from 1 to 1000"),
        ("LTC_FINALITY", "3,6,finalized", "a number of blocks from 1 to 1000"),
        ("TRON_FINALITY", "safe,finalized,finalized", "a number of blocks, finalized"),
        ("SOL_FINALITY", "1,1,safe", "a number of blocks, finalized"),
        ("ETH_FINALITY", "latest,safe,finalized", "a number of blocks, safe, finalized"),
        ("METRICS_TOKEN", "пароль-для-метрик-souk", "ASCII"),
        ("METRICS_TOKEN", "two\nlines", "ASCII"),
        ("KRYPTO_EXPRESS_API_SECRET", "a" * 15, "nobody can guess"),
        ("WALLET_MNEMONIC", "abandon " * 12, "not a BIP-39 mnemonic"),
        ("WALLET_MNEMONIC", "twelve words", "12, 15, 18, 21 or 24 words"),
        ("WALLET_XPUB_BTC", "zpub", "BTC"),
        ("WALLET_XPUB_TRON", "xpub", "TRX"),
        ("SWEEP_TO_BTC", "ltc1qjmxnz78nmc8nq77wuxh25n2es7rzm5c2rkk4wh", "cannot be paid: BTC"),
        ("SWEEP_TO_BTC", "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "cannot be paid: BTC"),
        ("WALLET_SOL_POOL", "nothing", "SOL"),
        ("WALLET_SOL_POOL", f"{SOL_ADDRESS}, {SOL_ADDRESS}", "twice"),
        ("WALLET_SOL_POOL", f"{SOL_ADDRESS}, SysvarS1otHashes111111111111111111111111111", "nobody has a key to"),
        ("WALLET_OPERATOR_KEY", "00" * 31, "64 hexadecimal digits"),
        ("PRICE_URLS", "https://api.kraken.com, https://prices.example", "prices.example"),
        ("SUPPORT_LINK", "https://name", "https://t.me/yourname"),
        ("SUPPORT_LINK", "@name", "https://t.me/yourname"),
        ("SUPPORT_LINK", "https://na me.example", "https://t.me/yourname"),
        *(("SUPPORT_LINK", f"https://help.example:{port}/a", "https://t.me/yourname") for port in BAD_PORTS),
        *(("PUBLIC_URL", f"https://shop.example:{port}", "the name of one server") for port in BAD_PORTS),
        ("SUPPORT_LINK", "https://help\\.example", "https://t.me/yourname"),
        ("SUPPORT_LINK", "https://t.me\\x.example/a", "https://t.me/yourname"),
        ("SUPPORT_LINK", "https://t.example\\x", "https://t.me/yourname"),
    ],
)
def test_a_value_that_would_fail_later_is_refused_at_the_start(name: str, value: str, told: str) -> None:
    [problem] = problems_of(GOOD | {name: value})
    assert problem.startswith(f"{name} ")
    assert told in problem


CONTRACTS = {asset.code: asset for asset in (ASSETS | NOT_CREDITED).values() if asset.contract}


@pytest.mark.parametrize("code", CONTRACTS)
def test_no_tokens_contract_is_a_place_to_sweep_to(code: str) -> None:
    chain = CONTRACTS[code].chain.value
    name = f"SWEEP_TO_{'TRON' if chain == 'TRX' else chain}"
    [problem] = problems_of(GOOD | {name: CONTRACTS[code].contract or ""})
    assert problem.startswith(f"{name} cannot be paid: {chain}: the contract of a token")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("SWEEP_TO_ETH", "0x0000000000000000000000000000000000000000"),
        ("SWEEP_TO_ETH", "0x000000000000000000000000000000000000dead"),
        ("SWEEP_TO_TRON", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"),
    ],
)
def test_an_address_that_burns_coins_is_not_a_place_to_sweep_to(name: str, address: str) -> None:
    [problem] = problems_of(GOOD | {name: address})
    assert "nobody has a key to" in problem


@pytest.mark.parametrize(
    "link",
    [
        "https://t.me/yourname",
        "http://help.example.com:8080/a?b=c",
        *(f"https://help.example:{port}" for port in (1, 443, 9999, 59999, 64999, 65499, 65529, 65535)),
        "tg://resolve?domain=yourname",
        "https://пример.рф",
    ],
)
def test_a_support_link_that_telegram_can_open_is_accepted(link: str) -> None:
    assert load(GOOD | {"SUPPORT_LINK": link}, Path("-")).support_link == link


def test_a_key_together_with_a_passphrase_is_refused_wherever_they_are_set(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("DB_PASS=open sesame\n")
    assert problems_of(GOOD | {"DB_KEY": "ab" * 32}, env_file) == [
        "DB_KEY and DB_PASS are both set: keep the one that the database was made with."
    ]


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_are_read_in_any_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    env_file, secret = tmp_path / ".env", tmp_path / "secret"
    env_file.write_text("CURRENCY=EUR\r\nPAGE_ENTRIES=5\r\n", encoding=encoding)
    secret.write_text(f"{TOKEN}\r\n", encoding=encoding)
    settings = load({"TOKEN_FILE": str(secret), "ADMIN_ID_LIST": "1"}, env_file)
    assert (settings.currency, settings.page_entries) == ("EUR", 5)
    assert settings.token.get_secret_value() == TOKEN


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"\xff\xfeD\x00B", "is not text in UTF-8: save it as UTF-8."),
        ("DB_PASS=schl\u00fcssel".encode("latin-1"), "is not text in UTF-8: save it as UTF-8."),
        ("DB_PASS=\u043f\u0430\u0440\u043e\u043b\u044c".encode("cp1251"), "is not text in UTF-8: save it as UTF-8."),
        (b"TOKEN=1:A\x00", "is not text in UTF-8: save it as UTF-8."),
        (b"#" * (1024 * 1024 + 1), "is larger than 1 MB."),
    ],
)
def test_a_binary_file_is_reported_in_one_sentence(tmp_path: Path, raw: bytes, told: str) -> None:
    file = tmp_path / ".env"
    file.write_bytes(raw)
    assert problems_of(GOOD, file) == [f".env {told}"]
    assert problems_of(GOOD | {"DB_PASS_FILE": str(file)}) == [f"DB_PASS_FILE: {file} {told}"]


def test_an_env_file_that_is_a_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    assert problems_of(GOOD, tmp_path / ".env") == [".env cannot be read."]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BTC_FINALTY", "BTC_FINALITY"),
        ("ADMIN_ID_LITS", "ADMIN_ID_LIST"),
        ("ADMIN_IDS_LIST", "ADMIN_ID_LIST"),
        ("currency", "CURRENCY"),
        ("TOKEN_FILES", "TOKEN_FILE"),
        ("WALLET_XPUB_BITC", "WALLET_XPUB_BTC"),
    ],
)
def test_a_misspelled_setting_is_reported_with_the_nearest_name(tmp_path: Path, name: str, meant: str) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"{name}=1\n")
    told = f"{name} is not a setting: did you mean {meant}?"
    assert problems_of(GOOD, env_file) == [told], "the shop's own file is refused"
    assert without_effect({name: "1"}, Path("-")) == [told], "the environment is shared: a warning"
    assert load(GOOD | {name: "1"}, Path("-")).admin_id_list == (1, 4503599627370495)


def test_other_programs_variables_are_not_mistaken_for_settings(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("MEMORY_LIMIT=512m\nCOMPOSE_PROFILES=webhook\n")
    load(GOOD, env_file)
    environ = {"PATH": "/bin", "HOME": "/", "LANG": "C", "HTTP_PROXY": "x", "HOSTNAME": "x", "SANDBOX_PUBLIC": "1"}
    assert without_effect(environ, env_file) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("CRYPTO_FORWARDING_MODE", "set SWEEP_TO_BTC"),
        ("LTC_FORWARDING_ADDRESS", "SWEEP_ABOVE to sweep automatically"),
        ("DB_NAME", "set DATABASE_PATH"),
        ("POSTGRES_PASSWORD", "set DATABASE_PATH"),
        ("TELEGRAM_PROXY_URL", "Souk uses no proxy"),
        ("JWT_SECRET_KEY", "no web panel"),
    ],
)
def test_an_aiogram_shop_bot_setting_that_does_nothing_here_is_reported(tmp_path: Path, name: str, told: str) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"{name}=true\n")
    for sentences in (without_effect({name: "true"}, Path("-")), without_effect({}, env_file)):
        assert [told in sentence for sentence in sentences] == [True]
        assert sentences[0].startswith(f"{name} has no effect:")
    assert load(GOOD, env_file).currency == "USD"


def test_the_environment_is_read_only_if_it_is_passed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENCY", "GBP")
    assert Settings().currency == "USD"
    assert load({}, Path("-")).currency == "USD"
