"""Plans signed by other wallets: PSBTs with key origins, unsigned transactions, and comparing what comes back."""

import base64
import json
from dataclasses import replace

import pytest
from embit import bip32 as embit_bip32
from embit.psbt import PSBT
from eth_account import Account as EthAccount

from tests.wallet.plans import made
from tests.wallet.plans.made import DESTINATIONS, NOW
from tests.wallet.published import MNEMONIC
from wallet import bip32, bip39, paths, slip132
from wallet.accounts import Accounts
from wallet.chains import Chain
from wallet.plans import building, checks, reading
from wallet.plans.collecting import Collector
from wallet.plans.errors import Fault, InvalidPlan, InvalidSigned, SignedFault, WrongKey
from wallet.plans.files import unsigned_files
from wallet.plans.keys import Keys
from wallet.plans.plan import Account, canonical, digest_of, to_json, write
from wallet.plans.signed import SignedPlan, read_signed, write_signed
from wallet.plans.signing import sign_plan
from wallet.transactions import psbt, psbt_roles
from wallet.transactions.bitcoin import Input, OutPoint, Transaction
from wallet.transactions.p2wpkh import SigningKey

SEED = bip39.seed(bip39.parse(MNEMONIC))
MASTER = bip32.master(SEED)
FINGERPRINT = MASTER.fingerprint.hex()
ROOT = embit_bip32.HDKey.from_seed(SEED)


def account_of(chain, fingerprint=FINGERPRINT):
    return Account(slip132.print_account_key(chain, Accounts(SEED).account_key(chain)), fingerprint)


ACCOUNTS = {chain: account_of(chain) for chain in (Chain.BTC, Chain.LTC, Chain.ETH, Chain.TRX)}


def watched(**more):
    """Return the plan of a watching shop, whose keys derive from the words of the operator's own wallet."""
    return made.plan(*made.transactions(made.own)[:6], **{"accounts": ACCOUNTS, **more})


# The token's gas address has index 0, the others have 1 and 2; all are in one account.
PLAN = watched()
FILES = {file.name: file.content for file in unsigned_files(PLAN)}
SIGNED = sign_plan(PLAN, Keys(words=bip39.parse(MNEMONIC)), now=NOW)


def collected(*contents, plan=PLAN):
    collector = Collector(plan)
    for content in contents:
        collector.add(content)
    return collector.signed()


def refused(call):
    with pytest.raises(InvalidSigned) as refusal:
        call()
    return refusal.value


def test_each_transaction_has_its_own_file():
    assert list(FILES) == ["1-BTC.psbt", "2-LTC.psbt", "3-ETH.json", "4-ETH.json", "5-ETH.json", "6-TRX.json"]


def test_another_wallet_finds_its_keys_by_their_origins():
    partial = PSBT.parse(FILES["1-BTC.psbt"])
    origins = [origin for each in partial.inputs for origin in each.bip32_derivations.values()]
    assert [(origin.fingerprint.hex(), origin.derivation[-2:]) for origin in origins] == [
        (FINGERPRINT, [0, 1]),
        (FINGERPRINT, [0, 2]),
        (FINGERPRINT, [0, 2]),
    ]


@pytest.mark.parametrize(("name", "inputs"), [("1-BTC.psbt", 3), ("2-LTC.psbt", 1)])
def test_another_library_can_sign_a_psbt_and_the_plan_accepts_it(name, inputs):
    partial = PSBT.parse(FILES[name])
    assert partial.sign_with(ROOT) == inputs
    (signed,) = collected(partial.serialize())
    assert collected(base64.b64encode(partial.serialize()) + b"\n") == (signed,)
    assert signed.txid == next(each.txid for each in SIGNED.transactions if each.position == signed.position)


def test_without_a_fingerprint_the_account_is_its_own_origin():
    bare = watched(accounts={chain: replace(account, fingerprint="") for chain, account in ACCOUNTS.items()})
    partial = PSBT.parse(next(iter(unsigned_files(bare))).content)
    assert partial.sign_with(ROOT) == 0
    assert partial.sign_with(ROOT.derive("m/84h/0h/0h")) == 3
    assert len(collected(partial.serialize(), plan=bare)) == 1


def test_a_plan_for_keys_in_the_shop_has_psbts_without_origins():
    partial = psbt.parse(Chain.BTC, next(iter(unsigned_files(made.plan()))).content)
    assert all(psbt.INPUT_DERIVATION[0] not in {key[0] for key in fields} for fields in partial.inputs)


def paying(spend, *, more=0):
    """Make transactions that pay a spend's inputs; return the spend with those inputs, and the transactions."""
    inputs, previous = [], {}
    for at, coin in enumerate(building.coins(spend)):
        paid = replace(coin.output, value=coin.output.value + more)
        made_up = Transaction((Input(OutPoint(f"{at + 1:064x}", 0)),), (paid,))
        previous[made_up.txid] = made_up.serialise()
        inputs.append(replace(spend.inputs[at], txid=made_up.txid, index=0))
    return replace(spend, inputs=tuple(inputs)), previous


def test_a_psbt_includes_the_transactions_that_pay_its_inputs():
    spend, previous = paying(PLAN.transactions[0])
    plan = reading.read(write(replace(watched(previous=previous), transactions=(spend,))))
    checks.check(plan, now=NOW)
    partial = PSBT.parse(next(iter(unsigned_files(plan))).content)
    assert [each.non_witness_utxo.txid().hex() for each in partial.inputs] == list(previous)
    assert partial.sign_with(ROOT) == 3
    assert len(collected(partial.serialize(), plan=plan)) == 1


def test_an_input_that_differs_from_its_previous_transaction_is_not_signed():
    spend, previous = paying(PLAN.transactions[0], more=1)
    plan = reading.read(write(replace(watched(previous=previous), transactions=(spend,))))
    with pytest.raises(InvalidPlan) as refusal:
        sign_plan(plan, Keys(words=bip39.parse(MNEMONIC)), now=NOW)
    assert (refusal.value.fault, refusal.value.position) == (Fault.PREVIOUS, 1)


@pytest.mark.parametrize("raw", [b"\x00", b"\x01\x00\x00\x00"])
def test_an_invalid_previous_transaction_is_refused(raw):
    spend, previous = paying(PLAN.transactions[0])
    plan = replace(watched(previous={**previous, spend.inputs[1].txid: raw}), transactions=(spend,))
    with pytest.raises(InvalidPlan) as refusal:
        checks.check(reading.read(write(plan)), now=NOW)
    assert refusal.value.fault is Fault.PREVIOUS


@pytest.mark.parametrize("previous", [{}, {"00": "00"}, {"g" * 64: "00"}, {"0" * 64: ""}, {"0" * 64: 1}, []])
def test_previous_transactions_in_another_form_are_refused(previous):
    body = {**to_json(PLAN), "previous": previous}
    with pytest.raises(InvalidPlan) as refusal:
        reading.read(canonical({**body, "digest": digest_of(body)}))
    assert refusal.value.fault is Fault.FIELD


def test_two_wallets_can_sign_one_psbt():
    partial = psbt.parse(Chain.BTC, FILES["1-BTC.psbt"])
    halves = []
    for index in (1, 2):
        key = MASTER.derive(paths.address(Chain.BTC, index)).private_key
        halves.append(psbt_roles.sign(partial, [SigningKey(key)]).serialise())
    refusal = refused(lambda: collected(halves[0]))
    assert (refusal.fault, refusal.position) == (SignedFault.SIGNATURE, 1)
    assert collected(*halves) == SIGNED.transactions[:1]


@pytest.mark.parametrize("name", ["3-ETH.json", "4-ETH.json", "5-ETH.json"])
def test_another_library_can_sign_ethereum_from_its_file(name):
    body = json.loads(FILES[name])
    index = {"3": 1, "4": 0, "5": 2}[name[0]]
    key = MASTER.derive(paths.address(Chain.ETH, index)).private_key
    assert EthAccount.from_key(key).address == body["from"]
    fields = {name: value for name, value in body["transaction"].items() if name != "type"}
    signed = EthAccount.sign_transaction({**fields, "type": 2}, key)
    raw = signed.raw_transaction.hex()
    expected = SIGNED.transactions[int(name[0]) - 1]
    answers = (raw, f"0x{raw}\n", json.dumps({"raw": f"0x{raw}", "tx": {}}), json.dumps({"rawTransaction": raw}))
    for answer in answers:
        assert collected(answer.encode()) == (expected,)


def tronweb_answer(**more):
    body = json.loads(FILES["6-TRX.json"])
    signature = SIGNED.transactions[5].raw[-65:].hex()
    return json.dumps({**body, "signature": [signature], **more}).encode()


def test_tron_is_accepted_as_tronweb_writes_it_or_as_bytes():
    expected = SIGNED.transactions[5:]
    assert collected(tronweb_answer()) == expected
    assert collected(expected[0].raw.hex().encode()) == expected
    assert json.loads(FILES["6-TRX.json"])["txID"] == expected[0].txid


def test_the_collected_transactions_form_a_signed_plan():
    found = collected(*[each.raw.hex().encode() for each in SIGNED.transactions])
    assert read_signed(write_signed(SignedPlan(PLAN, found))) == SIGNED


def test_another_plans_transaction_is_refused():
    other = watched(destinations={**DESTINATIONS})
    dearer = replace(other, transactions=(replace(PLAN.transactions[0], fee=2_001, units=148_005),))
    checks.check(dearer, now=NOW)
    for content in (FILES["1-BTC.psbt"], SIGNED.transactions[0].raw.hex().encode()):
        refusal = refused(lambda content=content: collected(content, plan=dearer))
        assert str(refusal) == "this was signed for another plan"


@pytest.mark.parametrize("position", [0, 2, 5])
def test_another_keys_signature_is_refused(position):
    stranger = sign_plan(made.plan(*made.transactions()[:6]), Keys(words=bip39.parse(MNEMONIC)), now=NOW)
    refused(lambda: collected(stranger.transactions[position].raw.hex().encode()))


def test_an_unsigned_psbt_is_not_accepted():
    refusal = refused(lambda: collected(FILES["2-LTC.psbt"]))
    assert (refusal.fault, refusal.position) == (SignedFault.SIGNATURE, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not hex",
        b"0x",
        b"00",
        b"{}",
        b"[]",
        b"[" * 100_000,
        b'{"raw": 1}',
        b'{"raw": "zz"}',
        b'{"raw_data_hex": "00"}',
        b'{"raw_data_hex": "00", "signature": ["00"]}',
        b'{"raw_data_hex": "00", "signature": ["zz"]}',
        b"psbt\xff",
        b"cHNidP8=",
        b"cHNid!!",
        FILES["1-BTC.psbt"][:-5],
        FILES["3-ETH.json"],
        FILES["6-TRX.json"],
    ],
    ids=lambda content: content[:16].decode("latin-1"),
)
def test_a_file_with_nothing_signed_is_refused(content):
    assert refused(lambda: collected(content)).fault is SignedFault.NOT_SIGNED_FILE


def test_another_wallets_account_key_is_refused():
    others = Account(slip132.print_account_key(Chain.BTC, made.ELSEWHERE.account_key(Chain.BTC)))
    with pytest.raises(WrongKey) as refusal:
        list(unsigned_files(watched(accounts={Chain.BTC: others})))
    assert refusal.value.position == 1
