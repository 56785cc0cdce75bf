"""Names that look like existing ones: a file that adds one was most likely misspelt."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shop.catalog.plans import Places, Wanted
from storage.models import Category, Product
from storage.text import fold

_SHAPES = str.maketrans(
    # Cyrillic and Greek letters, and digits, that look like Latin letters (Unicode TS 39, confusables).
    "авекмнорстухіјѕԛԝһӏԁαβεικνορτυχ01|5",
    "abekmhopctyxijsqwhldabeikvoptuxolls",
)
_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A name in a file, and the one it looks like, in the shop or earlier in the file."""

    name: str
    other: str


def shape(name: str) -> str:
    """Reduce a name to what the eye takes in: no capitals, accents, blanks or punctuation, one alphabet."""
    return _BETWEEN.sub("", fold(name).translate(_SHAPES))


def look_alikes(wanted: Iterable[Wanted], places: Places) -> tuple[LookAlike, ...]:
    """Find the new categories and products that look like another in the same place."""
    shapes: dict[tuple[str, ...], dict[str, str]] = {}
    found: dict[LookAlike, None] = {}
    for each in wanted:
        for depth in range(len(each.path)):
            beside = shapes.setdefault(each.path[:depth], {})
            if not beside:
                beside |= _categories_in(each.path[:depth], places)
            _note(each.path[depth], beside, found)
        inside = shapes.setdefault((*each.path, ""), {})
        if not inside:
            inside |= _products_in(each.path, places)
        _note(each.name, inside, found)
    return tuple(found)


def _note(name: str, beside: dict[str, str], found: dict[LookAlike, None]) -> None:
    other = beside.setdefault(shape(name), name)
    if other != name:
        found[LookAlike(name, other)] = None


def _categories_in(path: tuple[str, ...], places: Places) -> dict[str, str]:
    category_id = places.find(path) if path else None
    if path and category_id is None:
        return {}
    return {shape(row.name): row.name for row in Category.kept(category_id)}


def _products_in(path: tuple[str, ...], places: Places) -> dict[str, str]:
    category_id = places.find(path)
    return {} if category_id is None else {shape(row.name): row.name for row in Product.kept(category_id)}
