"""The offers that become orders when a top-up has arrived."""

from typing import Self

from peewee import ForeignKeyField, IntegerField

from storage.models.base import Base
from storage.models.customers import Customer
from storage.models.orders import Offer


class WaitingOffer(Base):
    """The one offer that a customer's top-up is for."""

    customer = ForeignKeyField(Customer, primary_key=True)
    customer_id: int
    offer = ForeignKeyField(Offer, unique=True)
    offer_id: int
    created_at = IntegerField()
    expires_at = IntegerField()

    @classmethod
    def keep(cls, customer_id: int, offer_id: int, *, now: int, expires_at: int) -> None:
        """Let an offer wait instead of whatever waited for this customer."""
        cls.delete().where(cls.customer == customer_id).execute()
        cls.insert(customer=customer_id, offer=offer_id, created_at=now, expires_at=expires_at).execute()

    @classmethod
    def of(cls, customer_id: int, now: int) -> Self | None:
        """Find what waits for a customer now, with its offer."""
        both = cls.select(cls, Offer).join(Offer)
        return both.where(cls.customer == customer_id, cls.expires_at > now).first()

    @classmethod
    def paid_for(cls, now: int) -> list[int]:
        """List the customers whose balance pays for what waits for them; banned ones are left out."""
        rows = cls.select(cls.customer).join(Offer).switch(cls).join(Customer)
        ready = (cls.expires_at > now, Customer.banned == 0, Customer.balance_minor >= Offer.total_minor)
        return [row.customer_id for row in rows.where(*ready).order_by(cls.created_at)]

    @classmethod
    def end(cls, customer_id: int, offer_id: int | None = None) -> bool:
        """Let nothing wait for a customer, or this offer no longer; return whether it did."""
        mine = cls.delete().where(cls.customer == customer_id)
        return bool((mine if offer_id is None else mine.where(cls.offer == offer_id)).execute())

    @classmethod
    def end_of_cart(cls, customer_id: int) -> bool:
        """Let the customer's cart wait no longer; return whether it did."""
        carts = Offer.select(Offer.id).where(Offer.customer == customer_id, Offer.from_cart)
        return bool(cls.delete().where(cls.customer == customer_id, cls.offer.in_(carts)).execute())

    @classmethod
    def forget_expired(cls, now: int) -> int:
        """Drop what waited long enough; return how many."""
        return cls.delete().where(cls.expires_at <= now).execute()
