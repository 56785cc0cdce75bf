"""The only HTTP client: what it sends, what it refuses to read, and what its errors never contain."""

import contextlib
import threading
from dataclasses import replace

import pytest
from flask import Flask, Response, request

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, ProviderError, RateLimited, Refused, Rejected, Unavailable
from shop.chains.exchanges import system_look_up
from shop.chains.http import Endpoint, HttpClient
from tests.patience import patient_client

KEY = "very-secret-key"
DATE = {"Date": "Sun, 06 Nov 2026 08:49:37 GMT"}


@pytest.fixture
def answers(front):
    """A server whose answers the test sets: path -> view."""
    views = {}
    app = Flask("answers")

    @app.route("/<path:path>", methods=["GET", "POST"])
    def answer(path):
        return views[path.rpartition("/")[2]]()

    front.app = app
    return views


@pytest.fixture
def http():
    client = patient_client(version="1.2", max_bytes=10_000)
    yield client
    client.close()


@pytest.fixture
def endpoint(base):
    return Endpoint(f"{base}/v3/{KEY}/", {"X-Key": KEY}, {"apiKey": KEY})


def test_headers_query_and_agent_are_sent(answers, http, endpoint):
    seen = {}

    def view():
        seen.update(agent=request.headers["User-Agent"], key=request.headers["X-Key"], args=dict(request.args))
        return Response("{}", mimetype="application/json")

    answers["x"] = view
    http.get(endpoint, "/x", {"a": "b"})
    assert seen == {"agent": "Souk/1.2 (self-hosted shop)", "key": KEY, "args": {"apiKey": KEY, "a": "b"}}


@pytest.mark.parametrize(
    ("status", "headers", "body", "error"),
    [
        (500, {}, "", Unavailable),
        (503, {}, "<html>", Unavailable),
        (429, {}, "", RateLimited),
        (403, {}, "", Refused),
        (403, {}, '{"error":"The key exceeds the frequency limit(15)"}', RateLimited),
        (418, {}, "", Refused),
        (451, {}, "", Refused),
        (400, {}, "Invalid", Rejected),
        (404, {}, "Transaction not found", NotFound),
        (302, {"Location": "http://127.0.0.1:1/login"}, "", BadAnswer),
        (204, {}, "", BadAnswer),
    ],
)
def test_each_status_has_its_error(answers, http, endpoint, status, headers, body, error):
    answers["x"] = lambda: Response(body, status=status, headers=headers, mimetype="text/plain")
    with pytest.raises(error) as refused:
        http.get(endpoint, "/x")
    assert type(refused.value) is error
    assert KEY not in f"{refused.value} {refused.value!r} {refused.value.reason}"


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("120", 120),
        ("Sun, 06 Nov 2026 08:50:37 GMT", 60),
        ("soon", None),
        ("-5", None),
        ("999999999", 86_400),
        ("", None),
    ],
)
def test_retry_after_is_read_in_seconds_or_as_a_date(answers, http, endpoint, value, wait_s):
    answers["x"] = lambda: Response("", status=429, headers={"Retry-After": value, **DATE})
    with pytest.raises(RateLimited) as refused:
        http.get(endpoint, "/x")
    assert refused.value.retry_after_s == wait_s


def test_an_html_page_is_not_an_answer_whatever_its_content_type(answers, http, endpoint):
    answers["x"] = lambda: Response("\n <!DOCTYPE html><p>", mimetype="application/json")
    reply = http.get(endpoint, "/x")
    for read in (reply.json, reply.text, reply.raw):
        with pytest.raises(BadAnswer) as refused:
            read()
        assert refused.value.reason == "a web page instead of an answer"


def test_an_answer_above_the_limit_is_not_read_to_its_end(answers, http, endpoint):
    answers["x"] = lambda: Response(b"x" * 1_000_000, mimetype="text/plain")
    with pytest.raises(BadAnswer) as refused:
        http.get(endpoint, "/x")
    assert refused.value.reason == "an answer above the size limit"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b'{"a":Infinity}', b"[" * 100_000, b"\xff", b"1" * 5_000, b'{"a":-NaN}']
)
def test_invalid_json_is_a_bad_answer(body):
    with pytest.raises(BadAnswer) as refused:
        JsonValue.parse(body, provider="p")
    assert refused.value.reason == "not JSON"


@pytest.mark.parametrize("text", ["1e200", "-1e-200", '"NaN"', '"Infinity"', '"x"', "true", "null", "[]"])
def test_an_absurd_number_is_refused(text):
    with pytest.raises(BadAnswer) as refused:
        _ = JsonValue.parse(text.encode(), provider="p").decimal
    assert refused.value.reason == "answer is not a number"


@pytest.mark.parametrize("text", ['"1"', "1.5", "true", "-1", "null"])
def test_a_whole_number_is_not_guessed(text):
    with pytest.raises(BadAnswer) as refused:
        _ = JsonValue.parse(text.encode(), provider="p").integer
    assert refused.value.reason == "answer is not a whole number"


def test_the_hook_may_forbid_a_request_before_it_is_sent(answers, endpoint):
    class TransactionIsOpen(Exception):
        pass

    threads = []

    def hook():
        threads.append(threading.get_ident())
        raise TransactionIsOpen

    client = HttpClient(before_request=hook)
    with pytest.raises(TransactionIsOpen) as refused:
        client.get(endpoint, "/never")
    assert threads == [threading.get_ident()]
    assert refused.value.args == ()


def test_a_refused_connection_is_an_unavailable_server(http):
    with pytest.raises(Unavailable) as refused:
        http.get(Endpoint(f"http://127.0.0.1:9/{KEY}"), "/x")
    assert str(refused.value) == "127.0.0.1: no connection"
    assert refused.value.__cause__ is None


def test_an_endpoint_shows_its_host_and_nothing_else():
    endpoint = Endpoint(f"https://node.example/v3/{KEY}", {"X": KEY}, {"k": KEY}, "2")
    assert endpoint.name == "node.example (2)"
    assert KEY not in repr(endpoint)


def test_many_threads_share_one_client(answers, http, endpoint):
    answers["x"] = lambda: Response('{"a":1}', mimetype="application/json")
    failures = []

    def ask():
        try:
            for _ in range(20):
                assert http.get(endpoint, "/x").json()["a"].integer == 1
        except (ProviderError, AssertionError) as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    ("host", "path", "header"),
    [
        ("api.example", "/coingecko/api/v3", "X-Cg-Demo-Api-Key"),
        ("pro-api.example", "/coingecko/api/v3", "X-Cg-Pro-Api-Key"),
        ("pro-api.example", "/kraken", None),
    ],
)
def test_coingeckos_key_is_sent_to_coingecko_in_the_header_of_its_plan(shop, answers, base, host, path, header):
    here, port = base.removeprefix("http://").split(":")
    shop.http = patient_client(look_up=lambda _host, _port: system_look_up(here, int(port)))
    seen = []

    def view():
        seen.append({name: value for name, value in request.headers.items() if value == KEY})
        return Response("{}", mimetype="application/json")

    answers.update(price=view, Ticker=view)
    (source,) = shop.registry(price_urls=(f"http://{host}{path}",), coingecko_api_key=KEY).price_sources()
    with contextlib.suppress(BadAnswer):
        source.rates(["BTC"], "USD")
    assert seen == [{header: KEY} if header else {}]


def test_the_settings_show_no_key(shop):
    assert KEY not in repr(replace(shop.settings, coingecko_api_key=KEY))


def test_the_environments_proxy_is_asked_except_for_the_servers_it_leaves_out(front, answers, monkeypatch):
    def this_machine_only(host, port):
        if host != "127.0.0.1":
            raise OSError(f"no address for {host}")
        return system_look_up(host, port)

    def view():
        asked.append(request.host)
        return {"at": "the proxy"}

    asked, answers["x"] = [], view
    monkeypatch.setenv("http_proxy", front.url)
    monkeypatch.setenv("no_proxy", "near.example")
    client = patient_client(look_up=this_machine_only)
    for _ in range(2):
        assert client.get(Endpoint("http://far.example"), "/x").json().get("at").text == "the proxy"
        with pytest.raises(Unavailable):
            client.get(Endpoint("http://near.example"), "/x")
    assert asked == ["far.example"] * 2
    client.close()
