"""Buttons of announcements."""

from bot_handlers.callbacks import Callback, button


@button("an")
class ShowAnnouncements(Callback):
    """Show a page of what was announced."""

    page: int


@button("anwho")
class ChooseAudience(Callback):
    """Show who can be written to; `kind` is one of `shop.announced.Kind`."""

    kind: str


@button("anlang")
class ChooseReaders(Callback):
    """Show the languages whose readers can be written to."""

    kind: str


@button("anprod")
class ChooseBuyers(Callback):
    """Show a page of the products whose buyers can be written to."""

    kind: str
    page: int


@button("annew")
class Compose(Callback):
    """Begin an announcement to everyone."""

    kind: str


@button("annewl")
class ComposeForReaders(Callback):
    """Begin an announcement to the readers of a language."""

    kind: str
    language: str


@button("annewp")
class ComposeForBuyers(Callback):
    """Begin an announcement to the buyers of a product."""

    kind: str
    product_id: int


@button("andraft")
class ShowAnnouncementDraft(Callback):
    """Show a draft as its recipients will see it."""

    announcement_id: int


@button("antext")
class TypeAnnouncement(Callback):
    """Ask for the text, or a photo with a caption."""

    announcement_id: int


@button("anlinks")
class TypeLinks(Callback):
    """Ask for the buttons below it."""

    announcement_id: int


@button("anpick")
class PickTarget(Callback):
    """Show a page of the catalogue, to choose what a button opens; no id shows the roots."""

    announcement_id: int
    category_id: int | None
    page: int


@button("anadd")
class LinkProduct(Callback):
    """Put a button below it that opens a product."""

    announcement_id: int
    product_id: int


@button("anaddc")
class LinkCategory(Callback):
    """Put a button below it that opens a category."""

    announcement_id: int
    category_id: int


@button("anclear")
class ClearLinks(Callback):
    """Take all buttons below it away."""

    announcement_id: int


@button("androp")
class DiscardDraft(Callback):
    """Throw a draft away."""

    announcement_id: int


@button("ansend")
class SendAnnouncement(Callback):
    """Send a draft."""

    announcement_id: int


@button("anshow")
class ShowAnnouncement(Callback):
    """Show how far an announcement is."""

    announcement_id: int


@button("anpause")
class PauseAnnouncement(Callback):
    """Stop sending for now."""

    announcement_id: int


@button("ango")
class GoOnAnnouncing(Callback):
    """Go on sending."""

    announcement_id: int


@button("anstop")
class CancelAnnouncement(Callback):
    """Send no more of it."""

    announcement_id: int
