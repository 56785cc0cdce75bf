"""Pictures of the menu's screens: stored once, cached in memory, chosen by catalogue admins."""

from typing import Any

import pytest

from shop.administration.appearance import MenuPictures, MenuScreen
from shop.errors.catalog import BadValue
from shop.errors.refusals import NotAllowed
from shop.people import Person
from shop.pictures import MAX_PICTURE_BYTES
from storage.database import Database
from storage.models import AuditEntry, MenuPicture, Picture
from tests.conftest import StandingClock
from tests.goods import png
from tests.raw_sql import engine_of
from tests.stand import Stand, open_shop


@pytest.fixture
def pictures(stand: Stand) -> MenuPictures:
    return stand.shop.menu_pictures


@pytest.fixture
def questions(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The SQL statements sent to the database."""
    run, asked = engine_of(database).execute_sql, []

    def count(sql: str, *args: Any, **more: Any) -> Any:
        asked.append(sql)
        return run(sql, *args, **more)

    monkeypatch.setattr(engine_of(database), "execute_sql", count)
    return asked


def test_a_picture_belongs_to_its_screen_only_and_survives_a_restart(
    database: Database, clock: StandingClock, pictures: MenuPictures, owner: Person
) -> None:
    pictures.put(owner, MenuScreen.CART, png(1))
    for each in (pictures, open_shop(database, clock).shop.menu_pictures):
        assert {scene: each.of(scene) for scene in MenuScreen if each.of(scene)} == {MenuScreen.CART: png(1)}
        assert each.with_picture(owner) == {MenuScreen.CART}


def test_a_new_picture_replaces_the_old_one_and_none_removes_it(pictures: MenuPictures, owner: Person) -> None:
    for content in (png(1), png(2), None, None):
        pictures.put(owner, MenuScreen.HELP, content)
        assert pictures.of(MenuScreen.HELP) == content
    assert MenuPicture.select().count() == 0


def test_one_picture_used_for_many_screens_is_stored_once(pictures: MenuPictures, owner: Person) -> None:
    for scene in MenuScreen:
        pictures.put(owner, scene, png(1))
    assert (MenuPicture.select().count(), Picture.select().count()) == (len(MenuScreen), 1)


def test_a_screen_without_a_picture_asks_the_database_nothing(
    pictures: MenuPictures, owner: Person, questions: list[str]
) -> None:
    assert [pictures.of(scene) for scene in MenuScreen] == [None] * len(MenuScreen)
    assert questions == []
    pictures.put(owner, MenuScreen.SHOP, png(1))
    questions.clear()
    pictures.of(MenuScreen.SHOP)
    assert len(questions) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"%PDF-1.7", png() + b"0" * MAX_PICTURE_BYTES],
    ids=["nothing", "GIF", "document", "too large"],
)
def test_something_that_is_not_a_picture_changes_nothing(
    pictures: MenuPictures, owner: Person, content: bytes
) -> None:
    pictures.put(owner, MenuScreen.HOME, png(1))
    with pytest.raises(BadValue) as refused:
        pictures.put(owner, MenuScreen.HOME, content)
    assert refused.value.reason == "bad_photo"
    assert pictures.of(MenuScreen.HOME) == png(1)
    assert [entry.action for entry in AuditEntry.select()] == ["scene.dressed"]


def test_a_change_that_is_not_stored_is_not_shown(
    database: Database, pictures: MenuPictures, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(engine_of(database), "commit", full)
    with pytest.raises(OSError, match="disk full"):
        pictures.put(owner, MenuScreen.HOME, png(1))
    assert pictures.of(MenuScreen.HOME) is None
    assert (MenuPicture.select().count(), Picture.select().count()) == (0, 0)


def test_a_customer_can_neither_change_nor_list_them(stand: Stand, pictures: MenuPictures) -> None:
    customer = stand.visitor(1001)
    for try_it in (
        lambda: pictures.put(customer, MenuScreen.HOME, png(1)),
        lambda: pictures.put(customer, MenuScreen.HOME, None),
        lambda: pictures.with_picture(customer),
    ):
        with pytest.raises(NotAllowed):
            try_it()
    assert Picture.select().count() == 0


def test_each_change_is_in_the_audit_log_with_its_screen(pictures: MenuPictures, owner: Person) -> None:
    pictures.put(owner, MenuScreen.TOP_UP, png(1))
    pictures.put(owner, MenuScreen.TOP_UP, None)
    entries = AuditEntry.select().order_by(AuditEntry.id)
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("scene.dressed", "top_up"),
        ("scene.bared", "top_up"),
    ]
