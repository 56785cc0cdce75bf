"""A plan in words, for the person who approves it: what goes where, from how many addresses, at what cost."""

from collections.abc import Iterator
from datetime import UTC, datetime

from wallet.chains import Chain
from wallet.plans.plan import EthereumTerms, Plan, PlannedTransaction, Token, Transfer

COINS = {
    Chain.BTC: Token("BTC", 8),
    Chain.LTC: Token("LTC", 8),
    Chain.ETH: Token("ETH", 18),
    Chain.TRX: Token("TRX", 6),
    Chain.SOL: Token("SOL", 9),
}
MAIN_NETWORK = 1
"""The chain id of Ethereum's main network (EIP-155)."""


def describe(plan: Plan) -> list[str]:
    """Write a plan as lines: destinations in full, amounts, gas for each address that gets some, the most that it
    can cost, and when it expires.

    A token's name comes from the plan; its contract is shown beside it.
    """
    lines = [f"Made {_moment(plan.made_at)}, to be signed and sent until {_moment(plan.expires_at)}."]
    for chain in Chain:
        mine = [each for each in plan.transactions if each.chain is chain]
        if mine:
            lines += ["", *_chain(plan, chain, mine)]
    return [*lines, "", f"Plan {plan.digest}"]


def question(plan: Plan) -> str:
    """Ask whether the addresses are right, and the sum of the gas: nobody knows the addresses that it goes to."""
    sums = [amount(sum(each.units for each in gas), COINS[chain]) for chain in Chain if (gas := _gas(plan, chain))]
    if not sums:
        return "Are these your addresses?"
    return f"Are these your addresses, and may {' and '.join(sums)} be paid as gas to the addresses of the plan?"


def _gas(plan: Plan, chain: Chain) -> list[Transfer]:
    return [each for each in plan.transactions if each.chain is chain and isinstance(each, Transfer) and each.is_gas]


def _chain(plan: Plan, chain: Chain, transactions: list[PlannedTransaction]) -> Iterator[str]:
    yield f"{chain.value} to {plan.destinations.get(chain, 'nowhere')}{_network(transactions)}"
    sweeps = [each for each in transactions if not (isinstance(each, Transfer) and each.is_gas)]
    contracts = sorted({each.contract if isinstance(each, Transfer) else "" for each in sweeps})
    for contract in contracts:
        token = plan.tokens.get((chain, contract), Token("units", 0)) if contract else COINS[chain]
        own = [each for each in sweeps if contract == (each.contract if isinstance(each, Transfer) else "")]
        addresses = {holder.address for each in own for holder in each.holders}
        what = f" (contract {contract})" if contract else ""
        yield (
            f"    {amount(sum(each.units for each in own), token)}{what} "
            f"from {_count(len(addresses), 'address', 'addresses')}, "
            f"{_count(len(own), 'transaction', 'transactions')}"
        )
    gas = _gas(plan, chain)
    yield from (f"    gas: {amount(each.units, COINS[chain])} to {each.to}" for each in gas)
    if gas:
        payers = ", ".join(sorted({each.source.address for each in gas}))
        units, getting = sum(each.units for each in gas), {each.to for each in gas}
        yield (
            f"    gas in all: {amount(units, COINS[chain])} from {payers} "
            f"to {_count(len(getting), 'address', 'addresses')} of the plan"
        )
    yield f"    it costs {amount(sum(each.fee for each in transactions), COINS[chain])} at most"


def amount(units: int, token: Token) -> str:
    """Write units as a plain decimal number of coins."""
    whole, fraction = divmod(units, 10**token.decimals)
    digits = f"{whole:,}" + (f".{fraction:0{token.decimals}}".rstrip("0").rstrip(".") if token.decimals else "")
    return f"{digits.replace(',', ' ')} {token.ticker}"


def _network(transactions: list[PlannedTransaction]) -> str:
    """Name the chain id if it is not Ethereum's main network."""
    terms = [each.terms for each in transactions if isinstance(each, Transfer)]
    others = {each.chain_id for each in terms if isinstance(each, EthereumTerms)} - {MAIN_NETWORK}
    return f" on another network: chain id {', '.join(map(str, sorted(others)))}" if others else ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}".replace(",", " ")


def _moment(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, ValueError, OSError):
        return "never"
