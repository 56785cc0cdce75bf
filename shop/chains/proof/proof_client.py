"""Asks one Esplora server for data that can be verified: headers, proofs, transactions and blocks as bytes.

Contract: Blockstream/esplora API.md and mempool/electrs `rest.rs`. What a server says about a header is ignored: the
80 bytes are reassembled and hashed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from shop.chains.bitcoin_blocks import BrokenBlock, RawBlock, RawTransaction, parse_block, parse_transaction
from shop.chains.errors import BadAnswer, NotFound, Refused, Rejected
from shop.chains.esplora_client import EsploraClient, header_bytes
from shop.chains.proof.headers import BadHeader, Header
from shop.chains.proof.merkle import NODE_BYTES, BadProof, MerkleProof, merkle_root
from shop.chains.servers import Provider
from wallet.chains import Chain
from wallet.transactions.wire import MalformedTransaction

_HEX = re.compile(rb"(?:[0-9a-f]{2})+")
_MOST_HEADERS = 100
_MOST_SIBLINGS = 32
_MOST_TRANSACTION_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class HeaderPage:
    """Linked headers, oldest first; the last one stands at `top_height`, as the server says."""

    headers: tuple[Header, ...]
    top_height: int


class ProofClient:
    """One server."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.explorer = EsploraClient(provider)
        self._serves_raw_blocks = True

    def newest_headers(self) -> HeaderPage:
        """Ask for the newest headers. Raises ProviderError."""
        return self._page("/blocks")

    def headers_up_to(self, height: int) -> HeaderPage:
        """Ask for the headers that end at a height. Raises ProviderError; NotFound above the tip."""
        page = self._page(f"/blocks/{height}")
        if page.top_height != height:
            raise BadAnswer(self.provider.name, "headers of different heights")
        return page

    def header(self, block_hash: str) -> Header:
        """Ask for one block's header. Raises ProviderError."""
        header = self._header(self._hex(f"/block/{block_hash}/header"))
        if header.hash != block_hash:
            raise BadAnswer(self.provider.name, "the header of a different block")
        return header

    def txids(self, block_hash: str) -> list[bytes]:
        """Ask for the ids of a block's transactions, in the order of the wire. Raises ProviderError."""
        answer = self.provider.get_json(f"/block/{block_hash}/txids")
        return [item.hex(size=32)[::-1] for item in answer.items()]

    def merkle_proof(self, txid: str) -> MerkleProof:
        """Ask for a transaction's place and its path to the root. Raises ProviderError; NotFound while it waits."""
        answer = self.provider.get_json(f"/tx/{txid}/merkle-proof")
        siblings = tuple(item.hex(size=32)[::-1] for item in answer["merkle"].items())
        if len(siblings) > _MOST_SIBLINGS:
            raise BadAnswer(self.provider.name, "a proof that is too long")
        return MerkleProof(answer["block_height"].height, siblings, answer["pos"].integer)

    def raw_transaction(self, txid: str) -> bytes:
        """Ask for a transaction's bytes, with witness; nothing is checked here. Raises ProviderError."""
        raw = self._hex(f"/tx/{txid}/hex")
        if len(raw) > _MOST_TRANSACTION_BYTES:
            raise BadAnswer(self.provider.name, "a transaction above the size limit")
        return raw

    def transaction(self, chain: Chain, txid: str) -> RawTransaction:
        """Ask for a transaction, and compute its id from its bytes. Raises ProviderError."""
        try:
            found = parse_transaction(chain, self.raw_transaction(txid))
        except MalformedTransaction as error:
            raise BadAnswer(self.provider.name, error.flaw.value) from None
        if found.txid != txid:
            raise BadAnswer(self.provider.name, "a different transaction than requested")
        return found

    def whole_block(self, chain: Chain, block_hash: str) -> RawBlock | None:
        """Ask for a block as bytes; None if the server provides none, or lacks the block. Raises ProviderError."""
        if not self._serves_raw_blocks:
            return None
        try:
            return parse_block(chain, self.provider.get(f"/block/{block_hash}/raw").raw(), block_hash=block_hash)
        except BrokenBlock as error:
            raise BadAnswer(self.provider.name, str(error)) from None
        except (NotFound, Rejected, Refused):
            return None

    def block_by_pages(self, chain: Chain, block_hash: str, *, scripts: Collection[bytes]) -> RawBlock:
        """Ask for a block page by page, then by its id for each transaction said to pay one of `scripts`.

        Which ones do is the server's word, so one that lies can leave payments out. Raises ProviderError.
        """
        header = self.header(block_hash)
        listed = list(self.explorer.block_pages(block_hash))
        try:
            root = merkle_root([bytes.fromhex(seen.txid)[::-1] for seen in listed])
        except BadProof as error:
            raise BadAnswer(self.provider.name, error.reason) from None
        if root != header.merkle_root:
            raise BadAnswer(self.provider.name, "the transactions of a different block")
        wanted = [seen.txid for seen in listed if not seen.scripts.isdisjoint(scripts)]
        found = [self.transaction(chain, txid) for txid in wanted]
        self._serves_raw_blocks = False  # not earlier: a server may also refuse bytes because it lacks the block
        return RawBlock(header, tuple(each for each in found if each.stripped_size != NODE_BYTES))

    def _page(self, path: str) -> HeaderPage:
        newest_first: list[Header] = []
        top_height = 0
        for item in self.provider.get_json(path).items():
            header = self._header(header_bytes(item))
            height = item["height"].height
            top_height = top_height if newest_first else height
            is_next = not newest_first or newest_first[-1].previous == header.hash
            if item["id"].text != header.hash or not is_next or height != top_height - len(newest_first):
                raise BadAnswer(self.provider.name, "headers that are not linked")
            newest_first.append(header)
        if not 0 < len(newest_first) <= _MOST_HEADERS:
            raise BadAnswer(self.provider.name, "no headers, or too many")
        return HeaderPage(tuple(reversed(newest_first)), top_height)

    def _header(self, raw: bytes) -> Header:
        try:
            return Header.parse(raw)
        except BadHeader as error:
            raise BadAnswer(self.provider.name, error.reason) from None

    def _hex(self, path: str) -> bytes:
        text = self.provider.get(path).raw().strip()
        if not _HEX.fullmatch(text):
            raise BadAnswer(self.provider.name, "not hexadecimal")
        return bytes.fromhex(text.decode("ascii"))
