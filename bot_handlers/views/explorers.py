"""Where anybody can look at a transaction or an address."""

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


_ADDRESSES = {
    Chain.BTC: "https://mempool.space/address/{}",
    Chain.LTC: "https://litecoinspace.org/address/{}",
    Chain.ETH: "https://etherscan.io/address/{}",
    Chain.TRX: "https://tronscan.org/#/address/{}",
    Chain.SOL: "https://solscan.io/account/{}",
}


def address_link(chain: Chain, address: str) -> str:
    """Write the address of an explorer's page about an address of a chain."""
    return _ADDRESSES[chain].format(address)
