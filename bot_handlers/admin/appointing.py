"""What owners do about managers."""

from bot_handlers.admin.callbacks_roles import (
    GiveRight,
    RemoveManager,
    ResetFactor,
    ShowManager,
    ShowManagers,
    TakeRight,
    TypeManager,
)
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import roles as views
from bot_handlers.visits import Visit
from shop.administration.managers import Manager, Managers
from shop.errors import StaleScreen
from shop.people import Right


class AppointingHandlers:
    """Who may do what."""

    def __init__(self, roles: Managers, *, conversations: Conversations, messenger: Messenger) -> None:
        self._roles = roles
        self._conversations = conversations
        self._messenger = messenger

    def show_managers(self, visit: Visit, place: ShowManagers) -> None:
        """Show a page of the managers."""
        page = self._roles.managers(visit.person, page=place.page)
        self._messenger.show(visit, views.managers(page, visit.translator))

    def type_manager(self, visit: Visit, _page: TypeManager) -> None:
        """Ask who is meant; the next message is the answer."""
        self._conversations.ask(visit, Step.MANAGER)
        self._messenger.show(visit, views.ask_manager(visit.translator))

    def typed_manager(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Show whom the answer means; what names nobody is asked for again."""
        if not text:
            self.type_manager(visit, TypeManager())
            return
        manager = self._roles.find(visit.person, text)
        self._conversations.end(visit)
        self._show(visit, manager)

    def show_manager(self, visit: Visit, choice: ShowManager) -> None:
        """Show what somebody may do."""
        self._show(visit, self._roles.one(visit.person, choice.telegram_id))

    def give_right(self, visit: Visit, choice: GiveRight) -> None:
        """Give a right."""
        self._show(visit, self._roles.give(visit.person, choice.telegram_id, _right(choice.right)))

    def take_right(self, visit: Visit, choice: TakeRight) -> None:
        """Take a right back."""
        self._show(visit, self._roles.take(visit.person, choice.telegram_id, _right(choice.right)))

    def remove(self, visit: Visit, choice: RemoveManager) -> None:
        """Take every right back."""
        self._roles.remove(visit.person, choice.telegram_id)
        self.show_managers(visit, ShowManagers(0))

    def reset_factor(self, visit: Visit, choice: ResetFactor) -> None:
        """Forget a second factor."""
        self._show(visit, self._roles.reset_factor(visit.person, choice.telegram_id))

    def _show(self, visit: Visit, manager: Manager) -> None:
        self._messenger.show(visit, views.manager(manager, visit.translator))


def _right(word: str) -> Right:
    try:
        return Right(word)
    except ValueError:
        raise StaleScreen from None
