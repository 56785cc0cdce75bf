"""Signs a plan's SOL where there is a network, and sends it at once, because its signatures are valid for about a
minute.

It needs a plan, keys and a node, but neither the shop nor its database, so it runs on any of the operator's machines.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from shop.chains.sending import NotTaken
from shop.chains.solana_sending import SolanaSending
from wallet.chains import Chain
from wallet.plans.keys import Keys
from wallet.plans.plan import Plan
from wallet.plans.signed import SignedTransaction
from wallet.plans.signing import sign_transaction

BATCH = 50
"""The most transactions that share a blockhash: few enough to be signed and sent well within its minute."""
AGAIN_S = 2
MOST_TRIES = 5
MOST_LOOKS = 120
"""The most status checks before a transaction counts as undecided: twice the life of a blockhash."""

Wait = Callable[[int], object]
Progress = Callable[[int], None]
Keep = Callable[[Sequence[SignedTransaction]], object]


def sign_and_send(
    plan: Plan,
    keys: Keys,
    sending: SolanaSending,
    *,
    wait: Wait,
    progress: Progress,
    keep: Keep,
    before: Sequence[SignedTransaction] = (),
) -> tuple[SignedTransaction, ...]:
    """Sign, send and follow each SOL transaction of a checked plan; return those that the chain accepted.

    An address that does not hold the planned amount is left alone: it was emptied before, or something arrived since.
    `wait` sleeps for some seconds, `progress` is called with the number handled. `keep` is called before anything is
    sent, with all that was accepted and all that may be; `before` is what an earlier call kept last: its outcome is
    found out first.

    Raises:
        ChainUnavailable: no server answers; transactions already sent may have been accepted, which a second call
        finds out. KeyMissing, WrongKey: nothing more is signed.
    """
    landed: list[SignedTransaction] = []
    for start in range(0, len(before), BATCH):
        landed += _follow(before[start : start + BATCH], sending.blockhash().last_height, sending, wait)
    known = {each.position for each in landed}
    places = [at for at, planned in enumerate(plan.transactions) if planned.chain is Chain.SOL and at not in known]
    waiting, done = iter(places), len(known)
    while batch := list(islice(waiting, BATCH)):
        open_ones = _as_planned(plan, batch, sending)
        for _ in range(MOST_TRIES):
            if not open_ones:
                break
            recent = sending.blockhash()
            signed = [sign_transaction(plan, place, keys, blockhash=recent.hash) for place in open_ones]
            keep([*landed, *signed])
            taken = _follow(signed, recent.last_height, sending, wait)
            landed += taken
            open_ones = _as_planned(plan, _without(open_ones, taken), sending)
        done += len(batch)
        progress(done)
    return tuple(sorted(landed, key=lambda each: each.position))


def _as_planned(plan: Plan, places: Sequence[int], sending: SolanaSending) -> list[int]:
    """Choose the transactions whose address holds the planned amount."""
    if not places:
        return []
    sources = {place: plan.transactions[place].holders[0].address for place in places}
    held = sending.lamports(list(sources.values()))
    planned = plan.transactions
    return [place for place in places if held[sources[place]] == planned[place].units + planned[place].fee]


def _follow(
    signed: Sequence[SignedTransaction], last_height: int, sending: SolanaSending, wait: Wait
) -> list[SignedTransaction]:
    """Send the same bytes until they are accepted or too old; return those that were accepted."""
    landed: list[SignedTransaction] = []
    for _ in range(MOST_LOOKS):
        left = [each for each in signed if each not in landed]
        for each in left:
            _send(sending, each)
        wait(AGAIN_S)
        final = sending.final([each.txid for each in left])
        landed += [each for each in left if each.txid in final]
        if len(landed) == len(signed) or sending.has_expired(left[0].txid, last_height):
            break
    return landed


def _send(sending: SolanaSending, signed: SignedTransaction) -> None:
    try:
        sending.send(signed.raw)
    except NotTaken:
        return  # its status tells the outcome


def _without(places: Iterable[int], taken: Iterable[SignedTransaction]) -> list[int]:
    gone = {each.position for each in taken}
    return [place for place in places if place not in gone]
