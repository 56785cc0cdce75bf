"""The example product files: each is valid as it is, and is sent to a chat with one click."""

from pathlib import Path
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.catalog.formats.reading import read_goods
from shop.settings.loading import load
from web.sandbox.chains import Chains
from web.sandbox.examples import FOLDER, example, example_names
from web.sandbox.sandbox import Sandbox
from web.sandbox.settings import blocks_to_mine

USER = 7


@pytest.fixture
def client() -> FlaskClient:
    sandbox = Sandbox(["1:x"], Chains(clock=lambda: 1_790_000_000, random=Random(1)))
    app = Flask("page")
    sandbox.register(app)
    return app.test_client()


def test_there_is_one_of_each_kind() -> None:
    assert example_names() == ["goods.csv", "goods.json", "goods.txt"]
    assert Path(FOLDER).parts[-2:] == ("docs", "examples")


@pytest.mark.parametrize("name", ["goods.csv", "goods.json", "goods.txt"])
def test_no_entry_is_refused(name: str) -> None:
    read = read_goods(example(name).content, file_name=name, currency="USD")
    assert list(read.refused) == []


def test_an_example_is_sent_with_one_click_and_an_unknown_one_is_not(client: FlaskClient) -> None:
    assert client.get("/sandbox/api/state").get_json()["examples"] == example_names()
    assert client.post(f"/sandbox/api/users/{USER}/examples/goods.txt", json={}).status_code == 200
    chat = client.get(f"/sandbox/api/users/{USER}/chat").get_json()
    assert [message["document"]["file_name"] for message in chat["messages"]] == ["goods.txt"]
    refused = client.post(f"/sandbox/api/users/{USER}/examples/..%2Fgoods.md", json={})
    assert refused.status_code == 404


def test_the_page_knows_how_many_blocks_each_coin_takes(tmp_path: Path) -> None:
    told = blocks_to_mine(load({}, tmp_path / "no.env"))
    assert told["chains"] == {
        "btc": [1, 2, 6],
        "ltc": [3, 6, 24],
        "eth": [12, 33, 65],
        "trx": [20, 20, 20],
        "sol": [33, 33, 33],
    }
    assert (told["limits"], told["currency"]) == ([50, 1000], "USD")
