"""Buttons of announcements."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowAnnouncements(Callback):
    """Show a page of what was announced."""

    prefix = "an"
    page: "int"


@dataclass(frozen=True, slots=True)
class ChooseAudience(Callback):
    """Show who can be written to; `kind` is one of `shop.announced.Kind`."""

    prefix = "anwho"
    kind: "str"


@dataclass(frozen=True, slots=True)
class ChooseReaders(Callback):
    """Show the languages whose readers can be written to."""

    prefix = "anlang"
    kind: "str"


@dataclass(frozen=True, slots=True)
class ChooseBuyers(Callback):
    """Show a page of the products whose buyers can be written to."""

    prefix = "anprod"
    kind: "str"
    page: "int"


@dataclass(frozen=True, slots=True)
class Compose(Callback):
    """Begin an announcement to everyone."""

    prefix = "annew"
    kind: "str"


@dataclass(frozen=True, slots=True)
class ComposeForReaders(Callback):
    """Begin an announcement to the readers of a language."""

    prefix = "annewl"
    kind: "str"
    language: "str"


@dataclass(frozen=True, slots=True)
class ComposeForBuyers(Callback):
    """Begin an announcement to the buyers of a product."""

    prefix = "annewp"
    kind: "str"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class ShowAnnouncementDraft(Callback):
    """Show a draft as its recipients will see it."""

    prefix = "andraft"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class TypeAnnouncement(Callback):
    """Ask for the text, or a photo with a caption."""

    prefix = "antext"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class TypeLinks(Callback):
    """Ask for the buttons below it."""

    prefix = "anlinks"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class PickTarget(Callback):
    """Show a page of the catalogue, to choose what a button opens; no id shows the roots."""

    prefix = "anpick"
    announcement_id: "int"
    category_id: "int | None"
    page: "int"


@dataclass(frozen=True, slots=True)
class LinkProduct(Callback):
    """Put a button below it that opens a product."""

    prefix = "anadd"
    announcement_id: "int"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class LinkCategory(Callback):
    """Put a button below it that opens a category."""

    prefix = "anaddc"
    announcement_id: "int"
    category_id: "int"


@dataclass(frozen=True, slots=True)
class ClearLinks(Callback):
    """Take all buttons below it away."""

    prefix = "anclear"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class DiscardDraft(Callback):
    """Throw a draft away."""

    prefix = "androp"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class SendAnnouncement(Callback):
    """Send a draft."""

    prefix = "ansend"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class ShowAnnouncement(Callback):
    """Show how far an announcement is."""

    prefix = "anshow"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class PauseAnnouncement(Callback):
    """Stop sending for now."""

    prefix = "anpause"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class GoOnAnnouncing(Callback):
    """Go on sending."""

    prefix = "ango"
    announcement_id: "int"


@dataclass(frozen=True, slots=True)
class CancelAnnouncement(Callback):
    """Send no more of it."""

    prefix = "anstop"
    announcement_id: "int"
