"""Settings: one table, every problem at once, no secret shown."""

from pathlib import Path

import pytest

from shop.settings import Settings, SettingsError, load

TOKEN = "123456:AAF-abcdefghijklmnopqrstuvwxyz"
GOOD = {"TOKEN": TOKEN, "ADMIN_ID_LIST": "1, 4503599627370495"}


def problems_of(environ: dict[str, str], env_file: Path = Path("none.env")) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(environ, env_file)
    return refused.value.problems


def test_nothing_set_is_a_good_start() -> None:
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
    assert settings.btc_api_urls == ("https://a.example/api", "https://b.example")
    assert settings.providers.btc_api_urls == settings.btc_api_urls


def test_every_problem_is_told_at_once_each_naming_its_setting() -> None:
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
def test_a_problem_does_not_show_what_was_set(name: str, value: str) -> None:
    problems = problems_of(GOOD | {name: value})
    assert len(problems) == 1
    assert name in problems[0]
    assert value not in problems[0]


@pytest.mark.parametrize("secret", ["short", "a" * 40, "abc" * 10, "with space in it 123456", "x" * 257])
def test_a_weak_webhook_secret_is_refused(secret: str) -> None:
    [problem] = problems_of(GOOD | {"WEBHOOK_SECRET_TOKEN": secret})
    assert "is weak" in problem


def test_a_shop_without_an_owner_is_refused() -> None:
    [problem] = problems_of({"TOKEN": TOKEN})
    assert problem.startswith("ADMIN_ID_LIST must name")


def test_a_public_address_without_tls_is_refused() -> None:
    [problem] = problems_of(GOOD | {"PUBLIC_URL": "http://shop.example"})
    assert problem.startswith("PUBLIC_URL must begin with https://")


@pytest.mark.parametrize(
    ("urls", "needed", "told"),
    [
        ("https://api.kraken.com", None, "PRICE_SOURCES_NEEDED is 2, but PRICE_URLS names 1."),
        (None, "5", "PRICE_SOURCES_NEEDED is 5, but PRICE_URLS names 4."),
    ],
)
def test_more_price_sources_needed_than_there_are_is_refused(urls: str | None, needed: str | None, told: str) -> None:
    given = {"PRICE_URLS": urls or "", "PRICE_SOURCES_NEEDED": needed or ""}
    assert problems_of(GOOD | given) == [told]
    assert load(GOOD | given | {"PRICE_SOURCES_NEEDED": "1"}, Path("-")).price_sources_needed == 1


def test_a_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text(f"{TOKEN}\n")
    settings = load({"TOKEN_FILE": str(secret), "ADMIN_ID_LIST": "1"}, tmp_path / "none.env")
    assert settings.token.get_secret_value() == TOKEN


def test_a_file_that_cannot_be_read_is_told_with_its_setting(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    problems = problems_of(GOOD | {"DB_KEY_FILE": str(missing)})
    assert problems == [f"DB_KEY_FILE: {missing} cannot be read."]


def test_the_env_file_is_read_and_the_environment_wins_over_it(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(f"TOKEN={TOKEN}\nADMIN_ID_LIST=1\nCURRENCY=EUR\nPAGE_ENTRIES=5\n")
    settings = load({"CURRENCY": "GBP"}, env_file)
    assert settings.token.get_secret_value() == TOKEN
    assert (settings.currency, settings.page_entries) == ("GBP", 5)


def test_what_is_set_to_nothing_is_not_set(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("CURRENCY=EUR\nPAGE_ENTRIES=\nWEBAPP_PORT\n")
    settings = load({"CURRENCY": " ", "DB_KEY": "", "DB_KEY_FILE": ""}, env_file)
    assert (settings.currency, settings.page_entries, settings.webapp_port) == ("EUR", 8, 8080)


def test_a_file_named_in_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    env_file, secret = tmp_path / ".env", tmp_path / "currency"
    env_file.write_text("CURRENCY=EUR\n")
    secret.write_text("GBP")
    assert load({"CURRENCY_FILE": str(secret)}, env_file).currency == "GBP"


def test_a_value_beside_a_file_of_the_same_place_wins(tmp_path: Path) -> None:
    secret = tmp_path / "currency"
    secret.write_text("GBP")
    assert load({"CURRENCY": "EUR", "CURRENCY_FILE": str(secret)}, tmp_path / "-").currency == "EUR"


def test_variables_that_are_not_ours_do_not_matter() -> None:
    assert load({"PATH": "/bin", "MULTIBOT": "true", "Token": "x"}, Path("-")).token.get_secret_value() == ""


def test_no_secret_is_shown_by_the_settings() -> None:
    secrets = {
        "TOKEN": TOKEN,
        "DB_PASS": "open sesame 1",
        "DB_KEY": "ab" * 32,
        "WEBHOOK_SECRET_TOKEN": "hdjeu73-hdjeu73x9",
        "WALLET_MNEMONIC": "abandon " * 11 + "about",
        "ETHPLORER_API_KEY": "ethplorer-key",
        "TRONGRID_API_KEY": "trongrid-key",
    }
    settings = load(GOOD | secrets, Path("-"))
    shown = f"{settings!r} {settings} {settings.model_dump_json()} {settings.providers!r}"
    for secret in secrets.values():
        assert secret.strip() not in shown


def test_settings_do_not_change() -> None:
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
