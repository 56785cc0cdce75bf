"""Pictures for the menu's screens."""

from bot_handlers.admin.callbacks_scenes import DropScene, SendScene, ShowScene, ShowScenes
from bot_handlers.conversations import Conversations, Dialog, Step
from bot_handlers.messenger import Messenger
from bot_handlers.views import scenes as views
from bot_handlers.visits import Document, Visit
from shop.administration.appearance import MenuPictures, MenuScreen
from shop.errors import FileTooLarge, StaleScreen
from shop.pictures import MAX_PICTURE_BYTES


class DecoratingHandlers:
    """What the menu looks like."""

    def __init__(self, pictures: MenuPictures, *, conversations: Conversations, messenger: Messenger) -> None:
        self._pictures = pictures
        self._conversations = conversations
        self._messenger = messenger

    def show_all(self, visit: Visit, _page: ShowScenes) -> None:
        """Show which screens there are, and which have a picture."""
        self._messenger.show(visit, views.scenes(self._pictures.dressed(visit.person), visit.translator))

    def show(self, visit: Visit, choice: ShowScene) -> None:
        """Show the picture of a screen."""
        self._show(visit, _scene(choice.scene))

    def ask(self, visit: Visit, choice: SendScene) -> None:
        """Ask for a picture; the next photo or file is it."""
        scene = _scene(choice.scene)
        self._conversations.ask(visit, Step.SCENE, scene=scene.value)
        self._messenger.show(visit, views.ask(scene, visit.translator))

    def ask_again(self, visit: Visit, dialog: Dialog, _text: str) -> None:
        """Ask once more: what came is no picture."""
        self._messenger.show(visit, views.ask(MenuScreen(dialog.answers["scene"]), visit.translator))

    def sent(self, visit: Visit, dialog: Dialog, document: Document) -> None:
        """Take a picture; what is none may be sent again."""
        if document.size > MAX_PICTURE_BYTES:
            raise FileTooLarge(largest_mb=MAX_PICTURE_BYTES // 1024**2)
        scene = MenuScreen(dialog.answers["scene"])
        self._pictures.put(visit.person, scene, self._messenger.fetch(visit, document, most_bytes=MAX_PICTURE_BYTES))
        self._conversations.end(visit)
        self._show(visit, scene)

    def drop(self, visit: Visit, choice: DropScene) -> None:
        """Take a picture away."""
        scene = _scene(choice.scene)
        self._pictures.put(visit.person, scene, None)
        self._show(visit, scene)

    def _show(self, visit: Visit, scene: MenuScreen) -> None:
        has_picture = scene in self._pictures.dressed(visit.person)
        self._messenger.show(visit, views.one(scene, visit.translator, has_picture=has_picture))


def _scene(value: str) -> MenuScreen:
    try:
        return MenuScreen(value)
    except ValueError:
        raise StaleScreen from None
