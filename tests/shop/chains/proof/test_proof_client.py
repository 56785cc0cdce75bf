"""Malformed proofs, headers and transactions from a server."""

from collections.abc import Callable

import pytest

from shop.chains.errors import BadAnswer
from shop.chains.proof.proof_client import ProofClient
from tests.shop.chains.proof.conftest import HeaderServer
from tests.shop.chains.proof.recorded import BTC_START, btc_headers

TXID = BLOCK = "ab" * 32


def proof(**changes: object) -> dict[str, object]:
    return {"block_height": 5, "merkle": ["cd" * 32], "pos": 1} | changes


@pytest.mark.parametrize(
    ("ask", "said", "reason"),
    [
        (lambda c: c.merkle_proof(TXID), proof(merkle=["cd" * 32] * 33), "a proof that is too long"),
        (
            lambda c: c.merkle_proof(TXID),
            proof(merkle=["cd" * 31]),
            "answer.merkle[0] has the wrong length",
        ),
        (lambda c: c.merkle_proof(TXID), proof(merkle="cd" * 32), "answer.merkle is not a list"),
        (lambda c: c.merkle_proof(TXID), proof(pos=-1), "answer.pos is not a whole number"),
        (lambda c: c.merkle_proof(TXID), proof(block_height="5"), "answer.block_height is not a quantity"),
        (lambda c: c.merkle_proof(TXID), {"merkle": [], "pos": 0}, "answer has no such field block_height"),
        (lambda c: c.raw_transaction(TXID), "0g", "not hexadecimal"),
        (lambda c: c.raw_transaction(TXID), "abc", "not hexadecimal"),
        (lambda c: c.raw_transaction(TXID), "ab" * 4_000_001, "a transaction above the size limit"),
        (lambda c: c.header(BLOCK), btc_headers()[0].hex(), "the header of a different block"),
        (lambda c: c.header(BLOCK), "ab" * 79, "a header of the wrong length"),
        (lambda c: c.txids(BLOCK), ["ab" * 31], "answer[0] has the wrong length"),
    ],
)
def test_a_malformed_answer_is_reported_as_such(
    client_of: Callable[[str, HeaderServer], ProofClient],
    ask: Callable[[ProofClient], object],
    said: object,
    reason: str,
):
    server = HeaderServer(list(btc_headers()[:2]), BTC_START, lie=lambda *_: said)
    with pytest.raises(BadAnswer) as refused:
        ask(client_of("liar", server))
    assert refused.value.reason == reason
