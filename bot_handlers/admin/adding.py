"""New products, and more goods for those that are there, by a dialog: name, description, price, kind, goods."""

from bot_handlers.admin import callbacks_inventory as cb
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import adding as views
from bot_handlers.views import editing as editing_views
from bot_handlers.visits import Document, Visit
from shop.assembly import Shop
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.drafts import ProductDraft
from shop.catalog.formats.checks import MAX_FILE_BYTES
from shop.catalog.tree import Target
from shop.errors import BadImport, StaleScreen

NEXT = {"name": "text", "text": "price"}


class AddingHandlers:
    """What was chosen waits in a draft, so that buttons may be pressed in between."""

    def __init__(self, shop: Shop, *, conversations: Conversations, messenger: Messenger) -> None:
        self._drafts = shop.drafts
        self._branches = shop.catalog_tree
        self._conversations = conversations
        self._messenger = messenger

    def begin(self, visit: Visit, choice: cb.NewGoods) -> None:
        """Begin a new product with its name."""
        self._drafts.begin(visit.person, choice.category_id)
        self._ask(visit, "name")

    def begin_more(self, visit: Visit, choice: cb.MoreGoods) -> None:
        """Begin to add goods to a product."""
        self._ask_pieces(visit, self._drafts.begin_for(visit.person, choice.product_id))

    def typed(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take what was asked for, and ask for the next thing; what is no value may be typed again."""
        field = dialog.answers["field"]
        self._drafts.type(visit.person, field, text)
        if field in NEXT:
            self._ask(visit, NEXT[field])
        else:
            self._conversations.end(visit)
            self._messenger.show(visit, views.ask_kind(visit.translator))

    def skip(self, visit: Visit, _press: cb.SkipDescription) -> None:
        """Leave the description empty."""
        self._drafts.type(visit.person, "text", "-")
        self._ask(visit, "price")

    def choose(self, visit: Visit, choice: cb.ChooseKind) -> None:
        """Take the kind of goods, and ask for them where there are any."""
        if choice.kind not in {kind.value for kind in DeliverableKind}:
            raise StaleScreen
        draft = self._drafts.choose(visit.person, DeliverableKind(choice.kind))
        if draft.kind is DeliverableKind.MADE_TO_ORDER:
            self._messenger.show(visit, views.summary(draft, visit.translator))
        else:
            self._ask_pieces(visit, draft)

    def add(self, visit: Visit, _press: cb.AddPieces) -> None:
        """Ask for goods."""
        self._ask_pieces(visit, self._drafts.goods_wanted(visit.person))

    def typed_pieces(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Take goods as text; the dialog stays open for more."""
        draft = self._drafts.add_text(visit.person, text)
        self._messenger.show(visit, views.ask_pieces(draft, visit.translator))

    def sent_pieces(self, visit: Visit, _dialog: Dialog, document: Document) -> None:
        """Take goods as a file; the dialog stays open for more."""
        if document.size > MAX_FILE_BYTES:
            raise BadImport("too_large")
        content = self._messenger.fetch(visit, document, most_bytes=MAX_FILE_BYTES)
        draft = self._drafts.add_file(visit.person, document.name, content)
        self._messenger.show(visit, views.ask_pieces(draft, visit.translator))

    def show(self, visit: Visit, _page: cb.ShowGoodsDraft) -> None:
        """Show what was put together so far."""
        self._messenger.show(visit, views.summary(self._drafts.of(visit.person), visit.translator))

    def put_up(self, visit: Visit, _press: cb.PutUpForSale) -> None:
        """Put it all into the shop, and show it."""
        target = Target(True, self._drafts.confirm(visit.person))
        sheet = self._branches.sheet(visit.person, target)
        self._messenger.show(visit, editing_views.sheet(sheet, "b0", visit.translator))

    def drop(self, visit: Visit, _press: cb.DropGoods) -> None:
        """Forget it all."""
        self._drafts.cancel(visit.person)
        self._messenger.show(visit, views.cancelled(visit.translator))

    def _ask(self, visit: Visit, field: str) -> None:
        self._conversations.ask(visit, Step.GOODS_DRAFT, field=field)
        self._messenger.show(visit, views.ask(field, visit.translator))

    def _ask_pieces(self, visit: Visit, draft: ProductDraft) -> None:
        self._conversations.ask(visit, Step.GOODS_PIECES)
        self._messenger.show(visit, views.ask_pieces(draft, visit.translator))
