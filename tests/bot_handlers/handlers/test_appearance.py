"""Pictures of the menu's screens: chosen by the operator, shown with the screen, uploaded once."""

import json
from typing import Any

import pytest

from bot_handlers.callbacks.account import ShowProfile
from bot_handlers.callbacks.appearance import SendScene, ShowScene
from bot_handlers.callbacks.catalog import ShowProduct, ShowShelf
from bot_handlers.callbacks.checkout import AddToCart, ChangeCart, RemoveLine
from bot_handlers.callbacks.home import Home, ShowHelp
from shop.administration.appearance import MenuScreen, TextKey
from shop.catalog.tree import Target
from shop.people import Right
from storage.models import AuditEntry, Category, MenuPicture
from tests.bot_handlers.handlers.test_admin_routes import MANAGER, appoint
from tests.bot_handlers.stage import CUSTOMER, Stage
from tests.goods import png
from tests.stand import ADMIN

PICTURE = png(1)
SCREENS = {
    MenuScreen.HOME: "/start",
    MenuScreen.SHOP: "/shop",
    MenuScreen.CART: "/cart",
    MenuScreen.TOP_UP: "/topup",
    MenuScreen.HISTORY: "/orders",
    MenuScreen.PROFILE: "/profile",
    MenuScreen.HELP: "/help",
}


def dress(stage: Stage, scene: MenuScreen, picture: bytes = PICTURE) -> None:
    stage.rest()
    stage.say("/start", ADMIN)
    stage.press_data(SendScene(scene.value), ADMIN)
    stage.send_file(picture, ADMIN, name="menu.png")


def picture_of(stage: Stage, user_id: int = CUSTOMER) -> bool:
    return "photo" in stage.messages(user_id)[-1]


@pytest.fixture
def uploads(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the name of each file uploaded to Telegram."""
    files, names = stage.telegram.world.files, []
    add = files.add

    def count(*args: Any, **more: Any) -> Any:
        names.append(more.get("name", ""))
        return add(*args, **more)

    monkeypatch.setattr(files, "add", count)
    return names


def forget_the_picture(stage: Stage, method: str) -> None:
    """Make Telegram reject the id of the next picture that it is sent."""
    told = {"ok": False, "error_code": 400, "description": "Bad Request: wrong file identifier/HTTP URL specified"}
    stage.telegram.fault("answer", 1, method, status=400, body=json.dumps(told))


@pytest.mark.parametrize("scene", MenuScreen, ids=lambda scene: scene.value)
def test_a_screen_has_the_picture_that_the_operator_chose_until_it_is_removed(
    stage: Stage, scene: MenuScreen
) -> None:
    dress(stage, scene)
    assert picture_of(stage, ADMIN), "the operator sees it"
    stage.say(SCREENS[scene])
    assert picture_of(stage)
    others = next(other for other in MenuScreen if other is not scene)
    stage.say(SCREENS[others])
    assert not picture_of(stage)
    stage.press("Delete picture", ADMIN)
    assert not picture_of(stage, ADMIN)
    stage.say(SCREENS[scene])
    assert not picture_of(stage)
    assert [entry.action for entry in AuditEntry.page(page=0, size=2)] == ["scene.bared", "scene.dressed"]


def test_a_picture_is_uploaded_once_and_again_when_telegram_has_forgotten_it(
    stage: Stage, uploads: list[str]
) -> None:
    dress(stage, MenuScreen.HELP)
    uploads.clear()
    for _ in range(3):
        stage.say("/help")
    assert (uploads, picture_of(stage)) == ([], True)
    forget_the_picture(stage, "sendPhoto")
    for _ in range(3):
        stage.say("/help")
        assert picture_of(stage)
    assert len(uploads) == 1


@pytest.mark.parametrize("kind", ["p", "c"], ids=["product", "category"])
def test_a_picture_of_the_catalogue_is_uploaded_once_whether_sent_or_edited_in(
    stage: Stage, uploads: list[str], kind: str
) -> None:
    product = stage.stand.stock("KEY-1")
    [category] = [row.id for row in Category.select().where(Category.name == "Keys")]
    target = Target(is_product=kind == "p", id=product if kind == "p" else category)
    stage.stand.shop.editor.put_picture(stage.stand.visitor(ADMIN), target, PICTURE)
    place = ShowProduct(product, 1) if kind == "p" else ShowShelf(category, 0)
    dress(stage, MenuScreen.HELP, png(2))
    uploads.clear()
    for _ in range(3):
        stage.rest()
        stage.say("/help")
        for press in (place, ShowHelp()):
            stage.press_data(press)
            assert picture_of(stage)
    assert len(uploads) == 1


def test_a_forgotten_picture_that_replaces_another_is_uploaded_again(stage: Stage, uploads: list[str]) -> None:
    dress(stage, MenuScreen.HELP)
    dress(stage, MenuScreen.PROFILE, png(2))
    stage.say("/help")
    stage.press_data(ShowProfile())
    forget_the_picture(stage, "editMessageMedia")
    uploads.clear()
    number = stage.messages()[-1]["message_id"]
    stage.press_data(ShowHelp())
    assert (stage.messages()[-1]["message_id"], picture_of(stage), len(uploads)) == (number, True, 1)


def test_the_picture_of_an_address_is_uploaded_each_time(stage: Stage, uploads: list[str]) -> None:
    dress(stage, MenuScreen.TOP_UP)
    uploads.clear()
    for _ in range(2):
        stage.say("/topup")
        stage.press("Bitcoin")
    assert len(uploads) == 2


def test_the_cart_keeps_its_picture_while_it_changes(stage: Stage) -> None:
    product = stage.stand.stock("KEY-1", "KEY-2")
    dress(stage, MenuScreen.CART)
    stage.say("/shop")
    for press in (AddToCart(product, 1), ChangeCart(product, 1), RemoveLine(product)):
        stage.press_data(press)
        assert picture_of(stage), press


def test_switching_between_picture_and_text_leaves_one_screen(stage: Stage) -> None:
    dress(stage, MenuScreen.CART)
    stage.say("/start")
    before = len(stage.messages())
    for label, has_picture in (("Cart", True), ("Menu", False), ("Cart", True)):
        stage.press(label)
        assert (picture_of(stage), len(stage.messages())) == (has_picture, before)


def test_the_text_is_shown_if_the_server_knows_only_text_methods(stage: Stage) -> None:
    dress(stage, MenuScreen.HELP)
    stage.telegram.fault("text_only", 1)
    stage.say("/help")
    count = len(stage.messages())
    for press, words in ((Home(), "balance"), (ShowHelp(), "How it works")):
        stage.press_data(press)
        assert words in stage.texts()[-1]
        assert (picture_of(stage), len(stage.messages())) == (False, count)


def test_a_text_that_is_too_long_for_a_caption_is_shown_without_a_picture(stage: Stage) -> None:
    dress(stage, MenuScreen.HELP)
    texts, owner = stage.stand.shop.custom_texts, stage.stand.visitor(ADMIN)
    draft = texts.draft(owner, TextKey.HELP, "en", "x" * 1025, length=1025)
    texts.save(owner, TextKey.HELP, "en", mark=draft.mark)
    stage.say("/help")
    assert (stage.texts()[-1], picture_of(stage)) == ("x" * 1025, False)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"GIF89a", "The picture must be PNG or JPEG"), (PICTURE + b"0" * (5 * 1024 * 1024), "5")],
    ids=["GIF", "large"],
)
def test_an_unusable_picture_is_asked_for_again(stage: Stage, content: bytes, said: str) -> None:
    dress(stage, MenuScreen.HOME, content)
    assert said in stage.texts(ADMIN)[-1]
    stage.say("is this one?", ADMIN)
    assert stage.texts(ADMIN)[-1] == "Answer with a photo, or with a PNG or JPEG file."
    stage.send_file(PICTURE, ADMIN)
    assert MenuPicture.every().keys() == {"home"}


def test_an_unknown_screen_is_stale_and_a_manager_without_the_right_is_refused(stage: Stage) -> None:
    stage.say("/start", ADMIN)
    stage.press_data(ShowScene("cellar"), ADMIN)
    assert stage.texts(ADMIN)[-1].startswith("That button is out of date.")
    appoint(stage, Right.CUSTOMERS)
    stage.press_data(SendScene("home"), MANAGER)
    stage.send_file(PICTURE, MANAGER)
    assert MenuPicture.every() == {}
