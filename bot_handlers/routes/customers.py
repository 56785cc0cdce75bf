"""The buttons that customers use, and their counterparts for admins."""

from bot_handlers.callbacks import account, catalog, checkout, home, orders, reviews, terms, tickets, top_ups
from bot_handlers.handlers.account import AccountHandlers
from bot_handlers.handlers.catalog import CatalogHandlers
from bot_handlers.handlers.checkout import CheckoutHandlers
from bot_handlers.handlers.home import HomeHandlers
from bot_handlers.handlers.orders import OrderHandlers
from bot_handlers.handlers.reviews import ReviewHandlers
from bot_handlers.handlers.terms import OwnDataHandlers, TermsHandlers
from bot_handlers.handlers.tickets import TicketHandlers
from bot_handlers.handlers.top_ups import TopUpHandlers
from bot_handlers.routes.handlers import Handlers
from bot_handlers.updates.router import Buttons, Group
from shop.people import Right

EVERYBODY, ADMINS = Group.EVERYBODY, Group.ADMINS


def customers_buttons(to: Handlers) -> Buttons:
    """List the buttons that customers use, with their counterparts for admins."""
    return (
        *_home(to.home),
        *_catalog(to.catalog),
        *_checkout(to.checkout),
        *_orders(to.orders),
        *_top_ups(to.top_ups),
        *_account(to.account),
        *_reviews(to.reviews),
        *_tickets(to.tickets),
        *_terms(to.terms),
        *_own_data(to.own_data),
    )


def _home(to: HomeHandlers) -> Buttons:
    return (
        (home.Home, EVERYBODY, to.show),
        (home.ShowLanguages, EVERYBODY, to.show_languages),
        (home.ChooseLanguage, EVERYBODY, to.choose_language),
        (home.ShowHelp, EVERYBODY, to.show_help),
        (home.ShowFaq, EVERYBODY, to.show_faq),
        (home.ShowRules, EVERYBODY, to.show_rules),
        (home.Nothing, EVERYBODY, to.ignore),
        (home.AdminHome, ADMINS, to.show_admin),
    )


def _catalog(to: CatalogHandlers) -> Buttons:
    return (
        (catalog.ShowShelf, EVERYBODY, to.show_shelf),
        (catalog.ShowSortings, EVERYBODY, to.show_sortings),
        (catalog.TypeSearch, EVERYBODY, to.ask_search),
        (catalog.SearchLoose, EVERYBODY, to.search_loose),
        (catalog.ShowFound, EVERYBODY, to.show_found),
        (catalog.ShowProduct, EVERYBODY, to.show_product),
        (catalog.TypeQuantity, EVERYBODY, to.ask_quantity),
        (catalog.TellWhenBack, EVERYBODY, to.tell_when_back),
        (catalog.LeaveWaitList, EVERYBODY, to.leave_wait_list),
        (orders.BuyAgain, EVERYBODY, to.buy_again),
    )


def _checkout(to: CheckoutHandlers) -> Buttons:
    return (
        (checkout.BuyNow, EVERYBODY, to.buy_now),
        (checkout.AddToCart, EVERYBODY, to.add_to_cart),
        (checkout.ShowCart, EVERYBODY, to.show_cart),
        (checkout.ChangeCart, EVERYBODY, to.change_cart),
        (checkout.ShowLine, EVERYBODY, to.show_line),
        (checkout.RemoveLine, EVERYBODY, to.remove_line),
        (checkout.ClearCart, EVERYBODY, to.ask_clear),
        (checkout.EmptyCart, EVERYBODY, to.clear_cart),
        (checkout.CheckOut, EVERYBODY, to.check_out),
        (checkout.Confirm, EVERYBODY, to.confirm),
        (checkout.TypeCoupon, EVERYBODY, to.ask_coupon),
        (checkout.DropCoupon, EVERYBODY, to.remove_coupon),
        (checkout.Agree, EVERYBODY, to.agree),
        (orders.TypeOrderNote, EVERYBODY, to.ask_note),
        (checkout.TopUpOffer, EVERYBODY, to.top_up),
        (checkout.StopWaiting, EVERYBODY, to.stop_waiting),
    )


def _orders(to: OrderHandlers) -> Buttons:
    return (
        (orders.ShowHistory, EVERYBODY, to.show_history),
        (orders.ShowOrder, EVERYBODY, to.show),
        (orders.SendGoods, EVERYBODY, to.send_goods),
        (orders.MakeLine, Right.CUSTOMERS, to.ask_made),
        (orders.ShowEveryOrder, Right.CUSTOMERS, to.show_every),
        (orders.TypeOrderSearch, Right.CUSTOMERS, to.ask_search),
        (orders.ShowFoundOrders, Right.CUSTOMERS, to.show_found),
        (orders.SendOrders, Right.CUSTOMERS, to.send_every),
    )


def _top_ups(to: TopUpHandlers) -> Buttons:
    return (
        (top_ups.ChooseCoin, EVERYBODY, to.choose_coin),
        (top_ups.ShowTopUp, EVERYBODY, to.show),
        (top_ups.TypeSum, EVERYBODY, to.ask_sum),
        (top_ups.TypeTransaction, EVERYBODY, to.ask_transaction),
    )


def _account(to: AccountHandlers) -> Buttons:
    return (
        (account.ShowProfile, EVERYBODY, to.show),
        (account.ShowStatement, EVERYBODY, to.show_statement),
        (account.SendStatement, EVERYBODY, to.send_statement),
        (account.ShowComing, EVERYBODY, to.show_coming),
        (account.HearAnnouncements, EVERYBODY, to.hear),
        (account.ShowReferral, EVERYBODY, to.show_referral),
    )


def _reviews(to: ReviewHandlers) -> Buttons:
    return (
        (reviews.ShowReviews, EVERYBODY, to.show_product),
        (reviews.ShowOwnLine, EVERYBODY, to.show_line),
        (reviews.GiveStars, EVERYBODY, to.give_stars),
        (reviews.RateGoods, EVERYBODY, to.rate_goods),
        (orders.ShowGoodsLine, EVERYBODY, to.show_goods_line),
        (reviews.TypeReview, EVERYBODY, to.ask_words),
        (reviews.ShowEveryReview, Right.CUSTOMERS, to.show_all),
        (reviews.ShowAnyReview, Right.CUSTOMERS, to.show),
        (reviews.HideReview, Right.CUSTOMERS, to.ask_reason),
        (reviews.UnhideReview, Right.CUSTOMERS, to.unhide),
    )


def _tickets(to: TicketHandlers) -> Buttons:
    return (
        (tickets.ShowTickets, EVERYBODY, to.show_own),
        (tickets.ShowTicket, EVERYBODY, to.show),
        (tickets.TypeTicket, EVERYBODY, to.ask_question),
        (tickets.ReportGoods, EVERYBODY, to.report_goods),
        (tickets.TypeReply, EVERYBODY, to.ask_reply),
        (tickets.SendLoose, EVERYBODY, to.send_loose),
        (tickets.CloseTicket, EVERYBODY, to.close),
        (tickets.ShowOpenTickets, Right.CUSTOMERS, to.show_open),
        (tickets.ShowAnyTicket, Right.CUSTOMERS, to.show_any),
        (tickets.TypeAnswer, Right.CUSTOMERS, to.ask_answer),
        (tickets.CloseAnyTicket, Right.CUSTOMERS, to.close_any),
    )


def _terms(to: TermsHandlers) -> Buttons:
    return (
        (terms.ShowPrivacy, EVERYBODY, to.show_privacy),
        (terms.ShowTerms, EVERYBODY, to.show_terms),
        (terms.ShowPaySupport, EVERYBODY, to.show_pay_support),
        (terms.ShowOperator, Right.CATALOGUE, to.show_operator),
        (terms.TypeOperator, Right.CATALOGUE, to.ask_operator),
    )


def _own_data(to: OwnDataHandlers) -> Buttons:
    return (
        (terms.ShowMyData, EVERYBODY, to.show),
        (terms.SendMyData, EVERYBODY, to.send),
        (terms.AskDeletion, EVERYBODY, to.ask),
        (terms.DeleteMyData, EVERYBODY, to.delete),
        (terms.KeepMyData, EVERYBODY, to.keep),
    )
