"""Announcements: as recipients read them, as their admin composes them, and their progress."""

import html
from collections.abc import Iterator

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.account import HearAnnouncements
from bot_handlers.callbacks.announcements import (
    AnnounceAgain,
    CancelAnnouncement,
    ChooseAudience,
    ChooseBuyers,
    ChooseReaders,
    ClearLinks,
    Compose,
    ComposeForBuyers,
    ComposeForReaders,
    DiscardDraft,
    GoOnAnnouncing,
    LinkCategory,
    LinkProduct,
    PauseAnnouncement,
    PickTarget,
    SendAnnouncement,
    ShowAnnouncement,
    ShowAnnouncementDraft,
    ShowAnnouncements,
    TypeAnnouncement,
    TypeLinks,
    TypeTime,
    Unschedule,
)
from bot_handlers.callbacks.catalog import ShowProduct, ShowShelf
from bot_handlers.callbacks.home import AdminHome
from bot_handlers.screens.screen import (
    MAX_TEXT,
    Button,
    Rows,
    Screen,
    back_home,
    back_row,
    pager,
    plain_text,
    shortened,
    utf16_length,
)
from locales import Languages, Translator
from shop.announcements.announcement import Announcement, AnnouncementKind, Content, Link, State
from shop.announcements.drafts import AnnouncementDraft, SoldPage
from shop.announcements.sending import BroadcastPage
from shop.catalog.storefront import Shelf

MAX_LABEL = 60
_BAR = 10
_MARKS = {
    State.QUEUED: "⏳",
    State.SENDING: "📣",
    State.PAUSED: "⏸",
    State.CANCELLED: "✖",
    State.DONE: "✅",
}


def messages(content: Content, t: Translator) -> tuple[Screen, ...]:
    """Make a recipient's messages: one, or as many as a list needs, with the buttons below the last."""
    stop = (Button(t.text("button.stop_announcements"), HearAnnouncements(0)),)
    rows = (*((_link(link),) for link in content.links), stop)
    if content.kind is AnnouncementKind.OWN:
        return (Screen(content.html, rows, content.picture),)
    *before, last = _parts(_lines(content, t))
    return (*(Screen(part) for part in before), Screen(last, rows))


def _link(link: Link) -> Button:
    if link.product_id is not None:
        return Button(link.label, ShowProduct(link.product_id, 1))
    if link.category_id is not None:
        return Button(link.label, ShowShelf(link.category_id, 0))
    return Button(link.label, link=link.url)


def _lines(content: Content, t: Translator) -> Iterator[str]:
    yield t.text("announcement.restocked" if content.kind is AnnouncementKind.RESTOCKED else "announcement.stock")
    for category in content.listing:
        yield "\n<b>" + html.escape(" › ".join(category.path), quote=False) + "</b>"
        for product in category.products:
            if product.stock is None:
                yield t.text("announcement.line", name=product.name, price=product.price)
            else:
                yield t.text("announcement.line_stock", name=product.name, price=product.price, count=product.stock)


def _parts(lines: Iterator[str]) -> list[str]:
    """Join lines into texts that each fit in a message."""
    parts: list[list[str]] = [[]]
    length = 0
    for line in lines:
        length += utf16_length(plain_text(line)) + 1
        if length > MAX_TEXT:
            parts.append([])
            length = utf16_length(plain_text(line)) + 1
        parts[-1].append(line)
    return ["\n".join(part).strip() for part in parts]


def overview(page: BroadcastPage, t: Translator) -> Screen:
    """Show past announcements, and the kinds of new ones."""
    rows: list[tuple[Button, ...]] = [
        (Button(t.text("button.announce_own"), ChooseAudience(AnnouncementKind.OWN.value)),),
        (
            Button(t.text("button.announce_restocked"), ChooseAudience(AnnouncementKind.RESTOCKED.value)),
            Button(t.text("button.announce_stock"), ChooseAudience(AnnouncementKind.STOCK.value)),
        ),
    ]
    rows += [(Button(_label(each, t), _shown_by(each)),) for each in page.announcements]
    rows += pager(page, ShowAnnouncements)
    rows.append(back_row(AdminHome(), t))
    return Screen(t.text("announcements"), tuple(rows))


def audiences(kind: AnnouncementKind, t: Translator) -> Screen:
    """Ask who gets it."""
    rows = (
        (Button(t.text("button.to_everyone"), Compose(kind.value)),),
        (Button(t.text("button.to_readers"), ChooseReaders(kind.value)),),
        (Button(t.text("button.to_buyers"), ChooseBuyers(kind.value, 0)),),
        back_row(ShowAnnouncements(0), t),
    )
    return Screen(t.text("announcement.who"), rows)


def readers(kind: AnnouncementKind, every: Languages, t: Translator) -> Screen:
    """Ask for the language of the recipients."""
    rows = [
        (Button(translator.name, ComposeForReaders(kind.value, code)),)
        for code, translator in every.translators.items()
    ]
    return Screen(t.text("announcement.which_language"), (*rows, back_row(ChooseAudience(kind.value), t)))


def buyers(kind: AnnouncementKind, page: SoldPage, t: Translator) -> Screen:
    """Ask whose buyers get it."""
    rows: list[tuple[Button, ...]] = [
        (Button(shortened(name, MAX_LABEL), ComposeForBuyers(kind.value, product_id)),)
        for product_id, name in page.products
    ]
    rows += pager(page, lambda number: ChooseBuyers(kind.value, number))
    text = t.text("announcement.which_product" if page.products else "announcement.nothing_sold")
    return Screen(text, (*rows, back_row(ChooseAudience(kind.value), t)))


def ask_text(draft: AnnouncementDraft, t: Translator) -> Screen:
    """Ask for the text, or a photo with a caption."""
    back = ShowAnnouncementDraft(draft.id) if draft.content.html else ShowAnnouncements(0)
    return Screen(t.text("announcement.ask_text"), (back_row(back, t),))


def ask_links(draft: AnnouncementDraft, t: Translator) -> Screen:
    """Ask for the buttons below it."""
    rows: list[tuple[Button, ...]] = [(Button(t.text("button.link_shop"), PickTarget(draft.id, None, 0)),)]
    if draft.content.links:
        rows.append((Button(t.text("button.clear_links"), ClearLinks(draft.id)),))
    return Screen(t.text("announcement.ask_links"), (*rows, back_row(ShowAnnouncementDraft(draft.id), t)))


def targets(announcement_id: int, shelf: Shelf, t: Translator) -> Screen:
    """Show what of the shop a button can open."""
    here = shelf.category.id if shelf.category else None
    rows: list[tuple[Button, ...]] = []
    if shelf.category is not None:
        label = t.label("button.link_category", name=shelf.category.name)
        rows.append((Button(shortened(label, MAX_LABEL), LinkCategory(announcement_id, shelf.category.id)),))
    for category in shelf.categories:
        rows.append((Button(f"📁 {category.name}", PickTarget(announcement_id, category.id, 0)),))
    for card in shelf.products:
        rows.append((Button(shortened(card.name, MAX_LABEL), LinkProduct(announcement_id, card.id)),))
    rows += pager(shelf, lambda page: PickTarget(announcement_id, here, page))
    back: Callback = TypeLinks(announcement_id)
    if shelf.category is not None:
        back = PickTarget(announcement_id, shelf.parent_id, 0)
    return Screen(t.text("announcement.pick"), (*rows, back_row(back, t)))


def check(draft: AnnouncementDraft, every: Languages, t: Translator) -> Screen:
    """Ask, below the preview, whether to send it, and say to how many people."""
    rows: list[tuple[Button, ...]] = [
        (Button(t.text("button.announce", count=draft.reach), SendAnnouncement(draft.id)),),
        (Button(t.text("button.links"), TypeLinks(draft.id)),),
    ]
    if draft.content.kind is AnnouncementKind.OWN:
        rows[1] = (Button(t.text("button.retype"), TypeAnnouncement(draft.id)), *rows[1])
    due_at = draft.announcement.due_at
    schedule = [Button(t.text("button.schedule"), TypeTime(draft.id))]
    if due_at is not None:
        schedule.append(Button(t.text("button.unschedule"), Unschedule(draft.id)))
    rows.append(tuple(schedule))
    rows.append((Button(t.text("button.discard"), DiscardDraft(draft.id)), *back_home(t)))
    parts = len(messages(draft.content, t))
    lines = [t.text("announcement.check"), _audience(draft.announcement, every, t)]
    lines.append(t.text("announcement.reach", count=draft.reach))
    if due_at is not None:
        lines.append(t.text("announcement.scheduled", moment=t.moment(due_at)))
    if parts > 1:
        lines.append(t.text("announcement.parts", count=parts))
    return Screen("\n".join(lines), tuple(rows))


def ask_time(draft: AnnouncementDraft, now: int, t: Translator) -> Screen:
    """Ask when to send it, by the shop's clock."""
    text = t.text("announcement.ask_time", now=t.time_of_day(now))
    return Screen(text, (back_row(ShowAnnouncementDraft(draft.id), t),))


def not_sent(due_at: int, reason: str, t: Translator) -> Screen:
    """Tell an admin why a scheduled announcement was not sent."""
    why = t.text("refusal.not_allowed" if reason == "not_allowed" else f"refusal.not_announced.{reason}")
    return Screen(
        t.text("announcement.not_sent", moment=t.moment(due_at), reason=why), (back_row(ShowAnnouncements(0), t),)
    )


def progress(status: Announcement, left_s: int | None, t: Translator) -> Screen:
    """Show the progress of an announcement, and how to stop it."""
    lines = [t.text(f"announcement.state.{status.state.value}", number=status.id), "", _bar(status, t)]
    lines.append(t.text("announcement.sent", count=status.sent, total=status.recipients))
    lines.append(t.text("announcement.unreachable", count=status.unreachable))
    lines.append(t.text("announcement.failed", count=status.failed))
    if status.state is State.SENDING and left_s is not None:
        lines.append(t.text("announcement.left", minutes=left_s // 60, seconds=f"{left_s % 60:02}"))
    return Screen("\n".join(lines), _controls(status, t))


def report(status: Announcement, t: Translator) -> Screen:
    """Tell an admin the outcome of an announcement."""
    return Screen(progress(status, None, t).text, (back_row(ShowAnnouncements(0), t),))


def _controls(status: Announcement, t: Translator) -> Rows:
    cancel = Button(t.text("button.cancel_announcement"), CancelAnnouncement(status.id))
    rows: list[tuple[Button, ...]] = []
    if status.state in (State.QUEUED, State.SENDING):
        rows.append((Button(t.text("button.pause"), PauseAnnouncement(status.id)), cancel))
    elif status.state is State.PAUSED:
        rows.append((Button(t.text("button.go_on"), GoOnAnnouncing(status.id)), cancel))
    elif status.state.ended:
        rows.append((Button(t.text("button.announce_again"), AnnounceAgain(status.id)),))
    return (*rows, back_row(ShowAnnouncements(0), t))


def _bar(status: Announcement, t: Translator) -> str:
    full = _BAR * status.settled // max(status.recipients, 1)
    percent = 100 * status.settled // max(status.recipients, 1)
    return "▰" * full + "▱" * (_BAR - full) + " " + t.text("figures.percent", value=percent)


def _label(status: Announcement, t: Translator) -> str:
    if status.due_at is not None and status.state is State.DRAFT:
        return f"🕒 #{status.id} · {t.moment(status.due_at)}"
    return f"{_MARKS[status.state]} #{status.id} · {t.moment(status.created_at)} · {status.sent}/{status.recipients}"


def _shown_by(status: Announcement) -> Callback:
    return ShowAnnouncementDraft(status.id) if status.state is State.DRAFT else ShowAnnouncement(status.id)


def _audience(status: Announcement, every: Languages, t: Translator) -> str:
    if status.audience.product_id is not None:
        return t.text("announcement.to_buyers", name=status.product_name)
    if status.audience.language is not None:
        return t.text("announcement.to_readers", name=every[status.audience.language].name)
    return t.text("announcement.to_everyone")
