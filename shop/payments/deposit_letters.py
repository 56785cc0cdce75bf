"""The letters about a deposit: to its customer, whose message follows it, and to the admins, once for each thing."""

from shop.outbox import Event, Outbox
from shop.payments.witnesses import Hearing, Hold
from storage.models import Customer
from storage.models import Deposit as DepositRow

_EACH_ITS_OWN = frozenset({Hold.CEILING.value, Hold.EARLIER.value})


def of_progress(outbox: Outbox, row: DepositRow) -> None:
    """Show the customer where a deposit stands now."""
    customer = Customer.get_by_id(row.customer_id)
    outbox.tell_again(customer, Event.DEPOSIT, key=f"deposit:{row.id}", payload={"deposit_id": row.id})


def of_sighting(outbox: Outbox, row: DepositRow) -> None:
    """Tell the admins that a payment is on its way."""
    outbox.tell_admins(Event.ADMIN_SEEN, key=f"seen-{row.key}", payload={"deposit_id": row.id})


def of_credit(outbox: Outbox, row: DepositRow) -> None:
    """Tell the admins that a deposit was credited."""
    outbox.tell_admins(Event.ADMIN_DEPOSIT, key=f"admin-{row.key}", payload={"deposit_id": row.id})


def of_hold(outbox: Outbox, row: DepositRow) -> None:
    """Tell the admins who decide: once for what a server's answer may end, and again for what only they can."""
    event = Event.ADMIN_CEILING if row.held == Hold.CEILING.value else Event.ADMIN_HELD
    word = row.held if row.held in _EACH_ITS_OWN else "held"
    outbox.tell_admins(event, key=f"{word}-{row.key}", payload={"deposit_id": row.id})


def of_contradiction(outbox: Outbox, row: DepositRow, units: int, other: Hearing) -> None:
    """Tell the admins who may decide about money that two servers show a payment differently, and in what."""
    payload = {
        "deposit_id": row.id,
        "units": str(units),
        "server": other.server,
        "other": str(other.units),
        "differing": other.differing,
    }
    outbox.tell_admins(Event.ADMIN_CONTRADICTED, key=f"contradiction-{row.key}", payload=payload)


def of_disappearance(outbox: Outbox, row: DepositRow) -> None:
    """Tell the admins that a credited deposit is no longer on the chain."""
    outbox.tell_admins(Event.ADMIN_VANISHED, key=f"vanished-{row.key}", payload={"deposit_id": row.id})
