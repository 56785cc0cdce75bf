"""A faulty unit: which one, a confirmation, another from stock."""

from bot_handlers.admin.callbacks_customers import AskReplace, ReplaceItem, ShowPieces
from bot_handlers.messenger import Messenger
from bot_handlers.views import replacements as views
from bot_handlers.visits import Visit
from shop.support.customers import CustomerSupport
from shop.support.replacements import Replacements


class ReplacingHandlers:
    """Replacements of what was bought."""

    def __init__(self, replacements: Replacements, desk: CustomerSupport, messenger: Messenger) -> None:
        self._replacements = replacements
        self._desk = desk
        self._messenger = messenger

    def show_pieces(self, visit: Visit, place: ShowPieces) -> None:
        """Show the units of a line: which one is faulty?"""
        page = self._replacements.pieces(visit.person, place.line_id, page=place.page)
        self._messenger.show(visit, views.pieces(page, visit.translator))

    def ask(self, visit: Visit, choice: AskReplace) -> None:
        """Ask whether a unit is to be replaced."""
        faulty = self._replacements.faulty(visit.person, choice.item_id)
        name = self._desk.name(visit.person, faulty.customer_id)
        self._messenger.show(visit, views.ask(faulty, name, visit.translator))

    def replace(self, visit: Visit, choice: ReplaceItem) -> None:
        """Replace a unit."""
        faulty = self._replacements.replace(visit.person, choice.item_id)
        self._messenger.show(visit, views.done(faulty, visit.translator))
