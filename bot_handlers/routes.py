"""Every button and every dialog step of the shop, with the right it takes and the handler it leads to."""

from dataclasses import dataclass

from bot_handlers.callbacks import (
    account,
    administration,
    announcements,
    appearance,
    catalog,
    checkout,
    coupons,
    customers,
    goods,
    home,
    orders,
    reports,
    reviews,
    sweeps,
    terms,
    tickets,
    top_ups,
)
from bot_handlers.handlers.account import AccountHandlers
from bot_handlers.handlers.administration import AdministrationHandlers, SecondFactorPrompt
from bot_handlers.handlers.announcements import AnnouncementHandlers
from bot_handlers.handlers.appearance import AppearanceHandlers
from bot_handlers.handlers.catalog import CatalogHandlers
from bot_handlers.handlers.checkout import CheckoutHandlers
from bot_handlers.handlers.coupons import CouponHandlers
from bot_handlers.handlers.customers import CustomerHandlers
from bot_handlers.handlers.goods import GoodsHandlers
from bot_handlers.handlers.home import HomeHandlers
from bot_handlers.handlers.orders import OrderHandlers
from bot_handlers.handlers.reports import ReportHandlers
from bot_handlers.handlers.reviews import ReviewHandlers
from bot_handlers.handlers.sweeps import SweepHandlers
from bot_handlers.handlers.terms import OwnDataHandlers, TermsHandlers
from bot_handlers.handlers.tickets import TicketHandlers
from bot_handlers.handlers.top_ups import TopUpHandlers
from bot_handlers.screens.home import menu_words
from bot_handlers.updates.conversations import Step
from bot_handlers.updates.router import Buttons, Group, Routes, Steps, Takes
from locales import Languages
from shop.people import Right

EVERYBODY, ADMINS = Group.EVERYBODY, Group.ADMINS


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers of every subject."""

    home: HomeHandlers
    catalog: CatalogHandlers
    checkout: CheckoutHandlers
    orders: OrderHandlers
    top_ups: TopUpHandlers
    account: AccountHandlers
    reviews: ReviewHandlers
    tickets: TicketHandlers
    terms: TermsHandlers
    own_data: OwnDataHandlers
    goods: GoodsHandlers
    coupons: CouponHandlers
    customers: CustomerHandlers
    announcements: AnnouncementHandlers
    reports: ReportHandlers
    sweeps: SweepHandlers
    administration: AdministrationHandlers
    appearance: AppearanceHandlers
    second_factor: SecondFactorPrompt


def routes_of(handlers: Handlers, languages: Languages) -> Routes:
    """Put all routes together."""
    return Routes(
        buttons=(
            *_home(handlers.home),
            *_catalog(handlers.catalog),
            *_checkout(handlers.checkout),
            *_orders(handlers.orders),
            *_top_ups(handlers.top_ups),
            *_account(handlers.account),
            *_reviews(handlers.reviews),
            *_tickets(handlers.tickets),
            *_terms(handlers.terms),
            *_own_data(handlers.own_data),
            *_goods(handlers.goods),
            *_new_goods(handlers.goods),
            *_coupons(handlers.coupons),
            *_customers(handlers.customers),
            *_announcements(handlers.announcements),
            *_reports(handlers.reports),
            *_sweeps(handlers.sweeps),
            *_administration(handlers.administration),
            *_appearance(handlers.appearance),
        ),
        steps=(*_customers_steps(handlers), *_admins_steps(handlers)),
        words=menu_words(languages),
        start=handlers.home.start,
        receive_file=handlers.goods.receive_file,
        prover=handlers.second_factor,
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
        (catalog.ShowFound, EVERYBODY, to.show_found),
        (catalog.ShowProduct, EVERYBODY, to.show_product),
        (catalog.TypeQuantity, EVERYBODY, to.ask_quantity),
        (catalog.TellWhenBack, EVERYBODY, to.tell_when_back),
    )


def _checkout(to: CheckoutHandlers) -> Buttons:
    return (
        (checkout.BuyNow, EVERYBODY, to.buy_now),
        (checkout.AddToCart, EVERYBODY, to.add_to_cart),
        (checkout.ShowCart, EVERYBODY, to.show_cart),
        (checkout.ChangeCart, EVERYBODY, to.change_cart),
        (checkout.ShowLine, EVERYBODY, to.show_line),
        (checkout.RemoveLine, EVERYBODY, to.remove_line),
        (checkout.ClearCart, EVERYBODY, to.clear_cart),
        (checkout.CheckOut, EVERYBODY, to.check_out),
        (checkout.Confirm, EVERYBODY, to.confirm),
        (checkout.TypeCoupon, EVERYBODY, to.ask_coupon),
        (checkout.DropCoupon, EVERYBODY, to.remove_coupon),
        (checkout.Agree, EVERYBODY, to.agree),
        (checkout.TopUpOffer, EVERYBODY, to.top_up),
        (checkout.StopWaiting, EVERYBODY, to.stop_waiting),
    )


def _orders(to: OrderHandlers) -> Buttons:
    return (
        (orders.ShowHistory, EVERYBODY, to.show_history),
        (orders.ShowOrder, EVERYBODY, to.show),
        (orders.SendGoods, EVERYBODY, to.send_goods),
        (orders.MakeLine, Right.CUSTOMERS, to.ask_made),
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
        (tickets.TypeReply, EVERYBODY, to.ask_reply),
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


def _goods(to: GoodsHandlers) -> Buttons:
    return (
        (goods.ShowBranch, Right.CATALOGUE, to.show_category),
        (goods.ShowScarce, Right.CATALOGUE, to.show_scarce),
        (goods.ShowSheet, Right.CATALOGUE, to.show),
        (goods.TypeField, Right.CATALOGUE, to.ask_field),
        (goods.SendPicture, Right.CATALOGUE, to.ask_picture),
        (goods.DropPicture, Right.CATALOGUE, to.remove_picture),
        (goods.Hide, Right.CATALOGUE, to.hide),
        (goods.ChoosePlace, Right.CATALOGUE, to.choose_place),
        (goods.Move, Right.CATALOGUE, to.move),
        (goods.AskDelete, Right.CATALOGUE, to.ask_delete),
        (goods.Delete, Right.CATALOGUE, to.delete),
        (goods.TypeCategory, Right.CATALOGUE, to.ask_category),
        (goods.ShowUnits, Right.CATALOGUE, to.show_units),
        (goods.AskDiscard, Right.CATALOGUE, to.ask_discard),
        (goods.Discard, Right.CATALOGUE, to.discard),
        (goods.ConfirmImport, Right.CATALOGUE, to.confirm_import),
        (goods.ConfirmImportAs, Right.CATALOGUE, to.confirm_import_as),
        (goods.ReadAs, Right.CATALOGUE, to.read_as),
        (goods.AskSellAgain, Right.CATALOGUE, to.ask_sell_again),
        (goods.CancelImport, Right.CATALOGUE, to.cancel_import),
        (goods.SendRefused, Right.CATALOGUE, to.send_refused),
        (goods.AskExport, Right.CATALOGUE, to.ask_export),
        (goods.SendExport, Right.CATALOGUE, to.send_export),
    )


def _new_goods(to: GoodsHandlers) -> Buttons:
    return (
        (goods.NewGoods, Right.CATALOGUE, to.begin),
        (goods.MoreGoods, Right.CATALOGUE, to.begin_pieces),
        (goods.SkipDescription, Right.CATALOGUE, to.skip_description),
        (goods.ChooseKind, Right.CATALOGUE, to.choose_kind),
        (goods.AddPieces, Right.CATALOGUE, to.ask_pieces),
        (goods.ShowGoodsDraft, Right.CATALOGUE, to.show_draft),
        (goods.PutUpForSale, Right.CATALOGUE, to.put_up),
        (goods.PutUpAgain, Right.CATALOGUE, to.put_up_again),
        (goods.DropGoods, Right.CATALOGUE, to.discard_draft),
    )


def _coupons(to: CouponHandlers) -> Buttons:
    return (
        (coupons.ShowCoupons, Right.CATALOGUE, to.show_all),
        (coupons.ShowCoupon, Right.CATALOGUE, to.show),
        (coupons.SwitchCoupon, Right.CATALOGUE, to.switch),
        (coupons.ShowCouponUses, Right.CATALOGUE, to.show_uses),
        (coupons.NewCoupon, Right.CATALOGUE, to.begin),
        (coupons.ShowCouponDraft, Right.CATALOGUE, to.show_draft),
        (coupons.TypeTerm, Right.CATALOGUE, to.ask_term),
        (coupons.ShowCouponGoods, Right.CATALOGUE, to.show_goods),
        (coupons.ChooseCouponGoods, Right.CATALOGUE, to.choose_goods),
        (coupons.CreateCoupon, Right.CATALOGUE, to.create),
    )


def _customers(to: CustomerHandlers) -> Buttons:
    return (
        (customers.FindCustomer, Right.CUSTOMERS, to.ask),
        (customers.ShowCustomer, Right.CUSTOMERS, to.show),
        (customers.ShowCustomerStatement, Right.CUSTOMERS, to.show_statement),
        (customers.SendCustomerStatement, Right.CUSTOMERS, to.send_statement),
        (customers.ShowCustomerComing, Right.CUSTOMERS, to.show_coming),
        (customers.ShowCustomerOrders, Right.CUSTOMERS, to.show_orders),
        (customers.ShowCustomerOrder, Right.CUSTOMERS, to.show_order),
        (customers.ShowCustomerLine, Right.CUSTOMERS, to.show_line),
        (customers.ShowCustomerTickets, Right.CUSTOMERS, to.show_tickets),
        (customers.ShowCustomerTicket, Right.CUSTOMERS, to.show_ticket),
        (customers.TypeToCustomer, Right.CUSTOMERS, to.ask_letter),
        (customers.TypeBan, Right.CUSTOMERS, to.ask_ban),
        (customers.TypeAdjustment, Right.MONEY, to.ask_adjustment),
        (customers.Adjust, Right.MONEY, to.adjust),
        (customers.AskRefundOrder, Right.CUSTOMERS, to.ask_refund_of_order),
        (customers.RefundOrder, Right.CUSTOMERS, to.refund_order),
        (customers.AskRefundLine, Right.CUSTOMERS, to.ask_refund_of_line),
        (customers.RefundLine, Right.CUSTOMERS, to.refund_line),
        (customers.ShowPieces, Right.CUSTOMERS, to.show_pieces),
        (customers.AskReplace, Right.CUSTOMERS, to.ask_replacement),
        (customers.ReplaceItem, Right.CUSTOMERS, to.replace_unit),
    )


def _announcements(to: AnnouncementHandlers) -> Buttons:
    return (
        (announcements.ShowAnnouncements, Right.ANNOUNCEMENTS, to.show_all),
        (announcements.ChooseAudience, Right.ANNOUNCEMENTS, to.choose_audience),
        (announcements.ChooseReaders, Right.ANNOUNCEMENTS, to.choose_readers),
        (announcements.ChooseBuyers, Right.ANNOUNCEMENTS, to.choose_buyers),
        (announcements.Compose, Right.ANNOUNCEMENTS, to.begin),
        (announcements.ComposeForReaders, Right.ANNOUNCEMENTS, to.begin_for_readers),
        (announcements.ComposeForBuyers, Right.ANNOUNCEMENTS, to.begin_for_buyers),
        (announcements.ShowAnnouncementDraft, Right.ANNOUNCEMENTS, to.show_draft),
        (announcements.TypeAnnouncement, Right.ANNOUNCEMENTS, to.ask_text),
        (announcements.TypeLinks, Right.ANNOUNCEMENTS, to.ask_links),
        (announcements.PickTarget, Right.ANNOUNCEMENTS, to.choose_target),
        (announcements.LinkProduct, Right.ANNOUNCEMENTS, to.link_product),
        (announcements.LinkCategory, Right.ANNOUNCEMENTS, to.link_category),
        (announcements.ClearLinks, Right.ANNOUNCEMENTS, to.clear_links),
        (announcements.DiscardDraft, Right.ANNOUNCEMENTS, to.discard),
        (announcements.SendAnnouncement, Right.ANNOUNCEMENTS, to.send),
        (announcements.ShowAnnouncement, Right.ANNOUNCEMENTS, to.show),
        (announcements.PauseAnnouncement, Right.ANNOUNCEMENTS, to.pause),
        (announcements.GoOnAnnouncing, Right.ANNOUNCEMENTS, to.go_on),
        (announcements.CancelAnnouncement, Right.ANNOUNCEMENTS, to.cancel),
    )


def _reports(to: ReportHandlers) -> Buttons:
    return (
        (reports.ShowFigures, Right.FIGURES, to.show_figures),
        (reports.ShowChart, Right.FIGURES, to.show_chart),
        (reports.SendFigures, Right.FIGURES, to.send_figures),
        (reports.ShowHoldings, Right.MONEY, to.show_holdings),
        (reports.ShowHoldingPage, Right.MONEY, to.show_addresses),
        (reports.ReleaseDeposit, Right.MONEY, to.release),
        (reports.ShowBooks, Right.MONEY, to.show_books),
        (reports.CheckBooks, Right.MONEY, to.check_books),
    )


def _sweeps(to: SweepHandlers) -> Buttons:
    return (
        (sweeps.ShowSweeps, Right.MONEY, to.show_all),
        (sweeps.PlanSweep, Right.MONEY, to.plan),
        (sweeps.ShowSweep, Right.MONEY, to.show),
        (sweeps.ShowSweepAt, Right.MONEY, to.show_at),
        (sweeps.ConfirmSweep, Right.MONEY, to.confirm),
        (sweeps.DropSweep, Right.MONEY, to.drop),
        (sweeps.StopSweep, Right.MONEY, to.stop),
        (sweeps.HastenSweep, Right.MONEY, to.hasten),
    )


def _administration(to: AdministrationHandlers) -> Buttons:
    return (
        (administration.ShowManagers, Right.ROLES, to.show_managers),
        (administration.TypeManager, Right.ROLES, to.ask_manager),
        (administration.ShowManager, Right.ROLES, to.show_manager),
        (administration.GiveRight, Right.ROLES, to.give_right),
        (administration.TakeRight, Right.ROLES, to.take_right),
        (administration.RemoveManager, Right.ROLES, to.remove_manager),
        (administration.ResetFactor, Right.ROLES, to.reset_factor),
        (administration.ShowAudit, Right.ROLES, to.show_audit),
        (administration.SendAudit, Right.ROLES, to.send_audit),
        (administration.ShowBackups, Right.BACKUP, to.show_backups),
        (administration.TakeBackup, Right.BACKUP, to.take_backup),
        (administration.KeepKey, Right.BACKUP, to.keep_key),
        (administration.ShowNotices, ADMINS, to.show_notifications),
        (administration.SwitchNotice, ADMINS, to.switch_notification),
    )


def _appearance(to: AppearanceHandlers) -> Buttons:
    return (
        (appearance.ShowTexts, Right.CATALOGUE, to.show_texts),
        (appearance.ShowTextLanguages, Right.CATALOGUE, to.show_languages),
        (appearance.ShowText, Right.CATALOGUE, to.show_text),
        (appearance.TypeText, Right.CATALOGUE, to.ask_text),
        (appearance.SaveText, Right.CATALOGUE, to.save_text),
        (appearance.TakeTextBack, Right.CATALOGUE, to.take_text_back),
        (appearance.ShowScenes, Right.CATALOGUE, to.show_pictures),
        (appearance.ShowScene, Right.CATALOGUE, to.show_picture),
        (appearance.SendScene, Right.CATALOGUE, to.ask_picture),
        (appearance.DropScene, Right.CATALOGUE, to.remove_picture),
    )


def _customers_steps(to: Handlers) -> Steps:
    return (
        (Step.SEARCH, EVERYBODY, Takes(text=to.catalog.take_search)),
        (Step.QUANTITY, EVERYBODY, Takes(text=to.catalog.take_quantity)),
        (Step.COUPON, EVERYBODY, Takes(text=to.checkout.take_coupon)),
        (Step.TOP_UP_SUM, EVERYBODY, Takes(text=to.top_ups.take_sum)),
        (Step.TRANSACTION, EVERYBODY, Takes(text=to.top_ups.take_transaction)),
        (Step.REVIEW, EVERYBODY, Takes(text=to.reviews.take_words)),
        (Step.TICKET, EVERYBODY, Takes(text=to.tickets.take_question)),
        (Step.TICKET_REPLY, EVERYBODY, Takes(text=to.tickets.take_reply)),
    )


def _admins_steps(to: Handlers) -> Steps:
    managers, announced = to.administration, to.announcements
    return (
        (Step.MADE, Right.CUSTOMERS, Takes(text=to.orders.take_made, file=to.orders.take_made_file)),
        (Step.HIDE_REVIEW, Right.CUSTOMERS, Takes(text=to.reviews.take_reason)),
        (Step.TICKET_ANSWER, Right.CUSTOMERS, Takes(text=to.tickets.take_answer)),
        (Step.GOODS_FIELD, Right.CATALOGUE, Takes(text=to.goods.take_field)),
        (Step.GOODS_PICTURE, Right.CATALOGUE, Takes(photo=to.goods.take_picture)),
        (Step.GOODS_CATEGORY, Right.CATALOGUE, Takes(text=to.goods.take_category)),
        (Step.GOODS_DRAFT, Right.CATALOGUE, Takes(text=to.goods.take_value)),
        (Step.GOODS_PIECES, Right.CATALOGUE, Takes(text=to.goods.take_pieces, file=to.goods.take_pieces_file)),
        (Step.COUPON_TERM, Right.CATALOGUE, Takes(text=to.coupons.take_term)),
        (Step.CUSTOMER, Right.CUSTOMERS, Takes(text=to.customers.take)),
        (Step.LETTER, Right.CUSTOMERS, Takes(text=to.customers.take_letter)),
        (Step.BAN_REASON, Right.CUSTOMERS, Takes(text=to.customers.take_ban)),
        (Step.ADJUSTMENT, Right.MONEY, Takes(text=to.customers.take_adjustment)),
        (Step.ADJUSTMENT_REASON, Right.MONEY, Takes(text=to.customers.take_adjustment_reason)),
        (Step.ANNOUNCEMENT, Right.ANNOUNCEMENTS, Takes(text=announced.take_text, photo=announced.take_photo)),
        (Step.ANNOUNCEMENT_LINKS, Right.ANNOUNCEMENTS, Takes(text=announced.take_links)),
        (Step.OWN_TEXT, Right.CATALOGUE, Takes(text=to.appearance.take_text)),
        (Step.OPERATOR, Right.CATALOGUE, Takes(text=to.terms.take_operator)),
        (Step.SCENE, Right.CATALOGUE, Takes(photo=to.appearance.take_picture)),
        (Step.MANAGER, Right.ROLES, Takes(text=managers.take_manager, person=managers.take_manager)),
        (Step.CODE, ADMINS, Takes(text=to.second_factor.take)),
    )
