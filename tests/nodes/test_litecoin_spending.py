"""The wallet's drafts and signatures, checked by a real litecoind: its policy, its interpreter, its own signer."""

import pytest

from tests.nodes.conftest import RpcFailed, litecoind
from wallet import addresses, bech32
from wallet.addresses import Kind, ValidAddress
from wallet.bech32 import WitnessProgram
from wallet.chains import Chain
from wallet.transactions import bitcoin, p2wpkh, policy, psbt, psbt_roles
from wallet.transactions.bitcoin import OutPoint, Output
from wallet.transactions.p2wpkh import Coin, SigningKey

COINS = 10**8
RATE = 1_000  # the lowest that the node relays
TO = "ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    with litecoind(tmp_path_factory.mktemp("litecoin")) as made:
        yield made


def regtest_address(script):
    return bech32.encode_witness("rltc", WitnessProgram(version=0, program=script[2:]))


def fund(node, keys, litoshi):
    """Send the same amount to each key in one transaction, mine it, and find its coins with our own reader."""
    coins = f"{litoshi // COINS}.{litoshi % COINS:08d}"
    txid = node.call("sendmany", "", {regtest_address(key.script_pubkey): coins for key in keys})
    node.call("generatetoaddress", 1, node.bank)
    transaction = bitcoin.parse(Chain.LTC, bytes.fromhex(node.call("getrawtransaction", txid)))
    assert transaction.txid == txid
    ours = {key.script_pubkey for key in keys}
    found = [(n, paid) for n, paid in enumerate(transaction.outputs) if paid.script_pubkey in ours]
    return [Coin(OutPoint(txid, n), paid) for n, paid in found]


def verdict(node, transaction):
    return node.call("testmempoolaccept", [transaction.serialise().hex()])[0]


def keys_from(start, count):
    return [SigningKey((start + n).to_bytes(32)) for n in range(count)]


def test_a_sweep_of_300_inputs_at_the_lowest_rate_is_relayed_and_mined(node):
    keys = keys_from(10**6, 300)
    coins = fund(node, keys, 1_000_000)
    assert len(coins) == 300
    signed = p2wpkh.sign(p2wpkh.draft(Chain.LTC, coins, rest_to=TO, rate=RATE), coins, keys)
    assert node.call("sendrawtransaction", signed.serialise().hex()) == signed.txid
    node.call("generatetoaddress", 1, node.bank)
    seen = node.call("getrawtransaction", signed.txid, True)
    assert [seen["hash"], seen["weight"], seen["vsize"]] == [signed.wtxid, signed.weight, signed.vsize]
    assert seen["confirmations"] == 1
    unspent = node.call("gettxout", signed.txid, 0)
    assert unspent["scriptPubKey"]["hex"] == addresses.script_pubkey(Chain.LTC, TO).hex()


@pytest.mark.parametrize("kind", [Kind.P2PKH, Kind.P2SH, Kind.P2WPKH, Kind.P2WSH, Kind.P2TR])
def test_the_node_relays_the_smallest_payment_to_each_kind_of_address_and_nothing_below(node, kind):
    keys = keys_from(2 * 10**6 + list(Kind).index(kind), 1)
    coins = fund(node, keys, 1_000_000)
    size = 32 if kind in {Kind.P2WSH, Kind.P2TR} else 20
    version = {Kind.P2WPKH: 0, Kind.P2WSH: 0, Kind.P2TR: 1}.get(kind, -1)
    address = addresses.encode(ValidAddress(Chain.LTC, "", kind, bytes(range(size)), version))
    least = policy.dust_threshold(Chain.LTC, addresses.script_pubkey(Chain.LTC, address))
    paid = policy.payment(Chain.LTC, address, least)
    for output, allowed in ((paid, True), (Output(least - 1, paid.script_pubkey), False)):
        signed = p2wpkh.sign(p2wpkh.draft(Chain.LTC, coins, [output], rest_to=TO, rate=RATE), coins, keys)
        answer = verdict(node, signed)
        assert answer["allowed"] is allowed
        assert answer.get("reject-reason", "dust") == "dust"


def test_a_replacement_at_the_lowest_fee_is_accepted_and_one_below_is_not(node):
    keys = keys_from(3 * 10**6, 2)
    coins = fund(node, keys, 1_000_000)
    first = p2wpkh.sign(p2wpkh.draft(Chain.LTC, coins, rest_to=TO, rate=RATE), coins, keys)
    node.call("sendrawtransaction", first.serialise().hex())
    old_fee = sum(coin.output.value for coin in coins) - first.outputs[0].value
    least = policy.replacement_fee(old_fee, policy.signed_weight(first), RATE)
    for cost, allowed in ((least - 2, False), (least, True)):
        rest = Output(sum(coin.output.value for coin in coins) - cost, first.outputs[0].script_pubkey)
        unsigned = bitcoin.Transaction(first.inputs, (rest,))
        assert verdict(node, p2wpkh.sign(unsigned, coins, keys))["allowed"] is allowed


def test_a_wrong_signature_is_refused_by_the_node_and_by_us(node):
    keys = keys_from(4 * 10**6, 1)
    coins = fund(node, keys, 1_000_000)
    lie = [Coin(coins[0].outpoint, Output(999_999, coins[0].output.script_pubkey))]
    signed = p2wpkh.sign(p2wpkh.draft(Chain.LTC, coins, rest_to=TO, rate=RATE), lie, keys)
    with pytest.raises(p2wpkh.NotSigned):
        p2wpkh.verify(signed, coins)
    assert "script-verify" in verdict(node, signed)["reject-reason"]


def test_the_nodes_own_wallet_signs_our_psbt_and_relays_what_we_extract(node):
    script = bytes.fromhex(node.call("getaddressinfo", node.call("getnewaddress", "", "bech32"))["scriptPubKey"])
    txid = node.call("sendtoaddress", regtest_address(script), "0.5")
    node.call("generatetoaddress", 1, node.bank)
    raw = bytes.fromhex(node.call("getrawtransaction", txid))
    previous = bitcoin.parse(Chain.LTC, raw)
    place = [paid.script_pubkey for paid in previous.outputs].index(script)
    coins = [Coin(OutPoint(txid, place), previous.outputs[place])]
    planned = p2wpkh.draft(Chain.LTC, coins, rest_to=TO, rate=RATE)
    created = psbt_roles.create(Chain.LTC, planned, coins, previous={txid: raw})
    answer = node.call("walletprocesspsbt", created.to_base64())
    assert answer["complete"]
    final = psbt_roles.combine(created, psbt.from_base64(Chain.LTC, answer["psbt"]))
    transaction = psbt_roles.extract(psbt_roles.finalise(final))
    p2wpkh.verify(transaction, coins)
    assert node.call("sendrawtransaction", transaction.serialise().hex()) == planned.txid


def test_the_node_reads_our_psbt_and_finalises_what_we_signed(node):
    keys = keys_from(5 * 10**6, 3)
    coins = fund(node, keys, 1_000_000)
    created = psbt_roles.create(Chain.LTC, p2wpkh.draft(Chain.LTC, coins, rest_to=TO, rate=RATE), coins)
    signed = psbt_roles.sign(created, keys)
    analysed = node.call("analyzepsbt", signed.to_base64())
    assert analysed["next"] in {"finalizer", "extractor"}
    answer = node.call("finalizepsbt", signed.to_base64())
    assert answer["complete"]
    assert answer["hex"] == psbt_roles.extract(psbt_roles.finalise(signed)).serialise().hex()


def test_the_node_cannot_sign_for_a_key_that_it_never_saw(node):
    keys = keys_from(6 * 10**6, 1)
    coins = fund(node, keys, 1_000_000)
    created = psbt_roles.create(Chain.LTC, p2wpkh.draft(Chain.LTC, coins, rest_to=TO, rate=RATE), coins)
    assert node.call("walletprocesspsbt", created.to_base64())["complete"] is False
    with pytest.raises(RpcFailed):
        node.call("sendrawtransaction", created.transaction.serialise().hex())
