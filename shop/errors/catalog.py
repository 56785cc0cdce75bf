"""Refusals around goods: files, fields and places in the catalogue."""

from dataclasses import dataclass

from shop.errors.refusals import Refusal


@dataclass
class FileTooLarge(Refusal):
    """The file is larger than the shop can take."""

    counted = "largest_mb"

    largest_mb: int


@dataclass
class BadImport(Refusal):
    """A goods file is refused, as a whole or in the place that `entry` and `field` name."""

    reason: str
    entry: int | None = None
    field: str | None = None


@dataclass
class AmbiguousSum(Refusal):
    """The typed amount can be read in two ways: `1,000`."""

    text: str


@dataclass
class BadValue(Refusal):
    """An admin typed an invalid value; `reason` is one of those for goods files."""

    reason: str


class NameTaken(Refusal):
    """The name is taken."""


class BelowItself(Refusal):
    """A category cannot be moved below itself."""


class ImportGone(Refusal):
    """The file to import is no longer stored; it has to be sent again."""


class GoodsHeld(Refusal):
    """The shop was restored, and units of the product may have been sold since: only an owner releases it."""

    alert = True
