"""Speak to one Esplora server (mempool.space, blockstream.info, litecoinspace.org).

Contract: Blockstream/esplora API.md and mempool/electrs. Amounts are whole satoshi. Old forks list a transaction
twice, and a malformed page mark silently starts again at the first page: both are guarded against here.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from shop.assets import LTC
from shop.chains.answers import JsonValue
from shop.chains.bitcoin_blocks import BrokenBlock, Output, RawBlock, RawTransaction, parse_block
from shop.chains.errors import BadAnswer, NotFound, Refused, Rejected
from shop.chains.proof.merkle import BadProof, merkle_root
from shop.chains.servers import Provider

_HASH = re.compile(r"[0-9a-f]{64}")
_PAGE = 25
_MAX_PAGES = 200
_MOST_TRANSACTIONS = 20_000
"""In one block: at most 16 667 of the smallest possible fit into 4 million units of weight."""
_LOWEST_FINAL_SEQUENCE = 0xFFFFFFFE


@dataclass(frozen=True, slots=True)
class SeenTransaction:
    """A transaction and where it stands; the block fields are None while it is unconfirmed."""

    transaction: RawTransaction
    block_height: int | None = None
    block_hash: str | None = None
    block_time: int | None = None


class EsploraClient:
    """One server. `most_units`: how many satoshi (litoshi) there can be."""

    def __init__(self, provider: Provider, *, most_units: int = LTC.most_units) -> None:
        self.provider = provider
        self._most_units = most_units
        self._serves_raw_blocks = True

    def tip_height(self) -> int:
        """Ask for the height of the newest block."""
        text = self.provider.get("/blocks/tip/height").text()
        if not text.isdecimal() or len(text) > 9:
            raise BadAnswer(self.provider.name, "no block height")
        return int(text)

    def tip_hash(self) -> str:
        """Ask for the hash of the newest block."""
        return self._hash(self.provider.get("/blocks/tip/hash").text())

    def block_hash(self, height: int) -> str:
        """Ask which block stands at a height. Raises NotFound above the tip."""
        return self._hash(self.provider.get(f"/block-height/{height}").text())

    def block(self, height: int) -> RawBlock:
        """Fetch the block at a height: as bytes, or page by page where the server does not hand out bytes."""
        block_hash = self.block_hash(height)
        if self._serves_raw_blocks:
            try:
                body = self.provider.get(f"/block/{block_hash}/raw").raw()
                return self._credible(parse_block(body, block_hash=block_hash))
            except (NotFound, Rejected, Refused):
                block = self._block_by_pages(block_hash)
                self._serves_raw_blocks = False  # not before the pages came: it may not have had the block yet
                return block
            except BrokenBlock:
                pass  # an MWEB body, or a server that lies: the pages are checked against the header as well
        return self._block_by_pages(block_hash)

    def history(self, address: str, *, down_to: int | None = None) -> list[SeenTransaction]:
        """List an address's transactions, newest first: the first page, or all down to a block height."""
        found = self._list(f"/address/{address}/txs")
        pages = 1
        while down_to is not None and (oldest := _oldest(found)) is not None and _reaches(oldest, down_to):
            page = self._list(f"/address/{address}/txs/chain/{oldest.transaction.txid}")
            if not page:
                break
            known = {seen.transaction.txid for seen in found}
            fresh = [seen for seen in page if seen.transaction.txid not in known]
            pages += 1
            if not fresh or pages > _MAX_PAGES:
                raise BadAnswer(self.provider.name, "pages that do not end")
            found += fresh
            if len(page) < _PAGE:
                break
        return found

    def transaction(self, txid: str) -> SeenTransaction:
        """Look a transaction up. Raises NotFound."""
        seen = self._transaction(self.provider.get_json(f"/tx/{txid}"))
        if seen.transaction.txid != txid:
            raise BadAnswer(self.provider.name, "another transaction than asked for")
        return seen

    def _list(self, path: str) -> list[SeenTransaction]:
        """Read a list of transactions; of two records of one, the confirmed one counts."""
        found: dict[str, SeenTransaction] = {}
        for item in self.provider.get_json(path).items():
            seen = self._transaction(item)
            txid = seen.transaction.txid
            if txid not in found or found[txid].block_height is None:
                found[txid] = seen
        return list(found.values())

    def _transaction(self, answer: JsonValue) -> SeenTransaction:
        outputs = tuple(self._output(item) for item in answer["vout"].items())
        replaceable = any(item["sequence"].integer < _LOWEST_FINAL_SEQUENCE for item in answer["vin"].items())
        transaction = RawTransaction(self._hash(answer["txid"].text), outputs, replaceable)
        status = answer["status"]
        if not status["confirmed"].boolean:
            return SeenTransaction(transaction)
        return SeenTransaction(
            transaction,
            block_height=status["block_height"].height,
            block_hash=self._hash(status["block_hash"].text),
            block_time=status["block_time"].time,
        )

    def _output(self, item: JsonValue) -> Output:
        value = item.get("value")  # confidential outputs of other networks have none
        return Output(item["scriptpubkey"].hex(), 0 if value is None else value.up_to(self._most_units))

    def _credible(self, block: RawBlock) -> RawBlock:
        values = (output.value for transaction in block.transactions for output in transaction.outputs)
        if max(values, default=0) > self._most_units:
            raise BadAnswer(self.provider.name, "more coins than there can be")
        return block

    def _block_by_pages(self, block_hash: str) -> RawBlock:
        answer = self.provider.get_json(f"/block/{block_hash}")
        header = header_bytes(answer)
        if _double_sha256(header)[::-1].hex() != block_hash:
            raise BadAnswer(self.provider.name, "the header of another block")
        count = answer["tx_count"].up_to(_MOST_TRANSACTIONS)
        found: list[SeenTransaction] = []
        while len(found) < count:
            page = self.provider.get_json(f"/block/{block_hash}/txs/{len(found)}")
            seen = [self._transaction(item) for item in page.items()]
            if not seen:
                raise BadAnswer(self.provider.name, "a block with pages missing")
            found += seen
        try:
            root = merkle_root([bytes.fromhex(seen.transaction.txid)[::-1] for seen in found])
        except BadProof:
            root = b""
        if root != header[36:68]:
            raise BadAnswer(self.provider.name, "transactions of another block")
        transactions = tuple(seen.transaction for seen in found)
        return RawBlock(block_hash, header[4:36][::-1].hex(), answer["timestamp"].time, transactions)

    def _hash(self, text: str) -> str:
        if not _HASH.fullmatch(text):
            raise BadAnswer(self.provider.name, "no hash")
        return text


def header_bytes(answer: JsonValue) -> bytes:
    """Put the 80 bytes of a block header together again from a server's description of it. Raises BadAnswer."""
    numbers = [answer[key].integer & 0xFFFFFFFF for key in ("version", "timestamp", "bits", "nonce")]
    version, timestamp, bits, nonce = (number.to_bytes(4, "little") for number in numbers)
    previous = answer.get("previousblockhash")  # the first block of all has none
    before = bytes(32) if previous is None else previous.hex(size=32)[::-1]
    return version + before + answer["merkle_root"].hex(size=32)[::-1] + timestamp + bits + nonce


def _oldest(found: list[SeenTransaction]) -> SeenTransaction | None:
    confirmed = [seen for seen in found if seen.block_height is not None]
    return confirmed[-1] if confirmed else None


def _reaches(oldest: SeenTransaction, down_to: int) -> bool:
    return oldest.block_height is not None and oldest.block_height >= down_to


def _double_sha256(data: bytes) -> bytes:
    return sha256(sha256(data).digest()).digest()
