"""The policy, the terms, help with payments, who runs the shop, and a customer's own data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot_handlers.callbacks import member
from bot_handlers.callbacks.terms import (
    AskDeletion,
    DeleteMyData,
    KeepMyData,
    SendMyData,
    ShowMyData,
    ShowOperator,
    ShowPaySupport,
    ShowPrivacy,
    ShowTerms,
    TypeOperator,
)
from bot_handlers.screens import terms as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.administration.appearance import CustomTexts, TextKey
from shop.settings.model import Settings
from shop.terms.disclosure import Disclosure, disclosure
from shop.terms.operator import Detail, OperatorDetails
from shop.terms.own_data import DataRights
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class TermsHandlers:
    """The shop's legal texts.

    `chains`: those that are read. `provider`: who takes the coins, if not the shop. `uses_stars`: it accepts Stars.
    """

    chat: Chat
    settings: Settings
    texts: CustomTexts
    operator: OperatorDetails
    chains: frozenset[Chain]
    provider: str
    uses_stars: Callable[[], bool] = lambda: False

    def show_privacy(self, visit: Visit, _page: ShowPrivacy) -> None:
        """Show the privacy policy."""
        self.chat.show(visit, screens.privacy(self._facts(), visit.translator, self._own(visit, TextKey.PRIVACY)))

    def show_terms(self, visit: Visit, _page: ShowTerms) -> None:
        """Show the terms of sale."""
        self.chat.show(visit, screens.terms(self._facts(), visit.translator, self._own(visit, TextKey.TERMS)))

    def show_pay_support(self, visit: Visit, _page: ShowPaySupport) -> None:
        """Show what to do about a payment."""
        own = self._own(visit, TextKey.PAYSUPPORT)
        screen = screens.pay_support(self._facts(), self.settings.support_link, visit.translator, own)
        self.chat.show(visit, screen)

    def show_operator(self, visit: Visit, _page: ShowOperator) -> None:
        """Show an admin who runs the shop."""
        self.chat.show(visit, screens.operator(self.operator.read(), visit.translator))

    def ask_operator(self, visit: Visit, choice: TypeOperator) -> None:
        """Ask for one detail of the operator."""
        detail = member(Detail, choice.detail)
        self.chat.ask(visit, Step.OPERATOR, screens.ask_operator(detail, visit.translator), detail=detail.value)

    def take_operator(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take one detail of the operator; a dash goes back to the setting."""
        changed = self.operator.change(visit.person, Detail(dialog.answers["detail"]), "" if text == "-" else text)
        self.chat.end(visit)
        self.chat.show(visit, screens.operator(changed, visit.translator))

    def _facts(self) -> Disclosure:
        stars = self.uses_stars()
        return disclosure(self.settings, chains=self.chains, provider=self.provider, uses_stars=stars)

    def _own(self, visit: Visit, key: TextKey) -> str | None:
        return self.texts.of(key, visit.person.language)


@dataclass(frozen=True, slots=True)
class OwnDataHandlers:
    """Customers' rights over their stored data."""

    chat: Chat
    rights: DataRights

    def show(self, visit: Visit, _page: ShowMyData) -> None:
        """Show what there is to do."""
        self.chat.show(visit, screens.my_data(self.rights.state(visit.person), visit.translator))

    def send(self, visit: Visit, _page: SendMyData) -> None:
        """Send everything, once a day, as a file to read and one for programs; if one is lost, they can ask again."""
        lost = partial(self.rights.not_sent, visit.person)
        for parcel in screens.files(self.rights.export(visit.person), visit.translator):
            self.chat.send_file(visit, parcel, lost=lost)

    def ask(self, visit: Visit, _page: AskDeletion) -> None:
        """Say what a deletion takes and what stays."""
        self.chat.show(visit, screens.ask_deletion(self.rights.state(visit.person), visit.translator))

    def delete(self, visit: Visit, _press: DeleteMyData) -> None:
        """Have the data deleted in some days."""
        self.chat.show(visit, screens.my_data(self.rights.ask(visit.person), visit.translator))

    def keep(self, visit: Visit, _press: KeepMyData) -> None:
        """Delete nothing after all."""
        self.chat.show(visit, screens.my_data(self.rights.keep(visit.person), visit.translator))
