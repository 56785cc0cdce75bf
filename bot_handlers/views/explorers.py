"""Where anybody can look at a transaction."""

from wallet.chains import Chain

_EXPLORERS = {
    Chain.BTC: "https://mempool.space/tx/{}",
    Chain.LTC: "https://litecoinspace.org/tx/{}",
    Chain.ETH: "https://etherscan.io/tx/{}",
    Chain.TRX: "https://tronscan.org/#/transaction/{}",
    Chain.SOL: "https://solscan.io/tx/{}",
}


def transaction_link(chain: Chain, txid: str) -> str:
    """Write the address of an explorer's page about a transaction."""
    return _EXPLORERS[chain].format(txid)
