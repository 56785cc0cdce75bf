"""Orders that wait for a top-up."""

from collections.abc import Callable
from dataclasses import replace

from bot_handlers.callbacks import ChooseCoin, Confirm
from bot_handlers.callbacks_checkout import StopWaiting, TopUpOffer
from bot_handlers.messenger import Messenger
from bot_handlers.views import carts as views
from bot_handlers.visits import Visit
from shop.sales.carts import Carts
from shop.sales.waiting import WaitingOffers


class WaitingHandlers:
    """From a short balance to the coins. `choose_coin` and `confirm` are the screens that both ways lead to."""

    def __init__(
        self,
        waiting: WaitingOffers,
        carts: Carts,
        messenger: Messenger,
        *,
        choose_coin: Callable[[Visit, ChooseCoin], None],
        confirm: Callable[[Visit, Confirm], None],
    ) -> None:
        self._waiting = waiting
        self._carts = carts
        self._messenger = messenger
        self._choose_coin = choose_coin
        self._confirm = confirm

    def top_up(self, visit: Visit, choice: TopUpOffer) -> None:
        """Let an offer wait and show the coins; when the money has come meanwhile, it is bought as was promised."""
        missing = self._waiting.wait(visit.person, choice.offer_id)
        if missing.minor > 0:
            self._choose_coin(visit, ChooseCoin(missing.minor))
        else:
            self._confirm(visit, Confirm(choice.offer_id))

    def stop(self, visit: Visit, _press: StopWaiting) -> None:
        """Let nothing wait any more; the cart stays."""
        self._waiting.stop(visit.person)
        cart = replace(self._carts.of(visit.person), stopped_waiting=True)
        self._messenger.show(visit, views.cart(cart, visit.translator))
