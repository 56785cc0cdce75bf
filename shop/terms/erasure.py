"""Forgetting people: their data is deleted, the books stay, and a keyed hash recognises them if they come back.

The Telegram id is replaced by a number above all of Telegram's: `FIRST_PSEUDONYM` and the first 62 bits of
HMAC-SHA256 of the id, with a key that only this database has. So bans and coupon limits still apply, and a balance
waits for them. Only a refund in Stars that is under way keeps the id, until Telegram has answered.
"""

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from storage.database import Database
from storage.deletions import DELETED, RETURNED, DeletionLog
from storage.models import Customer, Erasure, Secret
from storage.models import personal_data as rows
from storage.models.customers import FIRST_PSEUDONYM

_log = logging.getLogger("souk.shop")

_KEY = "pseudonym_key"
_YEAR_S = 31_557_600
"""A Julian year (IAU)."""


@dataclass(frozen=True, slots=True)
class Erasures:
    """Forgets people, and recognises them if they come back."""

    database: Database
    clock: Callable[[], int]

    @property
    def log(self) -> DeletionLog:
        """The file beside the database that outlives a restored backup."""
        return DeletionLog.beside(self.database.path)

    def pseudonym(self, telegram_id: int) -> int:
        """Compute the number that replaces a Telegram id once it is deleted."""
        return _pseudonym(self._key(), telegram_id)

    def erase(self, customer_id: int, *, if_so: Callable[[Customer], bool] = lambda _customer: True) -> bool:
        """Forget a customer at once; return whether there was anything to forget. Needs no open transaction.

        `if_so` is asked inside the transaction.
        """
        self._key()
        with self.database.transaction():
            customer = Customer.get_or_none(Customer.id == customer_id)
            if customer is None or customer.telegram_id >= FIRST_PSEUDONYM or not if_so(customer):
                return False
            pseudonym, now = self.pseudonym(customer.telegram_id), self.clock()
            if (before := self.forgotten(customer.telegram_id)) is not None:
                # An import brought this customer, or an earlier version moved them there: the hash leads to them now.
                Customer.change(customer.id, banned=customer.banned or before.banned)
                self.disown(before)
            # The file first: if the program dies in between, a deletion is repeated rather than lost.
            self.log.add(DELETED, pseudonym, now=now)
            Erasure.insert(customer=customer_id, erased_at=now).execute()
            rows.erase(customer_id, customer.telegram_id, pseudonym)
        _log.info("the data of customer %d was deleted", customer_id)
        return True

    def forgotten(self, telegram_id: int) -> Customer | None:
        """Find the forgotten person who had a Telegram account; None if nobody is known by its hash."""
        return Customer.by_telegram_id(self.pseudonym(telegram_id)) if Erasure.any_recognised() else None

    def disown(self, customer: Customer) -> None:
        """Replace a forgotten person's hash with a random number, so that nothing leads to them any more.

        Needs an open transaction.
        """
        Customer.change(customer.id, telegram_id=FIRST_PSEUDONYM | secrets.randbits(62))
        Erasure.unrecognise(customer.id)
        self.log.drop({customer.telegram_id})

    def returning(self, telegram_id: int) -> Customer | None:
        """Find a forgotten person who writes again, and give them their number back. Needs an open transaction."""
        customer = self.forgotten(telegram_id)
        if customer is None:
            return None
        self.log.add(RETURNED, customer.telegram_id, now=self.clock())
        Customer.change(customer.id, telegram_id=telegram_id, announcements=True)
        Erasure.end(customer.id)
        return Customer.get_by_id(customer.id)

    def replay(self, *, tell: Callable[[int], None] = lambda _count: None) -> int:
        """Forget again the people who came back with a restored backup, using the file beside the database; return
        how many.

        A backup from before there was a key recognises no hash: `tell` is called once with the number of deletions
        that cannot be repeated, in the transaction that makes the key.
        """
        known = self.log.known()
        deleted = {pseudonym for pseudonym, word in known.items() if word == DELETED}
        if deleted and Secret.read(_KEY) is None and Customer.remembered():
            with self.database.transaction():
                self._key()
                tell(len(deleted))
            _log.warning("%d deletions cannot be repeated: the restored database is from before them", len(deleted))
        key, forgotten = self._key(), Erasure.pseudonyms()
        for pseudonym in forgotten - known.keys():
            self.log.add(DELETED, pseudonym, now=self.clock())
        missing = deleted - forgotten
        if not missing:
            return 0
        found = [row.id for row in Customer.remembered() if _pseudonym(key, row.telegram_id) in missing]
        for customer_id in found:
            self.erase(customer_id)
        if found:
            _log.warning("the deletions of %d customers were repeated: an older database was restored", len(found))
        return len(found)

    def forget_hashes(self, *, years: int) -> int:
        """Replace expired hashes with random numbers; return how many there were."""
        over = Erasure.before(self.clock() - years * _YEAR_S)
        for erasure in over:
            with self.database.transaction():
                self.disown(Customer.get_by_id(erasure.customer_id))
        return len(over)

    def _key(self) -> bytes:
        """Read the key of the hashes; the first time, make it."""
        stored = Secret.read(_KEY)
        if stored is None:
            stored = secrets.token_hex(32)
            if self.database.in_transaction():
                Secret.make(_KEY, stored)
            else:
                with self.database.transaction():
                    Secret.make(_KEY, stored)
        return bytes.fromhex(stored)


def _pseudonym(key: bytes, telegram_id: int) -> int:
    digest = hmac.digest(key, str(telegram_id).encode(), hashlib.sha256)
    return FIRST_PSEUDONYM | int.from_bytes(digest[:8]) >> 2
