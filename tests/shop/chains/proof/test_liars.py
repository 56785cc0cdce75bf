"""A server that lies about Bitcoin or Litecoin, asked first or last: only true payments are credited."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from shop.chains.proof.consensus import REGTEST
from shop.chains.proof.headers import BadHeader, Header
from storage.models import Deposit, Outbox
from tests.stand import QUOTES, Stand, World, open_shop
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from web.sandbox.chains.bitcoin_coding import Coin, Spend, Transaction, block_bytes, header_of, mined
from web.sandbox.chains.esplora import described

PREFIX = "/liar"
COINS = [Chain.BTC, Chain.LTC]
HONEST = Decimal("0.5")
INVENTED = 1_000 * 10**8


class Liar:
    """Answers below `/liar` as the honest server does, unless `lie` returns something else for a path."""

    def __init__(self, honest: Callable, lie: Callable[[str, object], object]) -> None:
        self._honest = honest
        self._lie = lie

    def wsgi_app(self, environ, start_response):
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX):
            return self._honest(environ, start_response)
        parts, status, headers = run_wsgi_app(self._honest, {**environ, "PATH_INFO": path.removeprefix(PREFIX)})
        body = b"".join(parts)
        try:
            truth = json.loads(body)
        except ValueError:
            truth = None
        told = self._lie(path.partition("/api")[2], truth)
        if told is None:
            return Response(body, status=status, headers=headers)(environ, start_response)
        if isinstance(told, str | bytes):
            return Response(told, mimetype="text/plain")(environ, start_response)
        if told is NOTHING:
            return Response("not found", status=404, mimetype="text/plain")(environ, start_response)
        return Response(json.dumps(told), mimetype="application/json")(environ, start_response)


NOTHING = object()


class Scene:
    """A shop with two servers for its chain, one of them a liar, and a customer who looks at their address."""

    def __init__(self, coin, chains, stand: Stand) -> None:
        self.coin, self.chains, self.stand = coin, chains, stand
        self.ledger = chains.btc if coin is Chain.BTC else chains.ltc
        self.person = stand.visitor()
        self.address = stand.shop.payments.top_ups.open(self.person, coin.value, None).address
        self.watch = stand.watch(coin)
        self.lie: Callable[[str, object], object] = lambda path, truth: None
        self.fake = self.invention(INVENTED)

    def invention(self, units: int) -> Transaction:
        return Transaction(
            (Spend("77" * 32, 0, Coin(b"", units), 0xFFFFFFFE, (b"s" * 71, b"p" * 33)),),
            (Coin(script_pubkey(self.coin, self.address), units, self.address),),
        )

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.stand.clock.pass_s(60)
            self.watch.look()
            self.watch.scan()
            self.watch.check_credited()

    def pay_and_mine(self) -> str:
        """Add an honest payment and 27 blocks, with the shop looking all the while."""
        txid = self.chains.pay(self.coin.value, self.address, HONEST, None)
        self.pass_minutes(1)
        for blocks in (1, 1, 5, 20):
            self.chains.mine(self.coin.value, blocks)
            self.pass_minutes(2)
        return txid

    def credited(self) -> dict[str, int]:
        return {row.txid: row.units for row in Deposit.select().where(Deposit.state == "credited")}

    def fake_in_block(self, height: int) -> dict:
        """Describe the invented transaction as an explorer describes one in a block of the true chain."""
        block = self.ledger.block(height)
        return {
            "txid": self.fake.txid,
            "vin": [{"sequence": 0xFFFFFFFE}],
            "vout": [{"scriptpubkey": coin.script.hex(), "value": coin.value} for coin in self.fake.outputs],
            "status": {"confirmed": True, "block_height": height, "block_hash": block.hash, "block_time": 5},
        }


@pytest.fixture(params=COINS, ids=lambda coin: coin.value)
def coin(request) -> Chain:
    return request.param


@pytest.fixture(params=[True, False], ids=["first", "last"])
def liar_is_first(request) -> bool:
    return request.param


@pytest.fixture
def scene(coin, front, chains, shop, database, clock, liar_is_first) -> Iterator[Scene]:
    """A scene whose liar tells the truth until a test sets `scene.lie`."""
    (honest,) = shop.settings.servers[coin]
    liar = honest.replace(front.url, front.url + PREFIX)
    registry = shop.registry({coin: (liar, honest) if liar_is_first else (honest, liar)})
    world = World(database)
    world.chains = {coin: registry.readers()[coin]}
    made = Scene(coin, chains, open_shop(database, clock, world=world))
    front.app = Liar(front.app.wsgi_app, lambda path, truth: made.lie(path, truth))  # noqa: PLW0108 - it changes
    made.pass_minutes(1)
    yield made
    registry.close()


def invented(scene: Scene, path: str, truth, *, proof) -> object:
    """Show the invented transaction as confirmed wherever it is looked up, with its own bytes."""
    height = scene.ledger.height - 20 if len(scene.ledger.blocks) > 30 else scene.ledger.height - 5
    if path.startswith("/address/") and isinstance(truth, list):
        return [scene.fake_in_block(height), *truth]
    said = {
        f"/tx/{scene.fake.txid}": scene.fake_in_block(height),
        f"/tx/{scene.fake.txid}/hex": scene.fake.serialise().hex(),
        f"/tx/{scene.fake.txid}/merkle-proof": proof(height),
    }
    return said.get(path)


def no_siblings(scene, height):
    return {"block_height": height, "merkle": [], "pos": 0}


def made_up_siblings(scene, height):
    return {"block_height": height, "merkle": ["ab" * 32, "cd" * 32], "pos": 1}


def a_height_in_the_future(scene, height):
    return {"block_height": height + 5_000, "merkle": [], "pos": 0}


def the_proof_of_another(scene, height):
    return {"block_height": height, "merkle": [], "pos": 0} | {
        "merkle": [scene.ledger.block(height).transactions[0].txid]
    }


@pytest.mark.parametrize("proof", [no_siblings, made_up_siblings, a_height_in_the_future, the_proof_of_another])
def test_an_invented_transaction_is_never_credited(scene: Scene, proof):
    scene.lie = lambda path, truth: invented(scene, path, truth, proof=lambda height: proof(scene, height))
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}
    assert scene.stand.balance(scene.person) > 0


@pytest.mark.parametrize("worth", [50, 500, 5_000, 50_000])
def test_an_invented_sum_is_never_credited_however_small_it_is(scene: Scene, worth: int):
    scene.fake = scene.invention(worth * 10**8 // int(QUOTES[scene.coin.value]))
    scene.lie = lambda path, truth: invented(scene, path, truth, proof=lambda height: no_siblings(scene, height))
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}


def test_a_customer_who_names_an_invented_transaction_gets_no_credit(scene: Scene):
    scene.lie = lambda path, truth: invented(scene, path, truth, proof=lambda height: no_siblings(scene, height))
    scene.chains.mine(scene.coin.value, 30)
    for _ in range(3):
        found = scene.watch.find(scene.fake.txid, scene.address)
        assert all(transfer.block_height is None for transfer in found)
        scene.stand.clock.pass_s(60)
    assert scene.stand.balance(scene.person) == 0


def larger(value):
    """Multiply every amount, and claim that everything was confirmed long ago."""
    if isinstance(value, dict):
        changed = {key: 1_000 * each if key == "value" else larger(each) for key, each in value.items()}
        return changed | (
            {"confirmed": True, "block_height": 5, "block_hash": "ab" * 32} if "confirmed" in value else {}
        )
    return [larger(each) for each in value] if isinstance(value, list) else value


def test_made_up_amounts_and_heights_are_ignored(scene: Scene):
    scene.lie = lambda path, truth: larger(truth) if isinstance(truth, dict | list) and "/tx" in path else None
    txid = scene.chains.pay(scene.coin.value, scene.address, HONEST, None)
    scene.pass_minutes(3)
    assert scene.credited() == {}
    assert scene.pay_and_mine() != txid
    assert set(scene.credited().values()) == {int(HONEST * 10**8)}
    assert len(scene.credited()) == 2


def test_a_server_that_hides_everything_holds_nothing_up(scene: Scene):
    def lie(path, truth):
        if path.startswith("/address/"):
            return []
        return NOTHING if path.startswith("/tx/") or path.endswith("/raw") or "/txs/" in path else None

    scene.lie = lie
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}


def without_work(header, coin):
    """Find a nonce that does not meet the target."""
    while True:
        try:
            REGTEST[coin].check_work(Header.parse(header.serialise()))
        except BadHeader:
            return header
        header = header_of_nonce(header, header.nonce + 1)


def header_of_nonce(header, nonce):
    return type(header)(header.previous, header.merkle, header.time, nonce, header.version, header.bits)


def forged(scene: Scene, *, on: int, count: int, work: bool) -> list:
    """Make blocks on top of a true one; the first of them holds the invented transaction."""
    blocks, previous, time = [], scene.ledger.block(on), scene.stand.clock()
    previous_hash = previous.hash
    for number in range(count):
        coinbase = scene.ledger.coinbase(on + 1 + number)
        inside = (coinbase, scene.fake) if number == 0 else (coinbase,)
        header = header_of(previous_hash, inside, time=time + number + 1, nonce=0)
        header = mined(header, scene.ledger.rules) if work else without_work(header, scene.coin)
        blocks.append(type(previous)(on + 1 + number, header, inside))
        previous_hash = header.hash
    return blocks


def on_a_branch(scene: Scene, blocks: list, path: str, truth) -> object:
    """Show forged blocks as the newest ones."""
    held, top = blocks[0], blocks[-1]
    by_height = {block.height: block for block in blocks}
    if path == "/blocks/tip/hash":
        return top.hash
    if path == "/blocks/tip/height":
        return str(top.height)
    if path == "/blocks" or (path.startswith("/blocks/") and int(path.rpartition("/")[2]) > held.height - 1):
        newest = top.height if path == "/blocks" else min(top.height, int(path.rpartition("/")[2]))
        return [described(by_height.get(at) or scene.ledger.block(at)) for at in range(newest, newest - 10, -1)]
    for block in blocks:
        if path == f"/block/{block.hash}/raw":
            return block_bytes(block.header, block.transactions)
        if path == f"/block/{block.hash}/header":
            return block.header.serialise().hex()
    siblings = [held.transactions[0].txid]
    proof = {"block_height": held.height, "merkle": siblings, "pos": 1}
    return invented(scene, path, truth, proof=lambda _height: proof)


def test_blocks_without_work_are_refused_and_their_server_rests(scene: Scene):
    blocks = forged(scene, on=scene.ledger.height, count=40, work=False)
    scene.lie = lambda path, truth: on_a_branch(scene, blocks, path, truth)
    scene.pass_minutes(1)
    reasons = {provider.reason for provider in scene.watch.reader.status().providers}
    assert reasons == {"", "less work than its target demands"}
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}


def test_a_branch_with_less_work_confirms_nothing_and_is_reported_to_the_admins(scene: Scene):
    blocks = forged(scene, on=scene.ledger.height - 8, count=6, work=True)
    scene.lie = lambda path, truth: on_a_branch(scene, blocks, path, truth)
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}
    letters = list(Outbox.select().where(Outbox.kind == "admin_branches", Outbox.telegram_id == 1))
    assert len(letters) == 1
    assert json.loads(letters[0].payload)["chain"] == scene.coin.value


def test_a_changed_block_is_refused_and_read_from_the_other_server(scene: Scene):
    script = script_pubkey(scene.coin, scene.address)

    def lie(path, truth):
        if path.startswith("/address/"):
            return []
        if not path.endswith("/raw"):
            return None
        block = next(each for each in scene.ledger.blocks if each.hash in path)
        larger_sum = (INVENTED).to_bytes(8, "little")
        units = int(HONEST * 10**8).to_bytes(8, "little")
        return block.serialise().replace(
            units + bytes([len(script)]) + script, larger_sum + bytes([len(script)]) + script
        )

    scene.lie = lie
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}


def test_a_server_that_says_that_nobody_is_paid_in_a_block_hides_nothing(scene: Scene):
    def lie(path, truth):
        if path.startswith("/address/"):
            return []
        if path.startswith("/block/") and "/txs/" in path:
            return [each | {"vout": []} for each in truth]
        return NOTHING if path.endswith("/raw") else None

    scene.lie = lie
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}


def test_it_hides_nothing_from_a_shop_whose_other_server_has_no_whole_blocks_either(scene: Scene):
    def lie(path, truth):
        if path.startswith("/address/"):
            return []
        return [each | {"vout": []} for each in truth] if path.startswith("/block/") and "/txs/" in path else None

    scene.lie = lie
    scene.chains.explorers[scene.coin].serves_raw = False
    honest = scene.pay_and_mine()
    assert scene.credited() == {honest: int(HONEST * 10**8)}


class Late:
    """Passes requests on; `lacks` are the hashes of the blocks that have not arrived at the honest server yet."""

    def __init__(self, app: Callable) -> None:
        self._app = app
        self.lacks: set[str] = set()

    def wsgi_app(self, environ, start_response):
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX) and any(block_hash in path for block_hash in self.lacks):
            return Response("not found", status=404, mimetype="text/plain")(environ, start_response)
        return self._app(environ, start_response)


def found(scene: Scene) -> set[str]:
    """Let a minute pass and the shop scan; return the payments that it has found so far."""
    scene.stand.clock.pass_s(60)
    scene.watch.scan()
    return {row.txid for row in Deposit.select()}


def test_it_hides_nothing_in_a_block_that_the_other_server_does_not_have_yet(scene: Scene, front):
    def lie(path, truth):
        if path.startswith("/block/") and "/txs/" in path:
            return [each | {"vout": []} for each in truth]
        return NOTHING if path.endswith("/raw") else None

    scene.lie = lie
    front.app = late = Late(front.app.wsgi_app)
    honest = scene.chains.pay(scene.coin.value, scene.address, HONEST, None)
    scene.chains.mine(scene.coin.value, 1)
    late.lacks.add(scene.ledger.blocks[-1].hash)
    for _ in range(3):
        assert found(scene) == set()
        assert scene.watch.behind == 1
        assert not scene.watch.delayed
    assert scene.watch.resting == (), "a block that is late is nobody's fault"
    late.lacks.clear()
    scene.chains.mine(scene.coin.value, 1)
    assert found(scene) == {honest}


def test_one_that_denies_every_block_delays_the_others_word_by_one_block(scene: Scene):
    scene.lie = lambda path, truth: NOTHING if path.startswith("/block/") else None
    scene.chains.explorers[scene.coin].serves_raw = False
    honest = scene.chains.pay(scene.coin.value, scene.address, HONEST, None)
    scene.chains.mine(scene.coin.value, 1)
    assert found(scene) == set()
    scene.chains.mine(scene.coin.value, 1)
    assert found(scene) == {honest}
    assert scene.watch.behind == 1
