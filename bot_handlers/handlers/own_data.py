"""A customer's own data: get it, have it deleted, change one's mind."""

from dataclasses import dataclass

from bot_handlers.callbacks.own_data import AskDeletion, DeleteMyData, KeepMyData, SendMyData, ShowMyData
from bot_handlers.screens import own_data as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat
from shop.terms.own_data import DataRights


@dataclass(frozen=True, slots=True)
class OwnDataHandlers:
    """What customers can do with what is stored about them."""

    chat: Chat
    rights: DataRights

    def show(self, visit: Visit, _page: ShowMyData) -> None:
        """Show what there is to do."""
        self.chat.show(visit, screens.my_data(self.rights.state(visit.person), visit.translator))

    def send(self, visit: Visit, _page: SendMyData) -> None:
        """Send everything, once a day, as a file to read and one for programs."""
        for parcel in screens.files(self.rights.export(visit.person), visit.translator):
            self.chat.send_file(visit, parcel)

    def ask(self, visit: Visit, _page: AskDeletion) -> None:
        """Say what a deletion takes and what stays."""
        self.chat.show(visit, screens.ask_deletion(self.rights.state(visit.person), visit.translator))

    def delete(self, visit: Visit, _press: DeleteMyData) -> None:
        """Have the data deleted in some days."""
        self.chat.show(visit, screens.my_data(self.rights.ask(visit.person), visit.translator))

    def keep(self, visit: Visit, _press: KeepMyData) -> None:
        """Delete nothing after all."""
        self.chat.show(visit, screens.my_data(self.rights.keep(visit.person), visit.translator))
