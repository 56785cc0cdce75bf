"""Files of goods, written: each reads as it was written (`goods_files`)."""

import base64
import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from shop.deliverables import Kind
from shop.goods_csv import COLUMNS, join_path
from shop.goods_files import Goods
from shop.goods_txt import line_of
from shop.money import Money
from shop.own_format import VERSION, OwnCategory, OwnGoods, OwnProduct
from storage.models.stock import Piece


def write_own(goods: OwnGoods) -> bytes:
    """Write the own format: it has everything."""
    content = {
        "souk": VERSION,
        "categories": [_category(each) for each in goods.categories],
        "products": [_product(each) for each in goods.products],
    }
    return _json(content)


def write_csv(goods: OwnGoods) -> bytes:
    """Write the table: products with everything, of categories the names alone."""
    out = io.StringIO()
    # With CRLF between the rows, as RFC 4180 has it, both of its characters are put in quotes where a cell has one.
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for product in goods.products:
        writer.writerows(_rows(product))
    return out.getvalue().encode()


def write_list(goods: Iterable[Goods]) -> tuple[bytes, int]:
    """Write the list of AiogramShopBot; return it and how many entries it cannot hold: none."""
    entries = [
        {
            "category": each.category,
            "subcategory": each.subcategory,
            "price": price_text(each.price),
            "description": each.description,
            "private_data": each.content,
        }
        for each in goods
    ]
    return _json(entries), 0


def write_txt(goods: Iterable[Goods]) -> tuple[bytes, int]:
    """Write lines; return them and how many entries they cannot hold, because they have line breaks."""
    lines = [
        line_of(each.category, each.subcategory, each.description, price_text(each.price), each.content)
        for each in goods
    ]
    held = [line for line in lines if line is not None]
    return "".join(line + "\n" for line in held).encode(), len(lines) - len(held)


def price_text(price: Money) -> str:
    """Write a price with a point."""
    return f"{price.decimal:f}"


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _category(each: OwnCategory) -> dict[str, Any]:
    written = {"path": list(each.path), "description": each.description, "hidden": each.hidden}
    return written if each.picture is None else written | {"picture": _base64(each.picture)}


def _product(each: OwnProduct) -> dict[str, Any]:
    written = {
        "path": list(each.path),
        "name": each.name,
        "description": each.description,
        "price": price_text(each.price),
        "quantity_prices": [{"from": count, "price": price_text(price)} for count, price in each.quantity_prices],
        "deliverable": each.kind.value,
        "items": [_item(piece) for piece in each.pieces],
        "hidden": each.hidden,
    }
    return written if each.picture is None else written | {"picture": _base64(each.picture)}


def _item(piece: Piece) -> str | dict[str, str]:
    return piece.content if piece.file is None else {"file_name": piece.content, "base64": _base64(piece.file)}


def _rows(product: OwnProduct) -> Iterator[dict[str, str]]:
    """Describe the product in its first row; it has one even without items."""
    place = {"path": join_path(product.path), "name": product.name}
    more = {
        "price": price_text(product.price),
        "description": product.description,
        "deliverable": product.kind.value,
        "quantity_prices": " ".join(f"{count}={price_text(price)}" for count, price in product.quantity_prices),
        "hidden": "yes" if product.hidden else "no",
        "picture": "" if product.picture is None else _base64(product.picture),
    }
    items = [_cells(piece, product.kind) for piece in product.pieces]
    yield place | more | (items[0] if items else {})
    for item in items[1:]:
        yield place | item


def _cells(piece: Piece, kind: Kind) -> dict[str, str]:
    if not kind.is_file or piece.file is None:
        return {"content": piece.content}
    return {"content": _base64(piece.file), "file_name": piece.content}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
