"""The doctor command: what is well, what is wrong, and how to fix it, with the shop running or stopped."""

import json
import os
import socket
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
import requests
from flask import Flask

from shop.chains.clock_offset import ClockOffset
from shop.doctor import files, servers
from tests.e2e.conftest import FURTHER_TOKENS, World
from tests.e2e.driver import Chat, Program
from tests.patience import DEADLINE_S, patient_client, wait_for
from wallet.chains import Chain
from web.sandbox.server import serve_in_thread


def examined(*, cwd: Path, **environ: str) -> tuple[int, dict[str, list[tuple[str, str]]], str]:
    """Run the doctor in a process; return its exit code, verdicts and texts by subject, and all that it printed."""
    program = Program("doctor", "--json", cwd=cwd, **environ)
    told, errors = program.process.communicate(timeout=DEADLINE_S)
    assert "Traceback" not in errors, errors
    answer = json.loads(told)
    found: dict[str, list[tuple[str, str]]] = {}
    for each in answer["findings"]:
        assert bool(each["cure"]) is (each["verdict"] != "ok")
        found.setdefault(each["subject"], []).append((each["verdict"], each["text"]))
    return program.process.returncode, found, told + errors


def verdicts(found: Mapping[str, list[tuple[str, str]]], subject: str) -> set[str]:
    return {verdict for verdict, _ in found[subject]}


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def test_with_the_shop_running_it_says_what_is_well_and_what_to_do(world: World, tmp_path: Path) -> None:
    port = free_port()
    theirs = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
    environ = world.environ | {"WEBAPP_PORT": port, "ADMIN_ID_LIST": "1,2", "SWEEP_TO_ETH": theirs}
    shop = Program("serve", cwd=tmp_path, **environ)
    owner = Chat(world.page.url, 1)
    owner.say("/start")
    owner.wait_text("Main menu")
    code, found, written = examined(cwd=tmp_path, **environ)
    assert code == 1
    for subject in ("settings", "database", "schema", "rights", "disk", "telegram", "webhook", "ETH", "SOL", "TRX"):
        assert verdicts(found, subject) == {"ok"}, subject
    assert found["owners"] == [("ok", "1 has pressed Start"), ("warning", "2 has never pressed Start")]
    assert verdicts(found, "prices") == {"ok"}
    assert {text.split()[1] for _, text in found["prices"]} == {"BTC", "LTC", "ETH", "SOL", "TRX", "USDT", "USDC"}
    assert found["shop"][0][1].startswith("it runs and is")
    assert {text.split()[0] for _, text in found["addresses"]} == {"BTC", "LTC", "ETH", "TRX", "SOL"}
    assert [text.split()[:5] for _, text in found["gas"]] == [["ETH", "for", "gas", "comes", "from"]]
    assert verdicts(found, "key elsewhere") == {"warning"}
    key = f"{world.environ['DATABASE_PATH']}.key"
    assert found["key place"] == [("warning", f"{key} is beside the database that it opens")]
    token = world.environ["TOKEN"]
    assert token not in written
    assert token.partition(":")[2] not in written
    owner.say("/start")
    owner.wait_text("Main menu")
    assert shop.stop()[0] == 0


def test_it_asks_only_the_servers_that_the_shop_needs_to_take_money(world: World, tmp_path: Path) -> None:
    """Of a new shop no chain is read unless it takes coins itself; addresses from before stay watched."""
    environ = world.environ | {"KEY_FOLDER": str(tmp_path / "keys"), "WEBAPP_PORT": free_port()}
    stars = {"PAY_BY": "stars", "STARS_PER_UNIT": "100"}
    provider = {
        "PAY_BY": "kryptoexpress",
        "KRYPTO_EXPRESS_API_URL": f"{world.providers.url}/kryptoexpress",
        "KRYPTO_EXPRESS_API_SECRET": "a-secret-of-the-tests",
    }
    of_chains = {*(chain.value for chain in Chain), "BTC headers", "LTC headers", "ETH tokens", "prices"}
    found = examined(cwd=tmp_path, **environ, **stars)[1]
    assert not of_chains & set(found)
    assert found["clock"][0][0] == "ok"
    for key, verdict in (("sandbox", "ok"), ("another", "failure")):
        code, found, _ = examined(cwd=tmp_path, **environ, **provider, KRYPTO_EXPRESS_API_KEY=key)
        assert not of_chains & set(found)
        assert (verdicts(found, "KryptoExpress"), code) == ({verdict}, {"ok": 1, "failure": 2}[verdict])

    shop = Program("serve", cwd=tmp_path, **environ)
    customer = Chat(world.page.url, 1001)
    customer.say("/start")
    customer.press("Top up", "Bitcoin")
    assert shop.stop()[0] == 0
    found = examined(cwd=tmp_path, **environ, **stars)[1]
    assert of_chains & set(found) == {"BTC", "BTC headers", "prices"}
    assert {text.split()[1] for _, text in found["prices"]} == {"BTC"}
    assert found["key place"] == [("ok", f"{tmp_path / 'keys' / 'souk.db.key'} is apart from the database")]
    found = examined(cwd=tmp_path, **environ | {"WITNESS_ABOVE": "250"})[1]
    assert of_chains <= set(found)
    assert verdicts(found, "LTC second operator") == verdicts(found, "ETH tokens") == {"ok"}
    assert verdicts(found, "BTC headers") == {"warning"}, "they start years after the emulated chain"


def test_updates_that_wait_and_a_delivery_that_failed_are_warnings(world: World, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    environ = world.environ | {"WEBAPP_PORT": free_port(), "PUBLIC_URL": url}
    bot_id = world.environ["TOKEN"].partition(":")[0]
    hook = f"{world.providers.url}/bot{world.environ['TOKEN']}/setWebhook"
    assert requests.post(hook, data={"url": f"{url}/telegram/{bot_id}"}, timeout=DEADLINE_S).ok
    for number in range(51):
        world.sandbox.telegram.people.say(2_000 + number, "hello", profile={})
    wait_for(lambda: world.sandbox.telegram.world.bots[world.environ["TOKEN"]].webhook.last_error_date)
    found = examined(cwd=tmp_path, **environ)[1]
    assert found["updates"] == [("warning", "51 wait at Telegram")]
    assert any("Telegram failed to deliver an update 0 min ago" in text for _, text in found["webhook"])
    assert verdicts(found, "webhook") == {"ok", "warning"}


def test_it_tries_whether_the_public_address_leads_to_the_shop(world: World, tmp_path: Path) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = world.environ | {"WEBAPP_PORT": port, "PUBLIC_URL": url}
    shop = Program("serve", cwd=tmp_path, **environ)
    Chat(world.page.url, 1).say("/start")
    found = examined(cwd=tmp_path, **environ)[1]["webhook"]
    bot_id = world.environ["TOKEN"].partition(":")[0]
    assert found == [("ok", f"{url}/telegram/{bot_id}"), ("ok", f"{url} leads to the shop")]
    assert shop.stop()[0] == 0
    found = examined(cwd=tmp_path, **environ)[1]["webhook"]
    assert found[1:] == [("warning", f"{url} does not lead to the shop from here: no connection")]


@pytest.mark.parametrize(
    ("statuses", "verdict", "text"),
    [
        ((403, 404), "OK", "leads to the shop"),
        ((200, 404), "FAILURE", "do not reach the shop"),
        ((202, 202), "FAILURE", "do not reach the shop"),
        ((204, 404), "FAILURE", "do not reach the shop"),
        ((403, 200), "FAILURE", "do not reach the shop"),
        ((403, 403), "WARNING", "refused (403)"),
        ((403, 502), "WARNING", "server error (502)"),
        ((404, 404), "WARNING", "unexpected status 404"),
        ((401, 404), "WARNING", "refused (401)"),
        ((301, 301), "WARNING", "unexpected status 301"),
        ((502, 502), "WARNING", "server error (502)"),
    ],
)
def test_only_the_shop_tells_its_bots_from_others(statuses: tuple[int, int], verdict: str, text: str) -> None:
    app = Flask("front")
    app.add_url_rule("/telegram/1", "own", methods=["POST"], view_func=lambda: ("", statuses[0]))
    app.add_url_rule("/telegram/0", "other", methods=["POST"], view_func=lambda: ("", statuses[1]))
    server = serve_in_thread(app)
    http = patient_client()
    found = servers.webhook(http, server.url, "/telegram", 1, is_delivered=True)
    server.stop()
    assert (found.subject, found.verdict.name) == ("webhook", verdict)
    assert text in found.text


def test_an_address_that_only_telegram_reaches_is_no_reason_for_a_warning() -> None:
    http, nowhere = patient_client(), f"http://127.0.0.1:{free_port()}"
    found = [servers.webhook(http, nowhere, "/telegram", 1, is_delivered=it_is) for it_is in (True, False)]
    assert [each.verdict.name for each in found] == ["OK", "WARNING"]
    assert "this machine cannot reach" in found[0].text


def test_nothing_unchecked_is_reported_as_well(tmp_path: Path) -> None:
    assert list(files.rights([tmp_path / "not there"])) == []
    assert servers.clock(ClockOffset(), only_telegram=False).verdict.name == "WARNING"


def test_it_checks_each_of_several_bots(world: World, tmp_path: Path) -> None:
    environ = world.environ | {"MULTIBOT": "true"}
    shop = Program("serve", cwd=tmp_path, **environ)
    owner = Chat(world.page.url, 1)
    owner.say("/start")
    for token in FURTHER_TOKENS:
        owner.say(f"/add {token}")
        owner.says("People: 0")
    assert shop.stop()[0] == 0
    _, found, _ = examined(cwd=tmp_path, **environ)
    names = [f"Souk {number}" for number in range(2, len(FURTHER_TOKENS) + 2)]
    assert found["telegram"] == [
        ("ok", "the bot token is good"),
        *(("ok", f"{name}: the bot token is good") for name in names),
    ]
    assert len(found["updates"]) == len(names) + 1
    number = FURTHER_TOKENS[0].partition(":")[0]
    revoke = f"{world.page.url}/sandbox/api/telegram/bots/{number}/revoke"
    assert requests.post(revoke, json={}, timeout=DEADLINE_S).ok
    hook = f"{world.providers.url}/bot{FURTHER_TOKENS[1]}/setWebhook"
    assert requests.post(hook, data={"url": "https://elsewhere.example/x"}, timeout=DEADLINE_S).ok
    code, found, written = examined(cwd=tmp_path, **environ)
    assert code == 2
    assert [verdict for verdict, _ in found["telegram"]] == ["ok", "failure", "ok"]
    assert found["telegram"][1][1].startswith("Souk 2: ")
    assert ("failure", "Souk 3: it leads to https://elsewhere.example/x, not to nowhere") in found["webhook"]
    assert not any(token.partition(":")[2] in written for token in FURTHER_TOKENS)


def test_a_fault_is_a_failure_with_a_remedy_and_code_2(world: World, tmp_path: Path) -> None:
    shop = Program("serve", cwd=tmp_path, **world.environ)
    customer = Chat(world.page.url, 1001)
    customer.say("/start")
    customer.wait_text("Main menu")
    assert shop.stop()[0] == 0
    database = Path(world.environ["DATABASE_PATH"])
    hook = f"{world.providers.url}/bot{world.environ['TOKEN']}/setWebhook"
    assert requests.post(hook, data={"url": "https://elsewhere.example/x"}, timeout=DEADLINE_S).ok
    database.chmod(0o644)
    nowhere = f"http://127.0.0.1:{free_port()}"
    environ = world.environ | {"ETH_RPC_URLS": nowhere, "BACKUP_FOLDER": str(tmp_path / "gone"), "PAGE_ENTRYS": "3"}
    environ |= {"BTC_FINALITY": "6,2,1"}
    code, found, _ = examined(cwd=tmp_path, **environ, WEBAPP_PORT=free_port())
    assert code == 2
    assert verdicts(found, "settings") == {"warning"}
    assert "did you mean PAGE_ENTRIES" in found["settings"][0][1]
    assert "fewer blocks for larger deposits" in found["settings"][1][1]
    assert verdicts(found, "rights") == {"warning"}
    assert verdicts(found, "webhook") == {"failure"}
    assert ("failure", "no server answers: payments are not seen") in found["ETH"]
    assert verdicts(found, "off-site copy") == {"failure"}
    assert found["shop"][0][0] == "warning"
    assert verdicts(found, "database") == {"ok"}
    assert verdicts(found, "operator") == {"warning"}

    (tmp_path / "gone").mkdir()
    environ |= {"OPERATOR_NAME": "Olga", "OPERATOR_CONTACT": "olga@example.org", "OPERATOR_COUNTRY": "Malta"}
    (tmp_path / "gone" / "20251231T000000Z-0000.pages").symlink_to("/not mounted/0000.pages")
    piece = tmp_path / "gone" / "20260101T000000Z-0000.pages"
    for age_s, verdict in ((60, "ok"), (7_200, "warning")):
        piece.touch()
        os.utime(piece, (time.time() - age_s, time.time() - age_s))
        found = examined(cwd=tmp_path, **environ, WEBAPP_PORT=free_port())[1]
        assert verdicts(found, "off-site copy") == {verdict}
        assert verdicts(found, "operator") == {"ok"}

    with database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\0" * 64)
    code, found, _ = examined(cwd=tmp_path, **world.environ)
    assert (code, verdicts(found, "database")) == (2, {"failure"})


def test_unusable_settings_and_a_lost_key_are_explained_in_words(world: World, tmp_path: Path) -> None:
    code, found, _ = examined(cwd=tmp_path, **world.environ | {"CURRENCY": "XXQ"})
    assert code == 2
    assert found["settings"][0][1].startswith("CURRENCY must be")
    database = Path(world.environ["DATABASE_PATH"])
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as plain:
        plain.execute("CREATE TABLE t (a)")
    code, found, _ = examined(cwd=tmp_path, **world.environ)
    assert (code, verdicts(found, "database")) == (2, {"failure"})
    assert ".key" in found["database"][0][1]


def test_a_person_reads_lines_with_a_mark_and_a_remedy(world: World, tmp_path: Path) -> None:
    program = Program("doctor", cwd=tmp_path, **world.environ | {"TOKEN": "999:wrong"})
    told, errors = program.process.communicate(timeout=DEADLINE_S)
    assert (program.process.returncode, errors) == (2, "")
    assert "FAILURE  telegram: Telegram rejects the bot token" in told
    assert "         → " in told
