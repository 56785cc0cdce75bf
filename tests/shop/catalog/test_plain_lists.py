"""Only a plain list of items goes on sale line by line; a file that names its own products is refused."""

import json

import pytest

from shop.catalog.deliverables import DeliverableKind
from shop.errors.catalog import BadImport, BadValue
from shop.people import Person
from storage.models import Category, DraftPiece, StockItem
from tests.goods import own, product
from tests.stand import Stand

ENTRY = {"category": "G", "subcategory": "K", "price": 1, "description": "d", "private_data": "A"}
OWN_PRODUCTS = {
    "table": "category,title,price,key\nGames,Key,10,AAAA\n",
    "table of Excel": "sep=;\r\nCategory;Title;Price;Key\r\nGames;Key;10;AAAA\r\n",
    "table without categories": "title\tprice\tkey\nKey\t10\tAAAA\n",
    "table of AiogramShopBot's fields": "category,subcategory,price,description,private_data\nG,K,1,d,AAAA\n",
    "list": json.dumps([ENTRY], indent=1),
    "list in one line": json.dumps([ENTRY]),
    "list with a comma too many": f"[\n{json.dumps(ENTRY)},\n]\n",
    "entries": f"{json.dumps(ENTRY)}\n{json.dumps(ENTRY)}\n",
    "own format": own(product("Key", items=["AAAA"])).decode(),
    "lines": "Games;Keys;Key;10.00;AAAA\n\nDIGITAL;Games;Keys;Key;10.00;BBBB\n",
    "lines, one with a wrong price": "Games;Keys;Key;10.00;AAAA\nGames;Keys;Key;x;BBBB\nGames;Keys;Key;10.00;CCCC\n",
}
PLAIN = {
    "keys": "AAAA\n\nBBBB\n",
    "logins": "me@example.com;word;you@example.com;word;2FA\nhe@example.com;word;me@example.com;word;2FA\n",
    "logins and a line like an entry": "a;b;c;1;me@example.com\nme@example.com:word\n",
    "objects": '{"user": "me", "password": "word"}\n{"user": "you", "password": "word"}\n',
    "a word of one column among others": "key to the door, of oak\nAAAA\n",
    "a name of a column further down": "AAAA\nkey\n",
}


@pytest.fixture
def admin(stand: Stand, owner: Person) -> Person:
    stand.stock("SEED", name="Key")
    stand.shop.drafts.begin_for(owner, stand.product("Key"))
    return owner


@pytest.mark.parametrize("text", OWN_PRODUCTS.values(), ids=OWN_PRODUCTS)
@pytest.mark.parametrize("name", ["goods.txt", "goods.csv", "goods.json"])
def test_a_file_that_names_its_own_products_is_refused(stand: Stand, admin: Person, text: str, name: str) -> None:
    with pytest.raises(BadImport) as refused:
        stand.shop.drafts.add_file(admin, name, text.encode())
    assert refused.value.reason == "names_products"
    assert DraftPiece.select().count() == 0


@pytest.mark.parametrize("first", ["key", "Code", '"account"', " license key ", "content", "private_data"])
def test_a_list_below_the_name_of_a_column_is_refused(stand: Stand, admin: Person, first: str) -> None:
    with pytest.raises(BadValue) as refused:
        stand.shop.drafts.add_file(admin, "keys.csv", f'{first}\r\nAAAA\r\n"BB,BB"\r\n'.encode())
    assert refused.value.reason == "column_name"
    assert DraftPiece.select().count() == 0


@pytest.mark.parametrize("text", PLAIN.values(), ids=PLAIN)
def test_a_plain_list_is_added_line_by_line(stand: Stand, admin: Person, text: str) -> None:
    lines = [line for line in text.splitlines() if line]
    draft = stand.shop.drafts.add_file(admin, "keys.txt", text.encode())
    assert (draft.pieces, draft.first) == (len(lines), tuple(lines[:2]))


def test_a_text_that_every_buyer_gets_may_be_a_table(stand: Stand, owner: Person) -> None:
    drafts = stand.shop.drafts
    drafts.begin(owner, stand.shop.editor.new_category(owner, None, "New"))
    for field, text in (("name", "A table"), ("text", "-"), ("price", "1")):
        drafts.type(owner, field, text)
    drafts.choose(owner, DeliverableKind.SHARED_TEXT)
    table = OWN_PRODUCTS["table"]
    assert drafts.add_file(owner, "table.csv", table.encode()).first == (table,)
    assert Category.select().count() == 1


@pytest.mark.parametrize(
    ("held", "text", "new"),
    [
        ('"a,b"', 'KEY-1\r\n"A,b"\r\n', "KEY-1"),
        ('"abc"', '"abc"\n"KEY-1"', "KEY-1"),
        ('="0012"', '="0012"\nKEY-1', "KEY-1"),
        ('"=""0012"""', '"=""0012"""\n"KEY-1"', "KEY-1"),
        ("a,b", '"a,b"\nKEY-1', "KEY-1"),
    ],
)
def test_an_item_that_the_shop_had_as_it_stands_in_the_file_is_known(
    stand: Stand, owner: Person, held: str, text: str, new: str
) -> None:
    drafts = stand.shop.drafts
    stand.stock(held, name="Key")
    stand.buy(stand.rich(), "Key")
    drafts.begin_for(owner, stand.product("Key"))
    draft = drafts.add_file(owner, "keys.csv", text.encode())
    assert (draft.pieces, draft.sold) == (2, 1)
    drafts.confirm(owner)
    assert [row.content for row in StockItem.select().order_by(StockItem.id)] == [held, new]
    drafts.begin_for(owner, stand.product("Key"))
    drafts.add_file(owner, "keys.csv", text.encode())
    drafts.confirm(owner, again=True)
    last = StockItem.select().order_by(StockItem.id.desc()).get()
    assert (last.content.lower(), last.occurrence) == (held.lower(), 2)
