"""Ways to pay at the moment: coins and Stars or, in store mode, Stars only."""

from dataclasses import dataclass

from shop.context import Context
from shop.errors.payments import CoinsNotTaken
from shop.people import Person, Right
from storage.models import Secret

_NAME = "store mode"


@dataclass(frozen=True, slots=True)
class StoreMode:
    """An owner's switch that hides every top-up in coins at once.

    Balances can still be spent, and addresses already given out are still watched.
    """

    context: Context

    @property
    def is_on(self) -> bool:
        """Return whether it is on."""
        return Secret.read(_NAME) is not None

    @property
    def takes_coins(self) -> bool:
        """Return whether customers can top up in coins now."""
        return self.context.settings.coins_through != "" and not self.is_on

    @property
    def takes_stars(self) -> bool:
        """Return whether customers can top up in Stars now: in store mode always, if there is a price."""
        settings = self.context.settings
        return settings.stars_per_unit > 0 and ("stars" in settings.ways_to_pay or self.is_on)

    def require_coins(self) -> None:
        """Refuse a top-up in coins, even one from the button of an old message.

        Raises:
            CoinsNotTaken: there is none at the moment.
        """
        if not self.takes_coins:
            raise CoinsNotTaken

    def require_owner(self, person: Person) -> None:
        """Refuse everyone but owners."""
        self.context.customers.require(person, Right.OWNERS_ONLY)

    def switch(self, owner: Person, *, on: bool) -> None:
        """Switch it on or off for everyone at once, record it, and notify the other owners. A second call changes
        nothing.
        """
        self.require_owner(owner)
        with self.context.database.transaction():
            if self.is_on == on:
                return
            if on:
                Secret.make(_NAME, str(self.context.clock()))
            else:
                Secret.forget(_NAME)
            entry_id = self.context.audit.write(owner, "store_mode.on" if on else "store_mode.off", "shop")
            self.context.announce(owner, entry_id)
