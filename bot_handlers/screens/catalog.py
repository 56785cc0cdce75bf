"""Shelves, search and products."""

import re
from decimal import Decimal

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.catalog import (
    LeaveWaitList,
    ShowFound,
    ShowProduct,
    ShowShelf,
    ShowSortings,
    TellWhenBack,
    TypeQuantity,
    TypeSearch,
)
from bot_handlers.callbacks.checkout import AddToCart, BuyNow, ShowCart
from bot_handlers.callbacks.reviews import ShowReviews
from bot_handlers.screens.screen import (
    Button,
    Screen,
    back_button,
    back_home,
    back_row,
    pager,
    room_beside,
    shortened,
)
from locales import Translator
from shop.administration.appearance import MenuScreen
from shop.catalog.deliverables import DeliverableKind
from shop.catalog.storefront import ProductCard, SearchPage, Shelf, Sorting

MAX_DESCRIPTION = 2500
"""The most UTF-16 code units of a description on a screen."""
_ON_SHELF = re.compile(r"p([0-9]{1,9})-([a-z]{2})")
_IN_SEARCH = re.compile(r"s([0-9]{1,9})-([0-9]{1,6})")


def shelf(shelf: Shelf, t: Translator) -> Screen:
    """Show a page of a category."""
    rows: list[tuple[Button, ...]] = [
        (Button(f"📁 {category.name}", ShowShelf(category.id, 0)),) for category in shelf.categories
    ]
    rows += [_entry(card, f"p{shelf.page}-{shelf.sorting.value}", t) for card in shelf.products]
    here = shelf.category.id if shelf.category else None
    rows += pager(shelf, lambda page: ShowShelf(here, page, shelf.sorting.value))
    search = Button(t.text("button.search"), TypeSearch())
    if shelf.category is None:
        text = t.text("shelf.root" if rows else "shelf.empty")
        return Screen(text, (*rows, *([(search,)] if rows else []), back_home(t)), scene=MenuScreen.SHOP)
    tools = [search]
    if shelf.product_count > 1:
        order = t.text("button.sorting", order=t.text(f"sorting.{shelf.sorting.value}"))
        tools.append(Button(order, ShowSortings(shelf.category.id, shelf.sorting.value)))
    rows += [tuple(tools), back_row(ShowShelf(shelf.parent_id, 0), t)]
    text = t.text("shelf", name=" › ".join((*shelf.passed, shelf.category.name)))
    nothing = "" if shelf.categories or shelf.products else "\n\n" + t.text("shelf.nothing_here")
    if shelf.category.description:
        text += "\n" + t.text("shelf.description", description=_short(shelf.category.description, text + nothing))
    return Screen(text + nothing, tuple(rows), picture=shelf.category.picture, is_shared=True)


def sortings(category_id: int, chosen: str, t: Translator) -> Screen:
    """Show the orders that products can be put in, two by two."""
    buttons = [
        Button(("● " if each.value == chosen else "") + t.text(f"sorting.{each.value}"), to)
        for each in Sorting
        for to in [ShowShelf(category_id, 0, each.value)]
    ]
    rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    back = back_row(ShowShelf(category_id, 0, chosen), t)
    return Screen(t.text("sortings"), (*rows, back))


def ask_search(t: Translator) -> Screen:
    """Ask for the words to search for."""
    return Screen(t.text("ask_search"), (back_row(ShowShelf(None, 0), t),))


def found(page: SearchPage, t: Translator) -> Screen:
    """Show a page of what a search found."""
    rows = [_entry(card, f"s{page.search_id}-{page.page}", t) for card in page.products]
    rows += pager(page, lambda number: ShowFound(page.search_id, number))
    rows += [
        (Button(t.text("button.search_again"), TypeSearch()),),
        (Button(t.text("button.shop"), ShowShelf(None, 0)), *back_home(t)),
    ]
    text = (
        t.text("found", words=page.words, count=page.count) if page.count else t.text("found.none", words=page.words)
    )
    return Screen(text, tuple(rows))


def product(card: ProductCard, quantity: int, back: str, t: Translator, *, waits: bool = False) -> Screen:
    """Show a product with a number of items chosen; `waits`: the customer will be notified when it is back."""
    last_row = back_row(way_back(card, back), t)
    facts = [t.text("product.price", price=card.price)]
    facts += [
        t.text("product.quantity_price", count=step.from_quantity, price=step.price) for step in card.quantity_prices
    ]
    if not card.available:
        tell = Button(t.text("button.tell_when_back"), TellWhenBack(card.id))
        rows = (*_opinions(card, t), (_leave(card.id, t) if waits else tell,), last_row)
        noted = [t.text("restock.noted")] if waits else []
        text = _described(card, [t.text("product.sold_out"), *noted], t)
        return Screen(text, rows, picture=card.picture, is_shared=True)
    text = _described(card, [*facts, *_kind(card, t), *_limits(card, t)], t)
    if card.allowance == 0:
        return Screen(text, (*_opinions(card, t), last_row), picture=card.picture, is_shared=True)
    price = card.price_of(quantity)
    total = t.text("button.quantity", quantity=quantity, price=price, total=price * quantity)
    fewer = ShowProduct(card.id, max(1, quantity - 1), back)
    more = ShowProduct(card.id, quantity + 1, back)  # if that is too many, the answer says so
    amount = ((Button(total, TypeQuantity(card.id, back)),), (Button("−", fewer), Button("+", more)))
    buy = (
        Button(t.text("button.buy_now"), BuyNow(card.id, quantity)),
        Button(t.text("button.add_to_cart"), AddToCart(card.id, quantity)),
    )
    rows = (*(amount if card.most > 1 else ()), buy, *_opinions(card, t), last_row)
    return Screen(text, rows, picture=card.picture, is_shared=True)


def _opinions(card: ProductCard, t: Translator) -> list[tuple[Button, ...]]:
    """The row that leads to the reviews; no row if there are no reviews."""
    if not card.rating.count:
        return []
    stars = t.decimal(Decimal(card.rating.tenths).scaleb(-1))
    return [(Button(t.text("button.reviews", stars=stars, count=card.rating.count), ShowReviews(card.id, 0)),)]


def ask_quantity(card: ProductCard, back: Callback, t: Translator) -> Screen:
    """Ask for a number of items."""
    rows = ((back_button(back, t),),)
    return Screen(t.text("ask_quantity", name=card.name, count=max(card.most, 1)), rows)


def way_back(card: ProductCard, back: str) -> Callback:
    """Read where a customer came from to a product: a page of a shelf or of a search, or the cart."""
    if back == "cart":
        return ShowCart()
    if place := _ON_SHELF.fullmatch(back):
        return ShowShelf(card.category_id, int(place[1]), place[2])
    if place := _IN_SEARCH.fullmatch(back):
        return ShowFound(int(place[1]), int(place[2]))
    return ShowShelf(card.category_id, 0)


def _entry(card: ProductCard, back: str, t: Translator) -> tuple[Button, ...]:
    mark = t.money(card.price) if card.available else t.text("sold_out")
    return (Button(f"{_marked(card)} · {mark}", ShowProduct(card.id, 1, back)),)


def _marked(card: ProductCard) -> str:
    return f"🆕 {card.name}" if card.is_new else card.name


def _kind(card: ProductCard, t: Translator) -> list[str]:
    lines = [t.text("product.file")] if card.kind.is_file else []
    if card.runs_out:
        return [*lines, t.text("product.stock", count=card.stock_count)]
    if card.kind is DeliverableKind.MADE_TO_ORDER:
        return [*lines, t.text("product.made_to_order")]
    if card.seats_left is not None:
        return [*lines, t.text("product.seats", count=card.seats_left)]
    return [*lines, t.text("product.shared")]


def _limits(card: ProductCard, t: Translator) -> list[str]:
    """Return how many one customer may buy, and how many this one still may, if that is less."""
    lines = [] if card.most_each is None else [t.text("product.most_each", count=card.most_each)]
    lines += [] if card.most_daily is None else [t.text("product.most_daily", count=card.most_daily)]
    limits = [limit for limit in (card.most_each, card.most_daily) if limit is not None]
    if card.allowance is not None and card.allowance < min(limits):
        lines.append(t.text("product.allowance", count=card.allowance))
    return lines


def _described(card: ProductCard, facts: list[str], t: Translator) -> str:
    """Name a product, describe it unless the name says it all, and state the facts."""
    stated = "\n".join(facts)
    about = "" if card.description == card.name else _short(card.description, f"{card.name}{stated}")
    return t.text("product", name=_marked(card), description=about).strip() + f"\n\n{stated}"


def _short(description: str, beside: str) -> str:
    return shortened(description, min(MAX_DESCRIPTION, room_beside(beside)))


def will_be_told(product_id: int, t: Translator) -> Screen:
    """Say that a customer will be notified, and how to change that."""
    return Screen(t.text("restock.noted"), ((_leave(product_id, t),), back_row(ShowProduct(product_id, 1), t)))


def _leave(product_id: int, t: Translator) -> Button:
    return Button(t.text("button.leave_wait_list"), LeaveWaitList(product_id))


def restocked(card: ProductCard, t: Translator) -> Screen:
    """Notify a customer that a product is back."""
    rows = (
        (Button(t.text("button.to_product"), ShowProduct(card.id, 1)),),
        (Button(t.text("button.shop"), ShowShelf(None, 0)), *back_home(t)),
    )
    return Screen(t.text("restock.back", name=card.name, price=card.price), rows)
