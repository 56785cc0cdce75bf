"""A product is put together step by step, and appears in the shop only at the end."""

from typing import Any

import pytest

from shop.assembly import forget_old_rows
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.drafts import Drafts
from shop.errors.catalog import BadValue, NameTaken
from shop.errors.refusals import NotAllowed, NotFound, StaleScreen
from shop.people import Person
from storage.models import AuditEntry, Category, GoodsDraft, Product, StockItem
from tests.goods import EVERY_KIND, own
from tests.stand import Stand, open_shop


@pytest.fixture
def drafts(stand: Stand) -> Drafts:
    return stand.shop.drafts


@pytest.fixture
def category(stand: Stand, owner: Person) -> int:
    return stand.shop.editor.new_category(owner, None, "New")


def described(drafts: Drafts, owner: Person, category: int, kind: DeliverableKind, name: str = "Thing") -> None:
    drafts.begin(owner, category)
    for field, text in (("name", name), ("text", "About it"), ("price", "9.99")):
        drafts.type(owner, field, text)
    drafts.choose(owner, kind)


@pytest.mark.parametrize("kind", DeliverableKind, ids=lambda kind: kind.value)
def test_each_kind_of_goods_can_be_published(
    stand: Stand, drafts: Drafts, owner: Person, category: int, kind: DeliverableKind
) -> None:
    described(drafts, owner, category, kind)
    if kind.is_file:
        drafts.add_file(owner, "../../.env", b"content")
    elif kind is not DeliverableKind.MADE_TO_ORDER:
        drafts.add_text(owner, "one\n\n two \none")
    assert Product.select().count() == 0
    product_id = drafts.confirm(owner)
    card = stand.shop.catalog.product(product_id)
    assert (card.name, card.description, card.price.minor, card.kind) == ("Thing", "About it", 999, kind)
    assert card.available == {DeliverableKind.UNIQUE_TEXT: 2, DeliverableKind.MADE_TO_ORDER: 1000}.get(kind, 1)
    assert AuditEntry.select().order_by(AuditEntry.id.desc()).get().action == "goods.added"
    assert GoodsDraft.select().count() == 0


def test_each_line_of_a_text_file_becomes_a_unit(stand: Stand, drafts: Drafts, owner: Person, category: int) -> None:
    described(drafts, owner, category, DeliverableKind.UNIQUE_TEXT)
    assert drafts.add_file(owner, "keys.txt", "\ufeffA\r\ncafe\u0301 \u212b\r\n\r\n".encode()).pieces == 2
    drafts.add_text(owner, "\u1112\u1161\u11ab\n cafe\u0301\u2800")
    drafts.confirm(owner)
    contents = [item.content for item in StockItem.select().order_by(StockItem.id)]
    assert contents == ["A", "cafe\u0301 \u212b", "\u1112\u1161\u11ab", "cafe\u0301\u2800"]


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [("name", "x" * 65, "name_too_long"), ("price", "0", "bad_price"), ("text", "x" * 4001, "text_too_long")],
)
def test_an_invalid_value_is_refused(
    drafts: Drafts, owner: Person, category: int, field: str, text: str, reason: str
) -> None:
    drafts.begin(owner, category)
    with pytest.raises(BadValue) as refused:
        drafts.type(owner, field, text)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("kind", "add", "reason"),
    [
        (DeliverableKind.UNIQUE_FILE, lambda drafts, owner: drafts.add_text(owner, "x"), "bad_item"),
        (DeliverableKind.UNIQUE_FILE, lambda drafts, owner: drafts.add_file(owner, "x", b""), "empty"),
        (DeliverableKind.UNIQUE_TEXT, lambda drafts, owner: drafts.add_text(owner, " \n"), "missing_text"),
        (DeliverableKind.UNIQUE_TEXT, lambda drafts, owner: drafts.add_file(owner, "x", b"\xff"), "not_utf8"),
        (DeliverableKind.MADE_TO_ORDER, lambda drafts, owner: drafts.add_text(owner, "x"), "bad_item"),
    ],
)
def test_goods_of_another_kind_are_refused(
    drafts: Drafts, owner: Person, category: int, kind: DeliverableKind, add: Any, reason: str
) -> None:
    described(drafts, owner, category, kind)
    with pytest.raises(BadValue) as refused:
        add(drafts, owner)
    assert refused.value.reason == reason


def test_goods_can_be_added_to_an_existing_product(stand: Stand, drafts: Drafts, owner: Person) -> None:
    stand.bring(owner, own(*EVERY_KIND))
    product_id = stand.product("Unique text")
    drafts.begin_for(owner, product_id)
    with pytest.raises(StaleScreen) as early:
        drafts.confirm(owner)
    assert early.value.args == ()
    drafts.add_text(owner, "KEY-2\nKEY-9")
    assert drafts.confirm(owner) == product_id
    assert Product.get_by_id(product_id).stock_count == 4
    with pytest.raises(BadValue) as refused:
        drafts.begin_for(owner, stand.product("Made to order"))
    assert refused.value.reason == "bad_items"


def test_a_name_taken_in_the_meantime_stops_the_draft_and_loses_nothing(
    stand: Stand, drafts: Drafts, owner: Person, category: int
) -> None:
    described(drafts, owner, category, DeliverableKind.UNIQUE_TEXT)
    drafts.add_text(owner, "a")
    stand.bring(owner, own({"path": ["New"], "name": "Thing", "price": 1}))
    with pytest.raises(NameTaken) as taken:
        drafts.confirm(owner)
    assert taken.value.args == ()
    drafts.type(owner, "name", "Other")
    assert stand.shop.catalog.product(drafts.confirm(owner)).stock_count == 1


def test_a_draft_survives_a_restart_ends_once_and_is_deleted_after_a_day(
    stand: Stand, drafts: Drafts, owner: Person, category: int, at_once: Any
) -> None:
    described(drafts, owner, category, DeliverableKind.UNIQUE_TEXT)
    drafts.add_text(owner, "a")
    again = open_shop(stand.database, stand.clock).shop.drafts
    outcomes = at_once(*[lambda: again.confirm(owner)] * 3)
    assert sorted(type(each).__name__ for each in outcomes) == ["StaleScreen", "StaleScreen", "int"]
    described(drafts, owner, category, DeliverableKind.UNIQUE_TEXT, "Second")
    stand.clock.pass_s(86_401)
    forget_old_rows(stand.database, clock=stand.clock)
    with pytest.raises(StaleScreen) as gone:
        drafts.of(owner)
    assert gone.value.args == ()


def test_a_draft_whose_category_is_gone_is_refused(
    stand: Stand, drafts: Drafts, owner: Person, category: int
) -> None:
    described(drafts, owner, category, DeliverableKind.MADE_TO_ORDER)
    with stand.database.transaction():
        Category.change(category, hidden=True, deleted_at=1)
    with pytest.raises(NotFound) as gone:
        drafts.confirm(owner)
    assert gone.value.args == ()


def test_only_admins_have_drafts(stand: Stand, drafts: Drafts, category: int) -> None:
    stranger = stand.visitor(5)
    for attempt in (
        lambda: drafts.begin(stranger, category),
        lambda: drafts.of(stranger),
        lambda: drafts.confirm(stranger),
        lambda: drafts.cancel(stranger),
    ):
        with pytest.raises(NotAllowed) as refused:
            attempt()
        assert refused.value.args == ()
