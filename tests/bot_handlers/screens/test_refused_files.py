"""What a refusal of a goods file tells an admin to do."""

import pytest

from bot_handlers.screens.refusals import entry_words, words
from bot_handlers.screens.screen import plain_text
from locales import Languages
from shop.catalog.formats.reading import read_goods
from shop.errors.catalog import BadImport

ENGLISH = Languages.found()["en"]
HEAD = "category,title,price,description,key\n"
ENTRY = '{"category": "A", "subcategory": "B", "price": 1, "description": "C", "private_data": "K"}'


@pytest.mark.parametrize("price", ["1,234.50", "1.234,50", "1 234,50", "12.5000", "1e3", "US$12", "€12", "0", "free"])
def test_a_refused_price_says_how_to_write_it(price: str) -> None:
    [error] = read_goods(f'{HEAD}Games,Chess,"{price}",,K\n'.encode(), file_name="x.csv", currency="USD").refused
    said = plain_text(entry_words(error, ENGLISH))
    assert said.startswith("Entry 2, field price: write the price as a number above zero, such as 9.99 or 1234.50")
    assert "thousands separators" in said
    assert "more decimals" in said


@pytest.mark.parametrize(
    ("file", "name", "said"),
    [
        (f"[\n{ENTRY},\n]", "x.json", "Line 3: the file isn’t valid JSON."),
        (f"{ENTRY}\n{ENTRY}", "x.jsonl", "Put all entries into one list"),
        (f'{HEAD}Games,Chess,1,,"K\n', "x.csv", "Line 2: the quotation marks"),
        ("sku,category,title,price,key,tags\n", "x.csv", "columns: sku, tags."),
        ("\u56fd\u9645", "x.txt", "Save it as UTF-8"),
    ],
)
def test_a_file_refused_whole_says_where_or_how_to_mend_it(file: str, name: str, said: str) -> None:
    with pytest.raises(BadImport) as error:
        read_goods(file.encode("utf-16-be" if said.endswith("UTF-8") else "utf-8"), file_name=name, currency="USD")
    assert said in plain_text(words(error.value, ENGLISH))
