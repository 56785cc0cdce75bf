"""Tokens that the shop does not take: they show only in a transaction that somebody names; the admins are told.

Anybody can make tokens, for next to nothing, and pay them to an address. So few payments to an address are reported,
each once, and by the contract alone: what a token calls itself reaches nobody.
"""

import logging
from collections.abc import Sequence

from shop.assets import ASSETS, NOT_CREDITED
from shop.chains.transfers import ChainReader, OtherToken, TokenReader
from shop.context import Context
from shop.outbox import Event
from storage.models import DepositAddress
from storage.models import UnattributedFunds as FundsRow
from wallet.chains import Chain

_log = logging.getLogger("souk.chains")

MOST_PER_ADDRESS = 10
_AT_ONCE = 3
"""The most letters about one transaction."""
_COINS = ASSETS.keys() | NOT_CREDITED.keys()
_BY_BALANCE = {asset.contract: code for code, asset in NOT_CREDITED.items()}
"""The tokens that the balances show as well (`shop.payments.unattributed`), by contract."""


def are_paid(context: Context, reader: ChainReader, txid: str, addresses: Sequence[str]) -> bool:
    """Return whether a transaction pays such tokens to these addresses of the shop; the admins are told of each.

    Raises:
        UnknownTransaction: the chain does not know it.
        ChainUnavailable: no server answers.
    """
    found = reader.other_tokens(txid, addresses) if isinstance(reader, TokenReader) else ()
    if found:
        with context.database.transaction():
            _tell(context, reader.chain, found)
    return bool(found)


def _tell(context: Context, chain: Chain, found: Sequence[OtherToken]) -> None:
    """Notify the admins of what is new. Needs an open transaction."""
    rows = {row.address: row for row in DepositAddress.among(chain.value, {each.address for each in found})}
    told = FundsRow.told([row.id for row in rows.values()])
    payments = {place for place in told if place[1] not in _COINS}
    letters = unreported = 0
    for token in found:
        row = rows[token.address]
        payment = f"{token.contract}:{token.txid}"
        is_told = (row.id, payment) in payments or told[row.id, _BY_BALANCE.get(token.contract, "")] > 0
        is_flooded = sum(address_id == row.id for address_id, _ in payments) >= MOST_PER_ADDRESS
        unreported += is_flooded and not is_told
        if is_told or is_flooded or letters == _AT_ONCE:
            continue
        letters += 1
        payments.add((row.id, payment))
        FundsRow.keep(row.id, payment, units=0, now=context.clock())
        said = {"customer_id": row.customer_id, "address": row.address, "chain": chain.value}
        payload = {**said, "contract": token.contract, "txid": token.txid}
        context.outbox.tell_admins(Event.ADMIN_UNSEEN, key=f"unseen:{row.address}:{payment}", payload=payload)
    if unreported:
        what = "%s: %d payments in other tokens are not reported: their address has had %d notices"
        _log.warning(what, chain.value, unreported, MOST_PER_ADDRESS)
