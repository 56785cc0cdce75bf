"""Talks to one Esplora server (mempool.space, blockstream.info, litecoinspace.org), which says only where to look.

Contract: Blockstream/esplora API.md and mempool/electrs. What a server says about a transaction is only a hint and
never credited (`shop.chains.proof`). Old forks list a transaction twice, and a malformed page mark silently starts
over at the first page: both are guarded against here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer
from shop.chains.servers import Provider

_HASH = re.compile(r"[0-9a-f]{64}")
_PAGE = 25
_MAX_PAGES = 200
_MOST_TRANSACTIONS = 20_000
"""The most transactions in a block: 16 667 of the smallest possible fit into 4 million weight units."""


@dataclass(frozen=True, slots=True)
class SeenTransaction:
    """A transaction as a server describes it: which scripts it pays, and at which height; None: in no block."""

    txid: str
    scripts: frozenset[bytes]
    block_height: int | None = None


class EsploraClient:
    """One server."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

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

    def block_pages(self, block_hash: str) -> Iterator[SeenTransaction]:
        """List a block's transactions, page by page."""
        count = self.provider.get_json(f"/block/{block_hash}")["tx_count"].up_to(_MOST_TRANSACTIONS)
        for start in range(0, count, _PAGE):
            page = [
                self._transaction(item) for item in self.provider.get_json(f"/block/{block_hash}/txs/{start}").items()
            ]
            if len(page) != min(_PAGE, count - start):
                raise BadAnswer(self.provider.name, "a block with pages missing")
            yield from page

    def history(self, address: str, *, down_to: int | None = None) -> list[SeenTransaction]:
        """List an address's transactions, newest first: the first page, or all down to a block height."""
        found = self._list(f"/address/{address}/txs")
        # Where waiting transactions fill the first page, mempool's fork lists no others; how many do, a setting says.
        if down_to is not None and found and _oldest(found) is None:
            confirmed = self._list(f"/address/{address}/txs/chain")
            in_blocks = {seen.txid for seen in confirmed}
            found = [seen for seen in found if seen.txid not in in_blocks] + confirmed
        pages = 1
        while down_to is not None and (oldest := _oldest(found)) is not None and _reaches(oldest, down_to):
            page = self._list(f"/address/{address}/txs/chain/{oldest.txid}")
            if not page:
                break
            known = {seen.txid for seen in found}
            fresh = [seen for seen in page if seen.txid not in known]
            pages += 1
            if not fresh or pages > _MAX_PAGES:
                raise BadAnswer(self.provider.name, "endless pages")
            found += fresh
            if len(page) < _PAGE:
                break
        return found

    def transaction(self, txid: str) -> SeenTransaction:
        """Look a transaction up. Raises NotFound."""
        seen = self._transaction(self.provider.get_json(f"/tx/{txid}"))
        if seen.txid != txid:
            raise BadAnswer(self.provider.name, "a different transaction than requested")
        return seen

    def _list(self, path: str) -> list[SeenTransaction]:
        """Read a list of transactions; of two records of one, the confirmed one counts."""
        found: dict[str, SeenTransaction] = {}
        for item in self.provider.get_json(path).items():
            seen = self._transaction(item)
            if seen.txid not in found or found[seen.txid].block_height is None:
                found[seen.txid] = seen
        return list(found.values())

    def _transaction(self, answer: JsonValue) -> SeenTransaction:
        scripts = frozenset(item["scriptpubkey"].hex() for item in answer["vout"].items())
        status = answer["status"]
        height = status["block_height"].height if status["confirmed"].boolean else None
        return SeenTransaction(self._hash(answer["txid"].text), scripts, height)

    def _hash(self, text: str) -> str:
        if not _HASH.fullmatch(text):
            raise BadAnswer(self.provider.name, "no hash")
        return text


def header_bytes(answer: JsonValue) -> bytes:
    """Reassemble the 80 bytes of a block header from a server's description of it. Raises BadAnswer."""
    numbers = [answer[key].integer & 0xFFFFFFFF for key in ("version", "timestamp", "bits", "nonce")]
    version, timestamp, bits, nonce = (number.to_bytes(4, "little") for number in numbers)
    previous = answer.get("previousblockhash")  # the genesis block has none
    before = bytes(32) if previous is None else previous.hex(size=32)[::-1]
    return version + before + answer["merkle_root"].hex(size=32)[::-1] + timestamp + bits + nonce


def _oldest(found: list[SeenTransaction]) -> SeenTransaction | None:
    confirmed = [seen for seen in found if seen.block_height is not None]
    return confirmed[-1] if confirmed else None


def _reaches(oldest: SeenTransaction, down_to: int) -> bool:
    return oldest.block_height is not None and oldest.block_height >= down_to
