"""Buttons of announcements."""

from bot_handlers.callbacks import Callback, button


@button("an")
class ShowAnnouncements(Callback):
    """Show a page of all announcements."""

    page: int


@button("anwho")
class ChooseAudience(Callback):
    """Ask who should get it; `kind` is an `AnnouncementKind`."""

    kind: str


@button("anlang")
class ChooseReaders(Callback):
    """Ask for the language of the recipients."""

    kind: str


@button("anprod")
class ChooseBuyers(Callback):
    """Ask for the product whose buyers should get it, a page at a time."""

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
    """Show a preview of a draft."""

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
    """Show a page of the catalogue, to choose what a button opens; without an id, the top categories."""

    announcement_id: int
    category_id: int | None
    page: int


@button("anadd")
class LinkProduct(Callback):
    """Add a button that opens a product."""

    announcement_id: int
    product_id: int


@button("anaddc")
class LinkCategory(Callback):
    """Add a button that opens a category."""

    announcement_id: int
    category_id: int


@button("anclear")
class ClearLinks(Callback):
    """Remove all buttons below it."""

    announcement_id: int


@button("androp")
class DiscardDraft(Callback):
    """Delete a draft."""

    announcement_id: int


@button("ansend")
class SendAnnouncement(Callback):
    """Send a draft."""

    announcement_id: int


@button("anshow")
class ShowAnnouncement(Callback):
    """Show the progress of an announcement."""

    announcement_id: int


@button("anpause")
class PauseAnnouncement(Callback):
    """Pause the sending."""

    announcement_id: int


@button("ango")
class GoOnAnnouncing(Callback):
    """Resume sending."""

    announcement_id: int


@button("anstop")
class CancelAnnouncement(Callback):
    """Stop the sending for good."""

    announcement_id: int


@button("antime")
class TypeTime(Callback):
    """Ask when to send a draft."""

    announcement_id: int


@button("anuntime")
class Unschedule(Callback):
    """Unschedule a draft."""

    announcement_id: int


@button("anagain")
class AnnounceAgain(Callback):
    """Begin a draft with the content of an announcement."""

    announcement_id: int
