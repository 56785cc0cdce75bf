"""A search matches every word that was typed, in any order and spelling, and nothing else."""

import pytest

from shop.errors.refusals import StaleScreen
from storage.models import Product
from tests.goods import own, product
from tests.stand import ADMIN, Stand


@pytest.fixture
def shop(stand: Stand) -> Stand:
    goods = own(
        product("Straße nach Köln", description="Ein Spiel über ÄPFEL", items=["x1"]),
        product("Cafe\u0301 Simulator", description="Кофе и Чай", items=["x2"]),
        product("100% Orange_Juice", description=r"back\slash", items=["x3"]),
        product("1000 Orangensaft", description="nothing else", items=["x4"]),
    )
    stand.bring(stand.visitor(ADMIN), goods)
    return stand


def found(stand: Stand, text: str) -> list[str]:
    return [card.name for card in stand.shop.catalog.search(stand.visitor(), text).products]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("STRASSE", "Straße nach Köln"),
        ("köln straße", "Straße nach Köln"),
        ("KÖLN", "Straße nach Köln"),
        ("äpfel", "Straße nach Köln"),
        ("ÜBER   spiel", "Straße nach Köln"),
        ("café", "Café Simulator"),
        ("cafe", "Café Simulator"),
        ("CAFE\u0301", "Café Simulator"),
        ("кофе ЧАЙ", "Café Simulator"),
        ("100%", "100% Orange_Juice"),
        ("e_j", "100% Orange_Juice"),
        ("k\\s", "100% Orange_Juice"),
        ("ora saft", "1000 Orangensaft"),
    ],
)
def test_a_search_finds_a_product_in_any_spelling(shop: Stand, text: str, name: str) -> None:
    assert found(shop, text) == [name]


@pytest.mark.parametrize("text", ["%", "_", "\\", "' OR 1=1 --", "köln café", "100 % 1000 x", "\x00"])
def test_wildcards_and_quotes_are_literal_and_words_must_be_of_one_product(shop: Stand, text: str) -> None:
    expected = {"%": ["100% Orange_Juice"], "_": ["100% Orange_Juice"], "\\": ["100% Orange_Juice"]}
    assert found(shop, text) == expected.get(text, [])


def test_only_the_customer_who_searched_sees_the_results(shop: Stand) -> None:
    shop.bring(shop.visitor(ADMIN), own(*(product(f"Ticket {n:02}", items=[f"ticket {n}"]) for n in range(17))))
    owner, thief = shop.visitor(), shop.visitor(5)
    first = shop.shop.catalog.search(owner, "ticket")
    pages = [shop.shop.catalog.found(owner, first.search_id, page=number) for number in range(3)]
    assert [card.name for page in pages for card in page.products] == [f"Ticket {n:02}" for n in range(17)]
    assert (first.count, first.pages) == (17, 3)
    assert shop.shop.catalog.found(owner, first.search_id, page=10**17).page == 2
    for number in (first.search_id, 0, -1, 10**17):
        with pytest.raises(StaleScreen) as refused:
            shop.shop.catalog.found(thief, number, page=0)
        assert refused.value.args == ()


def test_an_edited_product_is_found_by_its_new_text(shop: Stand) -> None:
    with shop.database.transaction():
        Product.update(name="Ölbild", description="Neu").where(Product.name == "1000 Orangensaft").execute()
    assert found(shop, "ÖLBILD neu") == ["Ölbild"]
    assert found(shop, "orangensaft") == []


def test_only_the_beginning_of_a_long_search_counts(shop: Stand) -> None:
    search = shop.shop.catalog.search(shop.visitor(), "x " * 5000)
    assert len(search.words) <= 100
