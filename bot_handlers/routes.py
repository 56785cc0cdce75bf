"""Every button and every dialog step of the shop, with the right that it takes."""

from dataclasses import dataclass

from bot_handlers.callbacks import (
    Callback,
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
    tickets,
    top_ups,
)
from bot_handlers.handlers.account import AccountHandlers
from bot_handlers.handlers.administration import (
    AdministrationHandlers,
    AuditingHandlers,
    BackingUpHandlers,
    NoticingHandlers,
    ProvingHandlers,
)
from bot_handlers.handlers.announcements import AnnouncementHandlers, AnnouncingHandlers
from bot_handlers.handlers.appearance import AppearanceHandlers, DecoratingHandlers
from bot_handlers.handlers.catalog import CatalogHandlers
from bot_handlers.handlers.checkout import CheckoutHandlers, CouponEntryHandlers, WaitingHandlers
from bot_handlers.handlers.coupons import CouponHandlers
from bot_handlers.handlers.customers import (
    AdjustingHandlers,
    ConductHandlers,
    CustomerHandlers,
    RefundingHandlers,
    ReplacingHandlers,
)
from bot_handlers.handlers.goods import AddingHandlers, GoodsHandlers, StockingHandlers
from bot_handlers.handlers.home import AdminHomeHandlers, HomeHandlers
from bot_handlers.handlers.orders import OrderHandlers
from bot_handlers.handlers.reports import MoneyHandlers, ReportHandlers
from bot_handlers.handlers.reviews import ModeratingHandlers, ReviewHandlers
from bot_handlers.handlers.tickets import AnsweringHandlers, TicketHandlers
from bot_handlers.handlers.top_ups import InvoicingHandlers, TopUpHandlers
from bot_handlers.updates.conversations import Step
from bot_handlers.updates.router import Answer, FileAnswer, Route, Routes
from locales import Languages
from shop.people import Right

ANY = None
"""Whoever has any right at all."""
PERSON_ANSWERS = frozenset({Step.MANAGER})
"""The steps that a contact or a forwarded message answers as well: with the id of whom it names."""


@dataclass(frozen=True, slots=True)
class AdminHandlers:
    """The admins' handlers, by what they are about."""

    home: AdminHomeHandlers
    stocking: StockingHandlers
    editing: GoodsHandlers
    adding: AddingHandlers
    making: OrderHandlers
    coupons: CouponHandlers
    answering: AnsweringHandlers
    appointing: AdministrationHandlers
    auditing: AuditingHandlers
    figures: ReportHandlers
    customers: CustomerHandlers
    refunding: RefundingHandlers
    proving: ProvingHandlers
    adjusting: AdjustingHandlers
    conduct: ConductHandlers
    money: MoneyHandlers
    backing_up: BackingUpHandlers
    moderating: ModeratingHandlers
    writing: AppearanceHandlers
    decorating: DecoratingHandlers
    noticing: NoticingHandlers
    composing: AnnouncementHandlers
    announcing: AnnouncingHandlers
    replacing: ReplacingHandlers


def presses(admin: AdminHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    """What each button of an admin does, and the right that it takes."""
    answering = admin.answering
    return {
        home.AdminHome: (ANY, admin.home.show),
        administration.ShowNotices: (ANY, admin.noticing.show),
        administration.SwitchNotice: (ANY, admin.noticing.switch),
        orders.MakeLine: (Right.CUSTOMERS, admin.making.ask),
        tickets.ShowOpenTickets: (Right.CUSTOMERS, answering.show_open),
        tickets.ShowAnyTicket: (Right.CUSTOMERS, answering.show_ticket),
        tickets.TypeAnswer: (Right.CUSTOMERS, answering.type_answer),
        tickets.CloseAnyTicket: (Right.CUSTOMERS, answering.close),
        reports.ShowFigures: (Right.FIGURES, admin.figures.show),
        reports.ShowChart: (Right.FIGURES, admin.figures.show_chart),
        reports.SendFigures: (Right.FIGURES, admin.figures.send),
        reports.ShowHoldings: (Right.MONEY, admin.money.show),
        reports.ShowHoldingPage: (Right.MONEY, admin.money.show_page),
        reports.ReleaseDeposit: (Right.MONEY, admin.money.release),
        reports.ShowBooks: (Right.MONEY, admin.money.show_books),
        reports.CheckBooks: (Right.MONEY, admin.money.check_books),
        **_presses_of_goods(admin.stocking, admin.editing),
        **_presses_of_new_goods(admin.adding),
        **_presses_of_coupons(admin.coupons),
        **_presses_for_customers(admin),
        **_presses_of_reviews(admin.moderating),
        **_presses_of_texts(admin.writing),
        **_presses_of_scenes(admin.decorating),
        administration.ShowBackups: (Right.BACKUP, admin.backing_up.show),
        administration.TakeBackup: (Right.BACKUP, admin.backing_up.take),
        **_presses_of_owners(admin),
        **{press: (Right.ANNOUNCEMENTS, route) for press, route in _announcements(admin).items()},
    }


def _presses_of_goods(
    stocking: StockingHandlers, editing: GoodsHandlers
) -> dict[type[Callback], tuple[Right | None, Route]]:
    """What is done with files of goods, and with the tree of the catalogue."""
    routes: dict[type[Callback], Route] = {
        goods.ConfirmImport: stocking.confirm,
        goods.CancelImport: stocking.cancel,
        goods.SendRefused: stocking.send_refused,
        goods.AskExport: stocking.ask_export,
        goods.SendExport: stocking.send_export,
        goods.ShowBranch: editing.show_branch,
        goods.ShowScarce: editing.show_scarce,
        goods.ShowSheet: editing.show_sheet,
        goods.TypeField: editing.type_field,
        goods.SendPicture: editing.send_picture,
        goods.DropPicture: editing.drop_picture,
        goods.Hide: editing.hide,
        goods.ChoosePlace: editing.choose_place,
        goods.Move: editing.move,
        goods.AskDelete: editing.ask_delete,
        goods.Delete: editing.delete,
        goods.TypeCategory: editing.type_category,
        goods.ShowUnits: editing.show_units,
        goods.AskDiscard: editing.ask_discard,
        goods.Discard: editing.discard,
    }
    return {press: (Right.CATALOGUE, route) for press, route in routes.items()}


def _presses_of_new_goods(adding: AddingHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    """The dialog that puts a product together."""
    routes: dict[type[Callback], Route] = {
        goods.NewGoods: adding.begin,
        goods.MoreGoods: adding.begin_more,
        goods.SkipDescription: adding.skip,
        goods.ChooseKind: adding.choose,
        goods.AddPieces: adding.add,
        goods.ShowGoodsDraft: adding.show,
        goods.PutUpForSale: adding.put_up,
        goods.DropGoods: adding.drop,
    }
    return {press: (Right.CATALOGUE, route) for press, route in routes.items()}


def _presses_of_owners(admin: AdminHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    """What an owner presses to see who may do what, and who did what."""
    appointing = admin.appointing
    return {
        administration.ShowManagers: (Right.ROLES, appointing.show_managers),
        administration.TypeManager: (Right.ROLES, appointing.type_manager),
        administration.ShowManager: (Right.ROLES, appointing.show_manager),
        administration.GiveRight: (Right.ROLES, appointing.give_right),
        administration.TakeRight: (Right.ROLES, appointing.take_right),
        administration.RemoveManager: (Right.ROLES, appointing.remove),
        administration.ResetFactor: (Right.ROLES, appointing.reset_factor),
        administration.ShowAudit: (Right.ROLES, admin.auditing.show),
        administration.SendAudit: (Right.ROLES, admin.auditing.send),
    }


def _presses_of_coupons(desk: CouponHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        coupons.ShowCoupons: (Right.CATALOGUE, desk.show_all),
        coupons.ShowCoupon: (Right.CATALOGUE, desk.show),
        coupons.SwitchCoupon: (Right.CATALOGUE, desk.switch),
        coupons.ShowCouponUses: (Right.CATALOGUE, desk.show_uses),
        coupons.NewCoupon: (Right.CATALOGUE, desk.begin),
        coupons.ShowCouponDraft: (Right.CATALOGUE, desk.show_draft),
        coupons.TypeTerm: (Right.CATALOGUE, desk.type_term),
        coupons.ShowCouponGoods: (Right.CATALOGUE, desk.show_goods),
        coupons.ChooseCouponGoods: (Right.CATALOGUE, desk.choose_goods),
        coupons.CreateCoupon: (Right.CATALOGUE, desk.create),
    }


def _announcements(admin: AdminHandlers) -> dict[type[Callback], Route]:
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
        announcements.ShowAnnouncementDraft: composing.show_draft,
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


def _presses_for_customers(admin: AdminHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
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


def _presses_of_texts(writing: AppearanceHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        appearance.ShowTexts: (Right.CATALOGUE, writing.show_all),
        appearance.ShowTextLanguages: (Right.CATALOGUE, writing.show_languages),
        appearance.ShowText: (Right.CATALOGUE, writing.show),
        appearance.TypeText: (Right.CATALOGUE, writing.ask),
        appearance.SaveText: (Right.CATALOGUE, writing.save),
        appearance.TakeTextBack: (Right.CATALOGUE, writing.take_back),
    }


def _presses_of_scenes(decorating: DecoratingHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        appearance.ShowScenes: (Right.CATALOGUE, decorating.show_all),
        appearance.ShowScene: (Right.CATALOGUE, decorating.show),
        appearance.SendScene: (Right.CATALOGUE, decorating.ask),
        appearance.DropScene: (Right.CATALOGUE, decorating.drop),
    }


def _presses_of_reviews(moderating: ModeratingHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        reviews.ShowEveryReview: (Right.CUSTOMERS, moderating.show_page),
        reviews.ShowAnyReview: (Right.CUSTOMERS, moderating.show),
        reviews.HideReview: (Right.CUSTOMERS, moderating.ask_reason),
        reviews.UnhideReview: (Right.CUSTOMERS, moderating.unhide),
    }


def answers(admin: AdminHandlers) -> dict[Step, tuple[Right | None, Answer]]:
    """What a text does in the middle of an admin's dialog."""
    return {
        Step.MADE: (Right.CUSTOMERS, admin.making.typed),
        Step.GOODS_FIELD: (Right.CATALOGUE, admin.editing.typed_field),
        Step.GOODS_DRAFT: (Right.CATALOGUE, admin.adding.typed),
        Step.GOODS_PIECES: (Right.CATALOGUE, admin.adding.typed_pieces),
        Step.GOODS_CATEGORY: (Right.CATALOGUE, admin.editing.typed_category),
        Step.GOODS_PICTURE: (Right.CATALOGUE, admin.editing.ask_again),
        Step.COUPON_TERM: (Right.CATALOGUE, admin.coupons.typed_term),
        Step.TICKET_ANSWER: (Right.CUSTOMERS, admin.answering.typed_answer),
        Step.MANAGER: (Right.ROLES, admin.appointing.typed_manager),
        Step.CUSTOMER: (Right.CUSTOMERS, admin.customers.typed),
        Step.CODE: (ANY, admin.proving.typed),
        Step.ADJUSTMENT: (Right.MONEY, admin.adjusting.typed_sum),
        Step.ADJUSTMENT_REASON: (Right.MONEY, admin.adjusting.typed_reason),
        Step.LETTER: (Right.CUSTOMERS, admin.conduct.typed_letter),
        Step.HIDE_REVIEW: (Right.CUSTOMERS, admin.moderating.typed_reason),
        Step.OWN_TEXT: (Right.CATALOGUE, admin.writing.typed),
        Step.SCENE: (Right.CATALOGUE, admin.decorating.ask_again),
        Step.BAN_REASON: (Right.CUSTOMERS, admin.conduct.typed_ban),
        Step.ANNOUNCEMENT: (Right.ANNOUNCEMENTS, admin.composing.typed_text),
        Step.ANNOUNCEMENT_LINKS: (Right.ANNOUNCEMENTS, admin.composing.typed_links),
    }


def file_answers(admin: AdminHandlers) -> dict[Step, tuple[Right, FileAnswer]]:
    """What a file or a photo does in the middle of an admin's dialog."""
    return {
        Step.MADE: (Right.CUSTOMERS, admin.making.sent_file),
        Step.ANNOUNCEMENT: (Right.ANNOUNCEMENTS, admin.composing.sent_photo),
        Step.GOODS_PICTURE: (Right.CATALOGUE, admin.editing.sent_picture),
        Step.SCENE: (Right.CATALOGUE, admin.decorating.sent),
        Step.GOODS_PIECES: (Right.CATALOGUE, admin.adding.sent_pieces),
    }


@dataclass(frozen=True, slots=True)
class Handlers:
    """The handlers, by what they are about."""

    home: HomeHandlers
    browsing: CatalogHandlers
    buying: CheckoutHandlers
    paying: TopUpHandlers | InvoicingHandlers
    waiting: WaitingHandlers
    coupons: CouponEntryHandlers
    profile: AccountHandlers
    reviewing: ReviewHandlers
    asking: TicketHandlers
    admin: AdminHandlers


def routes_of(handlers: Handlers, languages: Languages) -> Routes:
    """Put every route of the shop together."""
    admin = handlers.admin
    return Routes(
        start=handlers.home.start,
        receive_file=admin.stocking.receive_file,
        prover=admin.proving,
        presses=_presses(handlers),
        answers=_answers(handlers),
        menu_words=_menu_words(languages),
        admin_presses=presses(admin),
        admin_answers=answers(admin),
        file_answers=file_answers(admin),
        person_answers=PERSON_ANSWERS,
    )


def _presses(handlers: Handlers) -> dict[type[Callback], Route]:
    """What each button does."""
    menu, buying, paying = handlers.home, handlers.buying, handlers.paying
    browsing = handlers.browsing
    return {
        home.Home: menu.show_home,
        catalog.ShowShelf: browsing.show_shelf,
        catalog.ShowSortings: browsing.show_sortings,
        catalog.TypeSearch: browsing.type_search,
        catalog.ShowFound: browsing.show_found,
        catalog.ShowProduct: browsing.show_product,
        catalog.TypeQuantity: browsing.type_quantity,
        checkout.BuyNow: buying.buy_now,
        checkout.AddToCart: buying.add_to_cart,
        checkout.ShowCart: buying.show_cart,
        checkout.ChangeCart: buying.change_cart,
        checkout.ShowLine: buying.show_line,
        checkout.RemoveLine: buying.remove_line,
        checkout.ClearCart: buying.clear_cart,
        checkout.CheckOut: buying.check_out,
        checkout.Confirm: buying.confirm,
        checkout.TypeCoupon: handlers.coupons.type_code,
        checkout.DropCoupon: handlers.coupons.drop,
        checkout.TopUpOffer: handlers.waiting.top_up,
        checkout.StopWaiting: handlers.waiting.stop,
        top_ups.ChooseCoin: paying.choose_coin,
        top_ups.ShowTopUp: paying.show_top_up,
        top_ups.TypeSum: paying.type_sum,
        top_ups.TypeTransaction: paying.type_transaction,
        orders.ShowHistory: buying.show_history,
        orders.ShowOrder: buying.show_order,
        orders.SendGoods: buying.send_goods,
        home.ShowLanguages: menu.show_languages,
        home.ChooseLanguage: menu.choose_language,
        home.ShowHelp: menu.show_help,
        home.Nothing: lambda _visit, _nothing: None,
        **_presses_around(handlers),
    }


def _presses_around(handlers: Handlers) -> dict[type[Callback], Route]:
    """What the buttons around the selling do."""
    profile, reviewing, asking = handlers.profile, handlers.reviewing, handlers.asking
    return {
        account.ShowProfile: profile.show,
        account.ShowStatement: profile.show_statement,
        account.SendStatement: profile.send_statement,
        account.ShowComing: profile.show_coming,
        account.ShowReferral: profile.show_referral,
        home.ShowFaq: profile.show_faq,
        home.ShowRules: handlers.home.show_rules,
        reviews.ShowReviews: reviewing.show_reviews,
        reviews.ShowOwnLine: reviewing.show_line,
        reviews.GiveStars: reviewing.give_stars,
        reviews.TypeReview: reviewing.type_review,
        catalog.TellWhenBack: reviewing.tell_when_back,
        tickets.ShowTickets: asking.show_tickets,
        tickets.ShowTicket: asking.show_ticket,
        tickets.TypeTicket: asking.type_ticket,
        tickets.TypeReply: asking.type_reply,
        tickets.CloseTicket: asking.close,
    }


def _answers(handlers: Handlers) -> dict[Step, Answer]:
    """What a typed text does in the middle of a dialog."""
    paying, browsing = handlers.paying, handlers.browsing
    return {
        Step.TOP_UP_SUM: paying.typed_sum,
        Step.TRANSACTION: paying.typed_transaction,
        Step.SEARCH: browsing.typed_search,
        Step.QUANTITY: browsing.typed_quantity,
        Step.COUPON: handlers.coupons.typed_code,
        Step.REVIEW: handlers.reviewing.typed_review,
        Step.TICKET: handlers.asking.typed_ticket,
        Step.TICKET_REPLY: handlers.asking.typed_reply,
    }


def _menu_words(languages: Languages) -> dict[str, Callback]:
    """What the menu below the text field does, in every language: a person may press one that he chose before."""
    menu = {
        "menu.shop": catalog.ShowShelf(None, 0),
        "menu.cart": checkout.ShowCart(),
        "menu.top_up": top_ups.ChooseCoin(None),
        "menu.history": orders.ShowHistory(0),
        "menu.profile": account.ShowProfile(),
        "menu.language": home.ShowLanguages(),
        "menu.help": home.ShowHelp(),
    }
    every = languages.translators.values()
    return {translator.text(key): press for translator in every for key, press in menu.items()}
