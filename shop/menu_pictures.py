"""Pictures of the menu's screens, which the operator chooses."""

from enum import Enum

from shop.errors import BadValue
from shop.ground import Ground
from shop.people import Person
from shop.pictures import MAX_PICTURE_BYTES, keep_picture, media_type
from shop.rights import Right
from storage.models import MenuPicture, Picture


class Scene(Enum):
    """A screen of the menu that can have a picture."""

    HOME = "home"
    SHOP = "shop"
    CART = "cart"
    TOP_UP = "top_up"
    HISTORY = "history"
    PROFILE = "profile"
    HELP = "help"


class MenuPictures:
    """Which screen has which picture: asked at every screen, so held in memory; the pictures themselves are not."""

    def __init__(self, ground: Ground) -> None:
        self._database = ground.database
        self._customers = ground.customers
        self._audit = ground.audit
        self._clock = ground.clock
        self._chosen = MenuPicture.every()

    def of(self, scene: Scene) -> bytes | None:
        """Read the picture of a screen; None when it has none."""
        picture_id = self._chosen.get(scene.value)
        return None if picture_id is None else Picture.read(picture_id)

    def dressed(self, admin: Person) -> frozenset[Scene]:
        """Name the screens that have a picture.

        Raises:
            NotAllowed: he may not look after the catalogue.
        """
        self._customers.require(admin, Right.CATALOGUE)
        return frozenset(Scene(scene) for scene in self._chosen)

    def put(self, admin: Person, scene: Scene, content: bytes | None) -> None:
        """Give a screen a picture, or take it away.

        Raises:
            NotAllowed: he may not look after the catalogue.
            BadValue: no picture that the shop shows.
        """
        self._customers.require(admin, Right.CATALOGUE)
        if content is not None and (media_type(content) is None or len(content) > MAX_PICTURE_BYTES):
            raise BadValue("bad_photo")
        with self._database.transaction():
            picture_id = None if content is None else keep_picture(content, now=self._clock())
            MenuPicture.put(scene.value, picture_id)
            self._audit.write(admin, "scene.dressed" if content else "scene.bared", scene.value)
            self._database.after_commit(self._read)

    def _read(self) -> None:
        self._chosen = MenuPicture.every()
