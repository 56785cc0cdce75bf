"""The codes of admins: asked for where something guarded was pressed or typed, which then goes on."""

from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import factor as views
from bot_handlers.visits import Visit
from shop.administration.second_factor import SecondFactor
from shop.errors import SecondFactorNeeded

_MESSAGE = "message"


class ProvingHandlers:
    """From a refusal for want of a code to the code."""

    def __init__(self, second_factor: SecondFactor, *, conversations: Conversations, messenger: Messenger) -> None:
        self._second_factor = second_factor
        self._conversations = conversations
        self._messenger = messenger

    def ask(self, visit: Visit, needed: SecondFactorNeeded, errand: dict[str, str]) -> None:
        """Ask for a code, or for a first one along with a new secret; `errand` is what goes on afterwards."""
        self._withdraw(visit, self._conversations.of(visit))
        if needed.enrolled:
            self._conversations.ask(visit, Step.CODE, **errand)
            self._messenger.show(visit, views.ask_code(visit.translator))
            return
        enrolment = self._second_factor.enrol(visit.person)
        message_id = self._messenger.send(visit.bot_id, visit.chat_id, views.enrolment(enrolment, visit.translator))
        self._conversations.ask(visit, Step.CODE, **errand | {_MESSAGE: str(message_id)})

    def typed(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a code; the message with the secret goes, and the dialog is over."""
        self._second_factor.enter(visit.person, text)
        self._conversations.end(visit)
        gone = self._withdraw(visit, dialog)
        self._messenger.show(visit, views.proven(visit.translator, secret_is_gone=gone))

    def _withdraw(self, visit: Visit, dialog: Dialog | None) -> bool:
        """Take the message with the secret back; return False when it is still there."""
        if dialog is None or dialog.step is not Step.CODE or _MESSAGE not in dialog.answers:
            return True
        instead = views.secret_was_here(visit.translator)
        return self._messenger.withdraw(visit.bot_id, visit.chat_id, int(dialog.answers[_MESSAGE]), instead)
