"""Every route of those who look after the shop on one screen, each with the right that it takes."""

from dataclasses import dataclass

from bot_handlers import callbacks as cb
from bot_handlers import callbacks_around as around
from bot_handlers import callbacks_coupons as coupons
from bot_handlers.admin import callbacks_announcements as announcements
from bot_handlers.admin import callbacks_backup as backup
from bot_handlers.admin import callbacks_customers as customers
from bot_handlers.admin import callbacks_figures as figures
from bot_handlers.admin import callbacks_inventory as inventory
from bot_handlers.admin import callbacks_reviews as reviews
from bot_handlers.admin import callbacks_roles as roles
from bot_handlers.admin import callbacks_scenes as scenes
from bot_handlers.admin import callbacks_texts as texts
from bot_handlers.admin.adding import AddingHandlers
from bot_handlers.admin.adjusting import AdjustingHandlers
from bot_handlers.admin.announcing import AnnouncingHandlers
from bot_handlers.admin.answering import AnsweringHandlers
from bot_handlers.admin.appointing import AppointingHandlers
from bot_handlers.admin.auditing import AuditingHandlers
from bot_handlers.admin.backing_up import BackingUpHandlers
from bot_handlers.admin.callbacks_notices import ShowNotices, SwitchNotice
from bot_handlers.admin.composing import ComposingHandlers
from bot_handlers.admin.conducting import ConductHandlers
from bot_handlers.admin.coupons import CouponDeskHandlers
from bot_handlers.admin.customers import CustomerHandlers
from bot_handlers.admin.decorating import DecoratingHandlers
from bot_handlers.admin.editing import EditingHandlers
from bot_handlers.admin.figures import FiguresHandlers
from bot_handlers.admin.home import AdminHomeHandlers
from bot_handlers.admin.making import MakingHandlers
from bot_handlers.admin.moderating import ModeratingHandlers
from bot_handlers.admin.money import MoneyHandlers
from bot_handlers.admin.noticing import NoticingHandlers
from bot_handlers.admin.proving import ProvingHandlers
from bot_handlers.admin.refunding import RefundingHandlers
from bot_handlers.admin.replacing import ReplacingHandlers
from bot_handlers.admin.stocking import StockingHandlers
from bot_handlers.admin.writing import WritingHandlers
from bot_handlers.routes import Route
from shop.people import Right


@dataclass(frozen=True, slots=True)
class AdminHandlers:
    """The admins' handlers, by what they are about."""

    home: AdminHomeHandlers
    stocking: StockingHandlers
    editing: EditingHandlers
    adding: AddingHandlers
    making: MakingHandlers
    coupons: CouponDeskHandlers
    answering: AnsweringHandlers
    appointing: AppointingHandlers
    auditing: AuditingHandlers
    figures: FiguresHandlers
    customers: CustomerHandlers
    refunding: RefundingHandlers
    proving: ProvingHandlers
    adjusting: AdjustingHandlers
    conduct: ConductHandlers
    money: MoneyHandlers
    backing_up: BackingUpHandlers
    moderating: ModeratingHandlers
    writing: WritingHandlers
    decorating: DecoratingHandlers
    noticing: NoticingHandlers
    composing: ComposingHandlers
    announcing: AnnouncingHandlers
    replacing: ReplacingHandlers


ANY = None
"""Whoever has any right at all."""


def presses(admin: AdminHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    """What each button of an admin does, and the right that it takes."""
    answering = admin.answering
    return {
        cb.AdminHome: (ANY, admin.home.show),
        ShowNotices: (ANY, admin.noticing.show),
        SwitchNotice: (ANY, admin.noticing.switch),
        cb.MakeLine: (Right.CUSTOMERS, admin.making.ask),
        around.ShowOpenTickets: (Right.CUSTOMERS, answering.show_open),
        around.ShowAnyTicket: (Right.CUSTOMERS, answering.show_ticket),
        around.TypeAnswer: (Right.CUSTOMERS, answering.type_answer),
        around.CloseAnyTicket: (Right.CUSTOMERS, answering.close),
        figures.ShowFigures: (Right.FIGURES, admin.figures.show),
        figures.ShowChart: (Right.FIGURES, admin.figures.show_chart),
        figures.SendFigures: (Right.FIGURES, admin.figures.send),
        figures.ShowHoldings: (Right.MONEY, admin.money.show),
        figures.ShowHoldingPage: (Right.MONEY, admin.money.show_page),
        figures.ShowBooks: (Right.MONEY, admin.money.show_books),
        figures.CheckBooks: (Right.MONEY, admin.money.check_books),
        **_presses_of_goods(admin.stocking, admin.editing),
        **_presses_of_new_goods(admin.adding),
        **_presses_of_coupons(admin.coupons),
        **_presses_for_customers(admin),
        **_presses_of_reviews(admin.moderating),
        **_presses_of_texts(admin.writing),
        **_presses_of_scenes(admin.decorating),
        backup.ShowBackups: (Right.BACKUP, admin.backing_up.show),
        backup.TakeBackup: (Right.BACKUP, admin.backing_up.take),
        **_presses_of_owners(admin),
        **{press: (Right.ANNOUNCEMENTS, route) for press, route in _announcements(admin).items()},
    }


def _presses_of_goods(
    stocking: StockingHandlers, editing: EditingHandlers
) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    """What is done with files of goods, and with the tree of the catalogue."""
    routes: dict[type[cb.Callback], Route] = {
        inventory.ConfirmImport: stocking.confirm,
        inventory.CancelImport: stocking.cancel,
        inventory.SendRefused: stocking.send_refused,
        inventory.AskExport: stocking.ask_export,
        inventory.SendExport: stocking.send_export,
        inventory.ShowBranch: editing.show_branch,
        inventory.ShowScarce: editing.show_scarce,
        inventory.ShowSheet: editing.show_sheet,
        inventory.TypeField: editing.type_field,
        inventory.SendPicture: editing.send_picture,
        inventory.DropPicture: editing.drop_picture,
        inventory.Hide: editing.hide,
        inventory.ChoosePlace: editing.choose_place,
        inventory.Move: editing.move,
        inventory.AskDelete: editing.ask_delete,
        inventory.Delete: editing.delete,
        inventory.TypeCategory: editing.type_category,
        inventory.ShowUnits: editing.show_units,
        inventory.AskDiscard: editing.ask_discard,
        inventory.Discard: editing.discard,
    }
    return {press: (Right.CATALOGUE, route) for press, route in routes.items()}


def _presses_of_new_goods(adding: AddingHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    """The dialog that puts a product together."""
    routes: dict[type[cb.Callback], Route] = {
        inventory.NewGoods: adding.begin,
        inventory.MoreGoods: adding.begin_more,
        inventory.SkipDescription: adding.skip,
        inventory.ChooseKind: adding.choose,
        inventory.AddPieces: adding.add,
        inventory.ShowGoodsDraft: adding.show,
        inventory.PutUpForSale: adding.put_up,
        inventory.DropGoods: adding.drop,
    }
    return {press: (Right.CATALOGUE, route) for press, route in routes.items()}


def _presses_of_owners(admin: AdminHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    """What an owner presses to see who may do what, and who did what."""
    appointing = admin.appointing
    return {
        roles.ShowManagers: (Right.ROLES, appointing.show_managers),
        roles.TypeManager: (Right.ROLES, appointing.type_manager),
        roles.ShowManager: (Right.ROLES, appointing.show_manager),
        roles.GiveRight: (Right.ROLES, appointing.give_right),
        roles.TakeRight: (Right.ROLES, appointing.take_right),
        roles.RemoveManager: (Right.ROLES, appointing.remove),
        roles.ResetFactor: (Right.ROLES, appointing.reset_factor),
        roles.ShowAudit: (Right.ROLES, admin.auditing.show),
        roles.SendAudit: (Right.ROLES, admin.auditing.send),
    }


def _presses_of_coupons(desk: CouponDeskHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    return {
        coupons.ShowCoupons: (Right.CATALOGUE, desk.show_all),
        coupons.ShowCoupon: (Right.CATALOGUE, desk.show),
        coupons.SwitchCoupon: (Right.CATALOGUE, desk.switch),
        coupons.ShowCouponUses: (Right.CATALOGUE, desk.show_uses),
        coupons.NewCoupon: (Right.CATALOGUE, desk.begin),
        coupons.ShowDraft: (Right.CATALOGUE, desk.show_draft),
        coupons.TypeTerm: (Right.CATALOGUE, desk.type_term),
        coupons.ShowCouponGoods: (Right.CATALOGUE, desk.show_goods),
        coupons.ChooseCouponGoods: (Right.CATALOGUE, desk.choose_goods),
        coupons.CreateCoupon: (Right.CATALOGUE, desk.create),
    }


def _announcements(admin: AdminHandlers) -> dict[type[cb.Callback], Route]:
    """What the buttons of announcements do."""
    composing, announcing = admin.composing, admin.announcing
    return {
        announcements.ShowAnnouncements: announcing.show_all,
        announcements.ChooseAudience: composing.choose_audience,
        announcements.ChooseReaders: composing.choose_readers,
        announcements.ChooseBuyers: composing.choose_buyers,
        announcements.Compose: composing.compose,
        announcements.ComposeForReaders: composing.compose_for_readers,
        announcements.ComposeForBuyers: composing.compose_for_buyers,
        announcements.ShowDraft: composing.show_draft,
        announcements.TypeAnnouncement: composing.type_text,
        announcements.TypeLinks: composing.type_links,
        announcements.PickTarget: composing.pick_target,
        announcements.LinkProduct: composing.link_product,
        announcements.LinkCategory: composing.link_category,
        announcements.ClearLinks: composing.clear_links,
        announcements.DiscardDraft: announcing.discard,
        announcements.SendAnnouncement: announcing.send,
        announcements.ShowAnnouncement: announcing.show,
        announcements.PauseAnnouncement: announcing.pause,
        announcements.GoOnAnnouncing: announcing.go_on,
        announcements.CancelAnnouncement: announcing.cancel,
    }


def _presses_for_customers(admin: AdminHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    """What is looked up and done for one customer."""
    looking, refunding = admin.customers, admin.refunding
    return {
        customers.FindCustomer: (Right.CUSTOMERS, looking.ask),
        customers.ShowCustomer: (Right.CUSTOMERS, looking.show),
        customers.ShowCustomerStatement: (Right.CUSTOMERS, looking.show_statement),
        customers.SendCustomerStatement: (Right.CUSTOMERS, looking.send_statement),
        customers.ShowCustomerComing: (Right.CUSTOMERS, looking.show_coming),
        customers.ShowCustomerOrders: (Right.CUSTOMERS, looking.show_orders),
        customers.ShowCustomerOrder: (Right.CUSTOMERS, looking.show_order),
        customers.ShowCustomerLine: (Right.CUSTOMERS, looking.show_line),
        customers.ShowCustomerTickets: (Right.CUSTOMERS, looking.show_tickets),
        customers.ShowCustomerTicket: (Right.CUSTOMERS, looking.show_ticket),
        customers.TypeAdjustment: (Right.MONEY, admin.adjusting.ask),
        customers.Adjust: (Right.MONEY, admin.adjusting.make),
        customers.TypeToCustomer: (Right.CUSTOMERS, admin.conduct.ask_letter),
        customers.TypeBan: (Right.CUSTOMERS, admin.conduct.ask_ban),
        customers.ShowPieces: (Right.CUSTOMERS, admin.replacing.show_pieces),
        customers.AskReplace: (Right.CUSTOMERS, admin.replacing.ask),
        customers.ReplaceItem: (Right.CUSTOMERS, admin.replacing.replace),
        customers.AskRefundOrder: (Right.CUSTOMERS, refunding.ask_order),
        customers.RefundOrder: (Right.CUSTOMERS, refunding.refund_order),
        customers.AskRefundLine: (Right.CUSTOMERS, refunding.ask_line),
        customers.RefundLine: (Right.CUSTOMERS, refunding.refund_line),
    }


def _presses_of_texts(writing: WritingHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    return {
        texts.ShowTexts: (Right.CATALOGUE, writing.show_all),
        texts.ShowTextLanguages: (Right.CATALOGUE, writing.show_languages),
        texts.ShowText: (Right.CATALOGUE, writing.show),
        texts.TypeText: (Right.CATALOGUE, writing.ask),
        texts.SaveText: (Right.CATALOGUE, writing.save),
        texts.TakeTextBack: (Right.CATALOGUE, writing.take_back),
    }


def _presses_of_scenes(decorating: DecoratingHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    return {
        scenes.ShowScenes: (Right.CATALOGUE, decorating.show_all),
        scenes.ShowScene: (Right.CATALOGUE, decorating.show),
        scenes.SendScene: (Right.CATALOGUE, decorating.ask),
        scenes.DropScene: (Right.CATALOGUE, decorating.drop),
    }


def _presses_of_reviews(moderating: ModeratingHandlers) -> dict[type[cb.Callback], tuple[Right | None, Route]]:
    return {
        reviews.ShowEveryReview: (Right.CUSTOMERS, moderating.show_page),
        reviews.ShowAnyReview: (Right.CUSTOMERS, moderating.show),
        reviews.HideReview: (Right.CUSTOMERS, moderating.ask_reason),
        reviews.UnhideReview: (Right.CUSTOMERS, moderating.unhide),
    }
