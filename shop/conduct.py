"""Who may come in, and what an admin writes to one customer."""

from shop.errors import NobodyBansHimself, OwnersOnly, TextTooLong
from shop.ground import Ground
from shop.outbox import Event
from shop.people import Person
from shop.rights import Right
from storage.models import Customer

MAX_TEXT = 1000
MAX_REASON = 300


class Conduct:
    """Bans and letters, each with its entry in the log."""

    def __init__(self, ground: Ground) -> None:
        self._database = ground.database
        self._customers = ground.customers
        self._audit = ground.audit
        self._outbox = ground.outbox

    def ban(self, admin: Person, customer_id: int, reason: str, *, banned: bool) -> None:
        """Ban a customer, or let him in again; who is banned already stays so and nothing is logged.

        Raises:
            NotAllowed: he may not look after customers.
            NotFound: no such customer.
            NobodyBansHimself: his own person.
            OwnersOnly: an admin, whom an owner alone bans or lets in again.
            TextTooLong: the reason is longer than is kept.
        """
        if len(reason) > MAX_REASON:
            raise TextTooLong(MAX_REASON)
        # Checked inside: of two owners who ban each other at once, one is banned before he bans.
        with self._database.transaction():
            customer = self.check(admin, customer_id)
            if customer.banned == banned:
                return
            Customer.change(customer_id, banned=banned)
            action = "customer.banned" if banned else "customer.let_in"
            self._audit.write(admin, action, f"customer {customer.telegram_id}", reason=reason)

    def check(self, admin: Person, customer_id: int) -> Person:
        """Refuse whoever may not ban this customer or let him in; raises as `ban` does."""
        self._customers.require(admin, Right.CUSTOMERS)
        customer = self._customers.person(customer_id)
        if customer.id == admin.id:
            raise NobodyBansHimself
        if self._customers.rights_of(customer.telegram_id) and not self._customers.is_owner(admin.telegram_id):
            raise OwnersOnly
        return customer

    def write(self, admin: Person, customer_id: int, text: str) -> None:
        """Send a customer a letter in the shop's name.

        Raises:
            NotAllowed: he may not look after customers.
            NotFound: no such customer.
            TextTooLong: more than a letter holds.
        """
        self._customers.require(admin, Right.CUSTOMERS)
        if len(text) > MAX_TEXT:
            raise TextTooLong(MAX_TEXT)
        with self._database.transaction():
            telegram_id = self._customers.person(customer_id).telegram_id
            number = self._audit.write(admin, "customer.written_to", f"customer {telegram_id}", text=text)
            customer = Customer.get_by_id(customer_id)
            self._outbox.tell(customer, Event.SHOP_WRITES, key=f"shop-writes:{number}", payload={"text": text})
