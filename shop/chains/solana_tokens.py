"""Tokens (SPL) at addresses of Solana, none of which the shop credits.

The commonest are noticed by the balances of the owners' own token accounts; any token shows in a transaction that
somebody names, whichever account of the owner it was paid to.
"""

from collections.abc import Collection, Sequence
from functools import partial

from shop.assets import NOT_CREDITED
from shop.chains.failover import Failover
from shop.chains.solana_client import ACCOUNTS_PER_CALL, CONFIRMED, SolanaClient
from shop.chains.transfers import Balance, OtherToken
from wallet.chains import Chain
from wallet.transactions.solana_programs import associated_token_account

_TOKENS = tuple(asset for asset in NOT_CREDITED.values() if asset.chain is Chain.SOL)


def balances(failover: Failover[SolanaClient], owners: Sequence[str]) -> tuple[Balance, ...]:
    """Ask for the balances of common tokens in the owners' own token accounts. Raises ChainUnavailable."""
    found: list[Balance] = []
    for token in _TOKENS:
        accounts = [associated_token_account(owner, token.contract or "") for owner in owners]
        for start in range(0, len(accounts), ACCOUNTS_PER_CALL):
            some = accounts[start : start + ACCOUNTS_PER_CALL]
            amounts = failover.ask(partial(_amounts, accounts=some, most_units=token.most_units))
            theirs = owners[start : start + ACCOUNTS_PER_CALL]
            found += [Balance(owner, token, units) for owner, units in zip(theirs, amounts, strict=True)]
    return tuple(found)


def paid(client: SolanaClient, signature: str, *, owners: Collection[str]) -> tuple[OtherToken, ...]:
    """List the tokens that a transaction paid to these owners. Raises NotFound."""
    gains = client.tokens_received(signature, commitment=CONFIRMED)
    return tuple(OtherToken(owner, mint, signature) for owner, mint in gains if owner in owners)


def _amounts(client: SolanaClient, *, accounts: list[str], most_units: int) -> list[int]:
    return client.token_amounts(accounts, most_units=most_units)
