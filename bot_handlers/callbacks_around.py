"""Callback data of what stands around the selling: profile, reviews, tickets, and who waits for goods."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback


@dataclass(frozen=True, slots=True)
class ShowProfile(Callback):
    """Show the customer's own page."""

    prefix = "profile"


@dataclass(frozen=True, slots=True)
class ShowStatement(Callback):
    """Show a page of the movements of the balance."""

    prefix = "account"
    page: "int"


@dataclass(frozen=True, slots=True)
class SendStatement(Callback):
    """Send all movements as a file."""

    prefix = "csv"


@dataclass(frozen=True, slots=True)
class ShowComing(Callback):
    """Show the deposits that are on their way."""

    prefix = "coming"


@dataclass(frozen=True, slots=True)
class ShowReferral(Callback):
    """Show the personal link and what it brought."""

    prefix = "friends"


@dataclass(frozen=True, slots=True)
class ShowFaq(Callback):
    """Show what is often asked."""

    prefix = "faq"


@dataclass(frozen=True, slots=True)
class ShowRules(Callback):
    """Show the rules that the operator wrote."""

    prefix = "rules"


@dataclass(frozen=True, slots=True)
class ShowReviews(Callback):
    """Show a page of the reviews of a product."""

    prefix = "reviews"
    product_id: "int"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowOwnLine(Callback):
    """Show what can be done about a line of an order: review it, report a problem."""

    prefix = "bought"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class GiveStars(Callback):
    """Give a line of an order its stars."""

    prefix = "stars"
    line_id: "int"
    stars: "int"


@dataclass(frozen=True, slots=True)
class TypeReview(Callback):
    """Ask for the words of a review."""

    prefix = "opinion"
    line_id: "int"


@dataclass(frozen=True, slots=True)
class TellWhenBack(Callback):
    """Have oneself told when a product is back."""

    prefix = "wish"
    product_id: "int"


@dataclass(frozen=True, slots=True)
class ShowTickets(Callback):
    """Show a page of the customer's tickets."""

    prefix = "tickets"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowTicket(Callback):
    """Show a ticket of the customer."""

    prefix = "ticket"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class TypeTicket(Callback):
    """Ask for the first words of a ticket, perhaps about a line of an order."""

    prefix = "ask"
    line_id: "int | None"


@dataclass(frozen=True, slots=True)
class TypeReply(Callback):
    """Ask for more words on a ticket of the customer."""

    prefix = "reply"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class CloseTicket(Callback):
    """Close a ticket of the customer."""

    prefix = "solved"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class ShowOpenTickets(Callback):
    """Show an admin a page of everybody's open tickets."""

    prefix = "desk"
    page: "int"


@dataclass(frozen=True, slots=True)
class ShowAnyTicket(Callback):
    """Show an admin a ticket."""

    prefix = "matter"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class TypeAnswer(Callback):
    """Ask an admin for the answer to a ticket."""

    prefix = "answer"
    ticket_id: "int"


@dataclass(frozen=True, slots=True)
class CloseAnyTicket(Callback):
    """Let an admin close a ticket."""

    prefix = "settle"
    ticket_id: "int"
