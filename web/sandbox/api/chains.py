"""Pay, mine, drop, change fees and break servers: `/sandbox/api/chains/<chain>/…`."""

from collections.abc import Callable

from flask import Blueprint, Response, jsonify

from web.sandbox.api.body import amount, json_body, optional_text, text, whole
from web.sandbox.chain_panel import ChainPanel

MAX_BLOCKS = 10_000


def mount(blueprint: Blueprint, chains: ChainPanel, on_change: Callable[[], None]) -> None:
    """Add the routes."""

    @blueprint.post("/chains/<chain>/pay")
    def pay(chain: str) -> Response:
        body = json_body()
        txid = chains.pay(chain, text(body, "address"), amount(body, "amount"), optional_text(body, "asset"))
        on_change()
        return jsonify(txid=txid)

    @blueprint.post("/chains/<chain>/mine")
    def mine(chain: str) -> Response:
        height = chains.mine(chain, whole(json_body(), "blocks", default=1, least=1, most=MAX_BLOCKS))
        on_change()
        return jsonify(height=height)

    @blueprint.post("/chains/<chain>/drop")
    def drop(chain: str) -> Response:
        txid = text(json_body(), "txid")
        chains.drop(chain, txid)
        on_change()
        return jsonify(dropped=txid)

    @blueprint.post("/chains/<chain>/fees")
    def fees(chain: str) -> Response:
        chains.cost(chain, whole(json_body(), "times", default=1, least=1, most=10_000))
        on_change()
        return jsonify(ok=True)

    @blueprint.post("/chains/<chain>/fault")
    def break_providers(chain: str) -> Response:
        body = json_body()
        chains.fault(chain, text(body, "kind"), whole(body, "count", default=1))
        on_change()
        return jsonify(ok=True)
