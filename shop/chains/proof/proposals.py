"""Checkpoints for the next release: requested from the servers, checked, and printed for the person making it."""

from collections.abc import Callable, Sequence

from shop.chains.http import Clock
from shop.chains.operators import operator_of
from shop.chains.proof.agreement import Agreement, NoAgreement, ServerGroup, agree_on_start
from shop.chains.proof.checkpoints import CHECKPOINTS, BadCheckpoint, Checkpoint
from shop.chains.proof.consensus import MAINNET, HeaderRules
from shop.chains.proof.proof_client import ProofClient
from wallet.chains import Chain


def propose(clients: Sequence[ProofClient], rules: HeaderRules, release: Checkpoint, *, clock: Clock) -> Agreement:
    """Find a checkpoint for the next release, later than that of this one, and check its links and its work.

    Raises:
        NoAgreement: the servers give none.
        BadCheckpoint: what they agree on is inconsistent, or needs less than a quarter of the work of this release's.
    """
    found = agree_on_start(ServerGroup(clients, clock=clock), rules, above=release.height)
    found.checkpoint.check(rules)
    found.checkpoint.check_floor(release)
    return found


def proposals(clients_of: Callable[[Chain], Sequence[ProofClient]], *, clock: Clock) -> tuple[list[str], bool]:
    """Write a paragraph for each header chain; return whether each has a new checkpoint."""
    paragraphs, complete = [], True
    for chain, release in CHECKPOINTS.items():
        try:
            found = propose(clients_of(chain), MAINNET[chain], release, clock=clock)
        except (NoAgreement, BadCheckpoint) as error:
            paragraphs.append(f"{chain.value}: no checkpoint: {error.reason}")
            complete = False
        else:
            paragraphs.append(_written(chain, found))
    return paragraphs, complete


def _written(chain: Chain, found: Agreement) -> str:
    names = ", ".join(client.provider.name for client in found.witnesses)
    lines = [f"{chain.value} {found.checkpoint.height} {found.checkpoint.hash}"]
    lines += [f"  {raw.hex()}" for raw in found.checkpoint.headers]
    operators = {operator_of(client.provider.name) for client in found.witnesses}
    lines += [f"  named by {names}" + ("" if len(operators) > 1 else ": compare it with another operator")]
    return "\n".join(lines)
