"""An HTTP exchange ends at its deadline, whatever the server does, and its socket is closed."""

import ssl
import subprocess
import threading
from decimal import Decimal

import pytest

from commands.serving import http_client
from shop.chains.clock_offset import ClockOffset
from shop.chains.errors import BadAnswer, Unavailable
from shop.chains.http import Endpoint, HttpClient
from shop.metrics import Metrics
from tests.patience import DEADLINE_S, factor, patient_client
from tests.shop.chains.dripping import DRIPS, OK, TLS_RECORD, dripping
from wallet.chains import Chain

ANN = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"


def test_an_exchange_of_the_shop_ends_after_20_seconds(database):
    serving = http_client(database, ClockOffset(), Metrics())
    assert serving.deadline_s == HttpClient().deadline_s == 20


@pytest.fixture
def hasty():
    client = HttpClient(deadline_s=0.3, timeout_s=5, max_bytes=10_000)
    yield client
    client.close()


@pytest.mark.parametrize("way", DRIPS)
def test_a_server_that_drips_is_dropped_at_the_deadline_and_its_socket_closed(hasty, way):
    with dripping(*DRIPS[way]) as server:
        with pytest.raises(Unavailable) as refused:
            hasty.get(Endpoint(f"http://127.0.0.1:{server.port}"), "/x")
        assert refused.value.reason == "no answer in time"
        assert server.closed.wait(DEADLINE_S)


def test_a_tls_handshake_that_drips_ends_at_the_deadline(hasty):
    with dripping(*TLS_RECORD) as server:
        with pytest.raises(Unavailable) as refused:
            hasty.get(Endpoint(f"https://127.0.0.1:{server.port}"), "/x")
        assert refused.value.reason == "no answer in time"
        assert server.closed.wait(DEADLINE_S)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a self-signed certificate for 127.0.0.1."""
    made = tmp_path_factory.mktemp("tls") / "server.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", made,
         "-out", f"{made}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_bytes(made.read_bytes() + made.with_name("server.pem.crt").read_bytes())
    return made


@pytest.mark.parametrize("way", ["header lines", "a body with its length", "one chunk"])
def test_a_server_that_drips_over_tls_is_dropped_at_the_deadline(certificate, monkeypatch, way):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def is_left_after_the_handshake(deadline_s: float) -> bool:
        client = HttpClient(deadline_s=deadline_s, timeout_s=5)
        with dripping(*DRIPS[way], context=context) as server:
            with pytest.raises(Unavailable) as refused:
                client.get(Endpoint(f"https://127.0.0.1:{server.port}"), "/x")
            assert refused.value.reason == "no answer in time"
            assert server.closed.wait(DEADLINE_S)
            return server.sent > 0

    assert any(map(is_left_after_the_handshake, (1, 3, 9))), "a busy machine takes long for the handshake alone"


def test_a_name_look_up_that_hangs_ends_at_the_deadline():
    released = threading.Event()

    def look_up(host, port):
        released.wait(DEADLINE_S)
        raise OSError

    client = HttpClient(deadline_s=0.3, timeout_s=5, look_up=look_up)
    with pytest.raises(Unavailable) as refused:
        client.get(Endpoint("http://node.example"), "/x")
    assert refused.value.reason == "no answer in time"
    assert not released.is_set()
    released.set()


def test_addresses_are_tried_one_after_the_other_within_one_deadline(front, chains, base):
    port = int(base.rpartition(":")[2])

    def look_up(host, _port):
        assert host == "node.example"
        return [(2, 1, 6, "", ("127.0.0.1", 9)), (2, 1, 6, "", ("127.0.0.1", port))]

    client = patient_client(look_up=look_up)
    endpoint = Endpoint("http://node.example/btc/api")
    assert client.get(endpoint, "/blocks/tip/height").text() == str(chains.btc.height)
    client.close()


def test_a_silent_connection_ends_before_the_deadline():
    client = HttpClient(deadline_s=60, timeout_s=0.3)
    with dripping(*DRIPS["silence"]) as server:
        with pytest.raises(Unavailable) as refused:
            client.get(Endpoint(f"http://127.0.0.1:{server.port}"), "/x")
        assert refused.value.reason == "no answer in time"
        assert server.closed.wait(DEADLINE_S)


FLOODS = {
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /y\r\nTransfer-Encoding: chunked\r\n\r\n", b"8000\r\n", b"\r\n"),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"X: ", b"\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\nX: ", b"\r\n\r\n"),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_headers_and_chunk_lengths_are_not_read_without_limit_either(flood):
    start, before, after = FLOODS[flood]
    client = patient_client(max_bytes=100_000)
    with dripping(start, [before + b"0" * 0x8000 + after], pause_s=0.0001) as server:
        with pytest.raises(BadAnswer) as refused:
            client.get(Endpoint(f"http://127.0.0.1:{server.port}"), "/x")
        assert refused.value.reason == "an answer above the size limit"
        assert server.closed.wait(DEADLINE_S)
    assert server.sent < 16 * 1024 * 1024


def test_the_next_server_answers_if_one_drips(chains, shop, base):
    chains.pay("btc", ANN, Decimal(1), None)
    shop.http = HttpClient(deadline_s=3 * factor(), timeout_s=3 * factor())
    with dripping(*DRIPS["a body with its length"], pause_s=0.1 * factor()) as server:  # for longer than that
        urls = (f"http://127.0.0.1:{server.port}", f"{base}/btc/api")
        reader = shop.reader(Chain.BTC, urls)
        assert [transfer.units for transfer in reader.peek([ANN])] == [10**8]
        first, second = reader.status().providers
        assert (first.reason, second.reason) == ("no answer in time", "")
        assert server.closed.wait(DEADLINE_S)
