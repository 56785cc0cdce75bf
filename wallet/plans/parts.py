"""Plans of several chains in one file, and one chain's plan extracted again, byte for byte."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from wallet.chains import Chain
from wallet.plans.errors import Fault, InvalidPlan
from wallet.plans.plan import Account, Plan, PlannedTransaction, Transfer


def combined(
    plans: Iterable[Plan],
    *,
    accounts: Mapping[Chain, Account],
    boxes: Mapping[int, bytes],
    previous: Mapping[str, bytes],
) -> Plan:
    """Combine plans of different chains, made at the same time, and add the boxes that hold their keys.

    `previous`: whole transactions that pay the inputs, by txid.

    Raises: InvalidPlan with EMPTY for none, with FIELD for plans that were made at different times.
    """
    given = list(plans)
    if not given:
        raise InvalidPlan(Fault.EMPTY)
    if len({(each.made_at, each.expires_at) for each in given}) > 1:
        raise InvalidPlan(Fault.FIELD)
    transactions: list[PlannedTransaction] = []
    for each in given:
        transactions += [_moved(planned, len(transactions)) for planned in each.transactions]
    used = {holder.key.box for planned in transactions for holder in planned.holders}
    return Plan(
        made_at=given[0].made_at,
        expires_at=given[0].expires_at,
        destinations={chain: address for each in given for chain, address in each.destinations.items()},
        transactions=tuple(transactions),
        tokens={key: token for each in given for key, token in each.tokens.items()},
        accounts={
            chain: account for each in given for chain, account in accounts.items() if chain in each.destinations
        },
        boxes={number: box for number, box in boxes.items() if number in used},
        previous=previous,
    )


def part(plan: Plan, chain: Chain) -> tuple[Plan, tuple[int, ...]]:
    """Extract the plan of one chain, without what only a signer needs, and return its transactions' old positions.

    Raises: InvalidPlan with ORDER for one that waits for a transaction of another chain.
    """
    places = tuple([at for at, planned in enumerate(plan.transactions) if planned.chain is chain])
    own = {place: at for at, place in enumerate(places)}
    transactions = []
    for place in places:
        planned = plan.transactions[place]
        if isinstance(planned, Transfer) and planned.after is not None:
            if planned.after not in own:
                raise InvalidPlan(Fault.ORDER, place + 1)
            planned = replace(planned, after=own[planned.after])
        transactions.append(planned)
    alone = Plan(
        made_at=plan.made_at,
        expires_at=plan.expires_at,
        destinations={each: address for each, address in plan.destinations.items() if each is chain},
        transactions=tuple(transactions),
        tokens={key: token for key, token in plan.tokens.items() if key[0] is chain},
    )
    return alone, places


def _moved(planned: PlannedTransaction, by: int) -> PlannedTransaction:
    if isinstance(planned, Transfer) and planned.after is not None:
        return replace(planned, after=planned.after + by)
    return planned
