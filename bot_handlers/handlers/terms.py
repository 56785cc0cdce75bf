"""The privacy policy, the terms of sale, help with payments, and who runs the shop."""

from dataclasses import dataclass

from bot_handlers.callbacks import member
from bot_handlers.callbacks.terms import ShowOperator, ShowPaySupport, ShowPrivacy, ShowTerms, TypeOperator
from bot_handlers.screens import terms as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.administration.appearance import CustomTexts, TextKey
from shop.settings import Settings
from shop.terms.disclosure import Disclosure, disclosure
from shop.terms.operator import Detail, OperatorDetails


@dataclass(frozen=True, slots=True)
class TermsHandlers:
    """What the shop says about itself. `provider` names the payment provider, if there is one."""

    chat: Chat
    settings: Settings
    texts: CustomTexts
    operator: OperatorDetails
    provider: str

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
        return disclosure(self.settings, provider=self.provider)

    def _own(self, visit: Visit, key: TextKey) -> str | None:
        return self.texts.of(key, visit.person.language)
