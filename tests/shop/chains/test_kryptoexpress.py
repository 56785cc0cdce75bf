"""KryptoExpress: payments over real HTTP, and callbacks that are accepted only if signed."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.chains.errors import BadCallback, NotFound, ProviderError, Refused, Rejected, UnsignedCallback
from shop.chains.kryptoexpress import KryptoExpress, endpoint, read_callback, sign
from shop.chains.servers import Provider

# api-docs.md of the provider
SECRET = "1234567890"
BODY = (
    b'{"id":638,"paymentType":"DEPOSIT","fiatCurrency":"USD","fiatAmount":16.31,"cryptoAmount":0.00018486,'
    b'"userId":"fa92a3e0-48c0-44db-9d59-213ca94a14c3","cryptoCurrency":"BTC","expireDatetime":1745252847543,'
    b'"createDatetime":1745245647543,"address":"bc1qxquy5w247rw0natp4ts4nz9agm4s9z24p0tl7u","isPaid":true,'
    b'"isWithdrawn":false,"hash":"adaeca287275d5589623a397fb4e35fac3aad7ba2ba9f7111e6df809df1e7474",'
    b'"callbackUrl":"https://google.com/event"}'
)
SIGNATURE = (
    "d5633ea456a3fd3e47798f7effe0082ad9d98e667a6c159e1e5eafa06e72e3ddaa0b847859221a4f6fc86b6af322da2ff3869db32cc545f1"
    "f91cc300ae3b05db"
)


@pytest.fixture
def client(shop, base, clock, chains):
    def make(key="sandbox"):
        where = endpoint(key, base_url=f"{base}/kryptoexpress")
        return KryptoExpress(Provider(where, shop.http, clock=clock))

    return make


def create(client, **changes):
    wanted = {
        "fiat_currency": "USD", "fiat_amount": Decimal("12.5"), "crypto_currency": "BTC",
        "callback_url": "https://shop.example/cb", "callback_secret": SECRET,
    }  # fmt: skip
    return client.create_payment(**(wanted | changes))


def test_a_payment_is_opened_and_looked_up(client):
    opened = create(client())
    assert (opened.fiat_amount, opened.crypto_amount) == (Decimal("12.5"), Decimal("0.00015"))
    assert opened.expires_at - opened.created_at == 7_200
    assert not opened.is_paid
    assert client().payment(opened.hash) == opened


def test_an_expired_payment_comes_back_unpaid(chains, client):
    callback = chains.kryptoexpress.expire(create(client()).hash)
    assert not read_callback(callback.body, signature=callback.headers["X-Signature"], secret=SECRET).is_paid


def test_the_currencies_are_fetched(client):
    assert {"BTC", "LTC", "USDT_TRC20"} <= set(client().currencies())


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [({"fiat_amount": Decimal("0.5")}, Rejected), ({"crypto_currency": "XMR"}, Rejected)],
)
def test_a_currency_or_sum_that_the_provider_does_not_take_is_refused(client, changes, refusal):
    with pytest.raises(refusal) as refused:
        create(client(), **changes)
    assert refused.value.status == 422


def test_a_wrong_key_is_refused_and_not_shown(client):
    with pytest.raises(Refused) as refused:
        create(client("a-wrong-key"))
    assert refused.value.status == 401
    assert "a-wrong-key" not in str(refused.value)


def test_an_unknown_payment_is_not_found(client):
    with pytest.raises(NotFound) as refused:
        client().payment("0" * 64)
    assert refused.value.reason == "not found"


@pytest.mark.parametrize("kind", ["error500", "html", "error_body", "drop"])
def test_nothing_is_opened_if_the_provider_fails(chains, client, kind):
    chains.fault("kryptoexpress", kind, 1)
    with pytest.raises(ProviderError) as refused:
        create(client())
    assert refused.value.reason


def test_the_documented_callback_is_accepted():
    paid = read_callback(BODY, signature=SIGNATURE, secret=SECRET)
    assert (paid.id, paid.fiat_amount, paid.crypto_amount) == (638, Decimal("16.31"), Decimal("0.00018486"))


def test_the_signature_may_cover_the_minified_text():
    indented = json.dumps(json.loads(BODY), indent=2).encode()
    assert read_callback(indented, signature=SIGNATURE, secret=SECRET).id == 638


def test_small_amounts_and_non_ascii_letters_survive_being_rewritten():
    compact = BODY.replace(b"0.00018486", b"0.000012").replace(b"google.com/event", "caf\u00e9.example/a b".encode())
    spaced = compact.replace(b'":', b'" : ').replace(b",", b" ,\n")
    found = read_callback(spaced, signature=sign(compact, SECRET).upper(), secret=SECRET)
    assert found.crypto_amount == Decimal("0.000012")


def test_escapes_may_be_written_out_before_signing():
    written = BODY.replace(b"google.com", "caf\u00e9.example".encode())
    escaped = BODY.replace(b"google.com", b"caf\\u00e9.example")
    assert read_callback(escaped, signature=sign(written, SECRET), secret=SECRET).id == 638


@pytest.mark.parametrize(
    ("signature", "secret", "reason"),
    [
        (None, SECRET, "no signature"),
        ("", SECRET, "no signature"),
        (SIGNATURE, "", "no callback secret is set"),
        (SIGNATURE, "another", "wrong signature"),
        (SIGNATURE[:-1], SECRET, "wrong signature"),
        ("\u00e9" * 128, SECRET, "wrong signature"),
    ],
)
def test_an_unsigned_or_wrongly_signed_callback_is_refused(signature, secret, reason):
    with pytest.raises(BadCallback) as refused:
        read_callback(BODY, signature=signature, secret=secret)
    assert refused.value.reason == reason


@pytest.mark.parametrize("change", [(b"16.31", b"1631"), (b"true", b"false"), (b"638", b"639")])
def test_a_changed_callback_is_refused(change):
    with pytest.raises(BadCallback) as refused:
        read_callback(BODY.replace(*change), signature=SIGNATURE, secret=SECRET)
    assert refused.value.reason == "wrong signature"


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_without_an_unexpected_error(body):
    with pytest.raises(BadCallback) as refused:
        read_callback(body, signature="00" * 64, secret=SECRET)
    assert refused.value.reason == "wrong signature"


@pytest.mark.parametrize("body", [b'"\\ud800"', b'{"a":"\\udfff"}', b"[" * 900 + b"]" * 900])
def test_json_that_cannot_be_rewritten_is_refused_too(body):
    with pytest.raises(UnsignedCallback) as refused:
        read_callback(body, signature="00" * 64, secret=SECRET)
    assert refused.value.reason == "wrong signature"


@pytest.mark.parametrize("piece", [b'\\"', b'"\\', b'"', b"\\", b'" '])
def test_reading_an_unsigned_callback_costs_next_to_nothing(piece):
    body = (b'"' + piece * 65_536)[: 64 * 1024]
    begun = time.process_time()
    with pytest.raises(UnsignedCallback):
        read_callback(body, signature="00" * 64, secret=SECRET)
    assert time.process_time() - begun < 1


@given(st.binary(max_size=300))
def test_signed_nonsense_is_refused_without_an_unexpected_error(body):
    with pytest.raises(BadCallback) as refused:
        read_callback(body, signature=sign(body, SECRET), secret=SECRET)
    assert refused.value.reason
