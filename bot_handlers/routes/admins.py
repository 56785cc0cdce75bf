"""The buttons that only admins use."""

from bot_handlers.callbacks import (
    administration,
    announcements,
    appearance,
    bots,
    coupons,
    customers,
    goods,
    held_goods,
    reports,
    support,
    sweeps,
)
from bot_handlers.handlers.administration import AdministrationHandlers
from bot_handlers.handlers.announcements import AnnouncementHandlers
from bot_handlers.handlers.appearance import AppearanceHandlers
from bot_handlers.handlers.bots import BotHandlers
from bot_handlers.handlers.coupons import CouponHandlers
from bot_handlers.handlers.customers import CustomerHandlers
from bot_handlers.handlers.goods import GoodsHandlers
from bot_handlers.handlers.held_goods import HeldGoodsHandlers
from bot_handlers.handlers.reports import ReportHandlers
from bot_handlers.handlers.support import SupportHandlers
from bot_handlers.handlers.sweeps import SweepHandlers
from bot_handlers.routes.handlers import Handlers
from bot_handlers.updates.router import Buttons, Group
from shop.people import Right

ADMINS = Group.ADMINS


def admins_buttons(to: Handlers) -> Buttons:
    """List the buttons that only admins use."""
    return (
        *_goods(to.goods),
        *_new_goods(to.goods),
        *_held_goods(to.held_goods),
        *_coupons(to.coupons),
        *_customers(to.customers),
        *_support(to.support),
        *_announcements(to.announcements),
        *_reports(to.reports),
        *_sweeps(to.sweeps),
        *_administration(to.administration),
        *_bots(to.bots),
        *_appearance(to.appearance),
    )


def _goods(to: GoodsHandlers) -> Buttons:
    return (
        (goods.ShowBranch, Right.CATALOGUE, to.show_category),
        (goods.ShowScarce, Right.CATALOGUE, to.show_scarce),
        (goods.ShowSheet, Right.CATALOGUE, to.show),
        (goods.ShowLink, Right.CATALOGUE, to.show_link),
        (goods.TypeField, Right.CATALOGUE, to.ask_field),
        (goods.SendPicture, Right.CATALOGUE, to.ask_picture),
        (goods.DropPicture, Right.CATALOGUE, to.remove_picture),
        (goods.Hide, Right.CATALOGUE, to.hide),
        (goods.ChoosePlace, Right.CATALOGUE, to.choose_place),
        (goods.Move, Right.CATALOGUE, to.move),
        (goods.AskDelete, Right.CATALOGUE, to.ask_delete),
        (goods.Delete, Right.CATALOGUE, to.delete),
        (goods.TypeCategory, Right.CATALOGUE, to.ask_category),
        (goods.ShowItems, Right.CATALOGUE, to.show_items),
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


def _held_goods(to: HeldGoodsHandlers) -> Buttons:
    return (
        (held_goods.ShowHeld, Right.OWNERS_ONLY, to.show_held),
        (held_goods.AskRelease, Right.OWNERS_ONLY, to.ask_release),
        (held_goods.Release, Right.OWNERS_ONLY, to.release),
    )


def _new_goods(to: GoodsHandlers) -> Buttons:
    return (
        (goods.NewGoods, Right.CATALOGUE, to.begin),
        (goods.MoreGoods, Right.CATALOGUE, to.begin_pieces),
        (goods.AskGoodsValue, Right.CATALOGUE, to.ask_value),
        (goods.SkipDescription, Right.CATALOGUE, to.skip_description),
        (goods.ChooseKind, Right.CATALOGUE, to.choose_kind),
        (goods.ReadPiecesAs, Right.CATALOGUE, to.read_pieces_as),
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
        (customers.AskRefundPart, Right.CUSTOMERS, to.ask_refund_of_part),
        (customers.TypeRefund, Right.CUSTOMERS, to.ask_refund_sum),
        (customers.RefundPart, Right.CUSTOMERS, to.refund_part),
        (customers.ShowPieces, Right.CUSTOMERS, to.show_pieces),
        (customers.ShowFaultyPieces, Right.CUSTOMERS, to.show_pieces_of_ticket),
        (customers.ReplaceForTicket, Right.CUSTOMERS, to.replace_for_ticket),
        (customers.AskReplace, Right.CUSTOMERS, to.ask_replacement),
        (customers.ReplaceItem, Right.CUSTOMERS, to.replace_unit),
    )


def _support(to: SupportHandlers) -> Buttons:
    return (
        (support.ShowNotes, Right.CUSTOMERS, to.show_notes),
        (support.TypeNote, Right.CUSTOMERS, to.ask_note),
        (support.RemoveNote, Right.CUSTOMERS, to.remove_note),
        (support.TypeNewAccount, Right.OWNERS_ONLY, to.ask_account),
        (support.MoveAccount, Right.OWNERS_ONLY, to.move),
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
        (announcements.TypeTime, Right.ANNOUNCEMENTS, to.ask_time),
        (announcements.Unschedule, Right.ANNOUNCEMENTS, to.unschedule),
        (announcements.AnnounceAgain, Right.ANNOUNCEMENTS, to.begin_again),
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
        (sweeps.RaiseSweepFee, Right.MONEY, to.raise_fee),
    )


def _administration(to: AdministrationHandlers) -> Buttons:
    return (
        (administration.ShowManagers, Right.OWNERS_ONLY, to.show_managers),
        (administration.TypeManager, Right.OWNERS_ONLY, to.ask_manager),
        (administration.ShowManager, Right.OWNERS_ONLY, to.show_manager),
        (administration.GiveRight, Right.OWNERS_ONLY, to.give_right),
        (administration.TakeRight, Right.OWNERS_ONLY, to.take_right),
        (administration.RemoveManager, Right.OWNERS_ONLY, to.remove_manager),
        (administration.ResetFactor, Right.OWNERS_ONLY, to.reset_factor),
        (administration.ShowAudit, Right.OWNERS_ONLY, to.show_audit),
        (administration.SendAudit, Right.OWNERS_ONLY, to.send_audit),
        (administration.ShowBackups, Right.BACKUP, to.show_backups),
        (administration.TakeBackup, Right.BACKUP, to.take_backup),
        (administration.KeepKey, Right.BACKUP, to.keep_key),
        (administration.ShowNotifications, ADMINS, to.show_notifications),
        (administration.SwitchNotification, ADMINS, to.switch_notification),
    )


def _bots(to: BotHandlers) -> Buttons:
    return (
        (bots.ShowBots, Right.OWNERS_ONLY, to.show_all),
        (bots.TypeBot, Right.OWNERS_ONLY, to.ask_token),
        (bots.ShowBot, Right.OWNERS_ONLY, to.show),
        (bots.TypeBotName, Right.OWNERS_ONLY, to.ask_name),
        (bots.SwitchBot, Right.OWNERS_ONLY, to.switch),
        (bots.AskRemoveBot, Right.OWNERS_ONLY, to.ask_remove),
        (bots.RemoveBot, Right.OWNERS_ONLY, to.remove),
        (bots.TypeBotWelcome, Right.OWNERS_ONLY, to.ask_welcome),
        (bots.DropBotWelcome, Right.OWNERS_ONLY, to.drop_welcome),
        (bots.SendBotPicture, Right.OWNERS_ONLY, to.ask_picture),
        (bots.DropBotPicture, Right.OWNERS_ONLY, to.drop_picture),
        (bots.ShowBotRoots, Right.OWNERS_ONLY, to.show_roots),
        (bots.SwitchBotRoot, Right.OWNERS_ONLY, to.switch_root),
    )


def _appearance(to: AppearanceHandlers) -> Buttons:
    return (
        (appearance.ShowTexts, Right.CATALOGUE, to.show_texts),
        (appearance.ShowTextLanguages, Right.CATALOGUE, to.show_languages),
        (appearance.ShowText, Right.CATALOGUE, to.show_text),
        (appearance.TypeText, Right.CATALOGUE, to.ask_text),
        (appearance.SaveText, Right.CATALOGUE, to.show_draft),
        (appearance.PublishText, Right.CATALOGUE, to.publish_text),
        (appearance.TakeTextBack, Right.CATALOGUE, to.take_text_back),
        (appearance.ShowScenes, Right.CATALOGUE, to.show_pictures),
        (appearance.ShowScene, Right.CATALOGUE, to.show_picture),
        (appearance.SendScene, Right.CATALOGUE, to.ask_picture),
        (appearance.DropScene, Right.CATALOGUE, to.remove_picture),
    )
