"""Every button and every dialog step of the shop, with the right that it takes."""

from dataclasses import dataclass

from bot_handlers.callbacks import Callback
from bot_handlers.callbacks.account import SendStatement, ShowComing, ShowProfile, ShowReferral, ShowStatement
from bot_handlers.callbacks.administration import (
    GiveRight,
    RemoveManager,
    ResetFactor,
    SendAudit,
    ShowAudit,
    ShowBackups,
    ShowManager,
    ShowManagers,
    ShowNotices,
    SwitchNotice,
    TakeBackup,
    TakeRight,
    TypeManager,
)
from bot_handlers.callbacks.announcements import (
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
)
from bot_handlers.callbacks.appearance import (
    DropScene,
    SaveText,
    SendScene,
    ShowScene,
    ShowScenes,
    ShowText,
    ShowTextLanguages,
    ShowTexts,
    TakeTextBack,
    TypeText,
)
from bot_handlers.callbacks.catalog import (
    ShowFound,
    ShowProduct,
    ShowShelf,
    ShowSortings,
    TellWhenBack,
    TypeQuantity,
    TypeSearch,
)
from bot_handlers.callbacks.checkout import (
    AddToCart,
    BuyNow,
    ChangeCart,
    CheckOut,
    ClearCart,
    Confirm,
    DropCoupon,
    RemoveLine,
    ShowCart,
    ShowLine,
    StopWaiting,
    TopUpOffer,
    TypeCoupon,
)
from bot_handlers.callbacks.coupons import (
    ChooseCouponGoods,
    CreateCoupon,
    NewCoupon,
    ShowCoupon,
    ShowCouponDraft,
    ShowCouponGoods,
    ShowCoupons,
    ShowCouponUses,
    SwitchCoupon,
    TypeTerm,
)
from bot_handlers.callbacks.customers import (
    Adjust,
    AskRefundLine,
    AskRefundOrder,
    AskReplace,
    FindCustomer,
    RefundLine,
    RefundOrder,
    ReplaceItem,
    SendCustomerStatement,
    ShowCustomer,
    ShowCustomerComing,
    ShowCustomerLine,
    ShowCustomerOrder,
    ShowCustomerOrders,
    ShowCustomerStatement,
    ShowCustomerTicket,
    ShowCustomerTickets,
    ShowPieces,
    TypeAdjustment,
    TypeBan,
    TypeToCustomer,
)
from bot_handlers.callbacks.goods import (
    AddPieces,
    AskDelete,
    AskDiscard,
    AskExport,
    CancelImport,
    ChooseKind,
    ChoosePlace,
    ConfirmImport,
    Delete,
    Discard,
    DropGoods,
    DropPicture,
    Hide,
    MoreGoods,
    Move,
    NewGoods,
    PutUpForSale,
    SendExport,
    SendPicture,
    SendRefused,
    ShowBranch,
    ShowGoodsDraft,
    ShowScarce,
    ShowSheet,
    ShowUnits,
    SkipDescription,
    TypeCategory,
    TypeField,
)
from bot_handlers.callbacks.home import (
    AdminHome,
    ChooseLanguage,
    Home,
    Nothing,
    ShowFaq,
    ShowHelp,
    ShowLanguages,
    ShowRules,
)
from bot_handlers.callbacks.orders import MakeLine, SendGoods, ShowHistory, ShowOrder
from bot_handlers.callbacks.reports import (
    CheckBooks,
    SendFigures,
    ShowBooks,
    ShowChart,
    ShowFigures,
    ShowHoldingPage,
    ShowHoldings,
)
from bot_handlers.callbacks.reviews import (
    GiveStars,
    HideReview,
    ShowAnyReview,
    ShowEveryReview,
    ShowOwnLine,
    ShowReviews,
    TypeReview,
    UnhideReview,
)
from bot_handlers.callbacks.tickets import (
    CloseAnyTicket,
    CloseTicket,
    ShowAnyTicket,
    ShowOpenTickets,
    ShowTicket,
    ShowTickets,
    TypeAnswer,
    TypeReply,
    TypeTicket,
)
from bot_handlers.callbacks.top_ups import ChooseCoin, ShowTopUp, TypeSum, TypeTransaction
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
        AdminHome: (ANY, admin.home.show),
        ShowNotices: (ANY, admin.noticing.show),
        SwitchNotice: (ANY, admin.noticing.switch),
        MakeLine: (Right.CUSTOMERS, admin.making.ask),
        ShowOpenTickets: (Right.CUSTOMERS, answering.show_open),
        ShowAnyTicket: (Right.CUSTOMERS, answering.show_ticket),
        TypeAnswer: (Right.CUSTOMERS, answering.type_answer),
        CloseAnyTicket: (Right.CUSTOMERS, answering.close),
        ShowFigures: (Right.FIGURES, admin.figures.show),
        ShowChart: (Right.FIGURES, admin.figures.show_chart),
        SendFigures: (Right.FIGURES, admin.figures.send),
        ShowHoldings: (Right.MONEY, admin.money.show),
        ShowHoldingPage: (Right.MONEY, admin.money.show_page),
        ShowBooks: (Right.MONEY, admin.money.show_books),
        CheckBooks: (Right.MONEY, admin.money.check_books),
        **_presses_of_goods(admin.stocking, admin.editing),
        **_presses_of_new_goods(admin.adding),
        **_presses_of_coupons(admin.coupons),
        **_presses_for_customers(admin),
        **_presses_of_reviews(admin.moderating),
        **_presses_of_texts(admin.writing),
        **_presses_of_scenes(admin.decorating),
        ShowBackups: (Right.BACKUP, admin.backing_up.show),
        TakeBackup: (Right.BACKUP, admin.backing_up.take),
        **_presses_of_owners(admin),
        **{press: (Right.ANNOUNCEMENTS, route) for press, route in _announcements(admin).items()},
    }


def _presses_of_goods(
    stocking: StockingHandlers, editing: GoodsHandlers
) -> dict[type[Callback], tuple[Right | None, Route]]:
    """What is done with files of goods, and with the tree of the catalogue."""
    routes: dict[type[Callback], Route] = {
        ConfirmImport: stocking.confirm,
        CancelImport: stocking.cancel,
        SendRefused: stocking.send_refused,
        AskExport: stocking.ask_export,
        SendExport: stocking.send_export,
        ShowBranch: editing.show_branch,
        ShowScarce: editing.show_scarce,
        ShowSheet: editing.show_sheet,
        TypeField: editing.type_field,
        SendPicture: editing.send_picture,
        DropPicture: editing.drop_picture,
        Hide: editing.hide,
        ChoosePlace: editing.choose_place,
        Move: editing.move,
        AskDelete: editing.ask_delete,
        Delete: editing.delete,
        TypeCategory: editing.type_category,
        ShowUnits: editing.show_units,
        AskDiscard: editing.ask_discard,
        Discard: editing.discard,
    }
    return {press: (Right.CATALOGUE, route) for press, route in routes.items()}


def _presses_of_new_goods(adding: AddingHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    """The dialog that puts a product together."""
    routes: dict[type[Callback], Route] = {
        NewGoods: adding.begin,
        MoreGoods: adding.begin_more,
        SkipDescription: adding.skip,
        ChooseKind: adding.choose,
        AddPieces: adding.add,
        ShowGoodsDraft: adding.show,
        PutUpForSale: adding.put_up,
        DropGoods: adding.drop,
    }
    return {press: (Right.CATALOGUE, route) for press, route in routes.items()}


def _presses_of_owners(admin: AdminHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    """What an owner presses to see who may do what, and who did what."""
    appointing = admin.appointing
    return {
        ShowManagers: (Right.ROLES, appointing.show_managers),
        TypeManager: (Right.ROLES, appointing.type_manager),
        ShowManager: (Right.ROLES, appointing.show_manager),
        GiveRight: (Right.ROLES, appointing.give_right),
        TakeRight: (Right.ROLES, appointing.take_right),
        RemoveManager: (Right.ROLES, appointing.remove),
        ResetFactor: (Right.ROLES, appointing.reset_factor),
        ShowAudit: (Right.ROLES, admin.auditing.show),
        SendAudit: (Right.ROLES, admin.auditing.send),
    }


def _presses_of_coupons(desk: CouponHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        ShowCoupons: (Right.CATALOGUE, desk.show_all),
        ShowCoupon: (Right.CATALOGUE, desk.show),
        SwitchCoupon: (Right.CATALOGUE, desk.switch),
        ShowCouponUses: (Right.CATALOGUE, desk.show_uses),
        NewCoupon: (Right.CATALOGUE, desk.begin),
        ShowCouponDraft: (Right.CATALOGUE, desk.show_draft),
        TypeTerm: (Right.CATALOGUE, desk.type_term),
        ShowCouponGoods: (Right.CATALOGUE, desk.show_goods),
        ChooseCouponGoods: (Right.CATALOGUE, desk.choose_goods),
        CreateCoupon: (Right.CATALOGUE, desk.create),
    }


def _announcements(admin: AdminHandlers) -> dict[type[Callback], Route]:
    """What the buttons of announcements do."""
    composing, announcing = admin.composing, admin.announcing
    return {
        ShowAnnouncements: announcing.show_all,
        ChooseAudience: composing.choose_audience,
        ChooseReaders: composing.choose_readers,
        ChooseBuyers: composing.choose_buyers,
        Compose: composing.compose,
        ComposeForReaders: composing.compose_for_readers,
        ComposeForBuyers: composing.compose_for_buyers,
        ShowAnnouncementDraft: composing.show_draft,
        TypeAnnouncement: composing.type_text,
        TypeLinks: composing.type_links,
        PickTarget: composing.pick_target,
        LinkProduct: composing.link_product,
        LinkCategory: composing.link_category,
        ClearLinks: composing.clear_links,
        DiscardDraft: announcing.discard,
        SendAnnouncement: announcing.send,
        ShowAnnouncement: announcing.show,
        PauseAnnouncement: announcing.pause,
        GoOnAnnouncing: announcing.go_on,
        CancelAnnouncement: announcing.cancel,
    }


def _presses_for_customers(admin: AdminHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    """What is looked up and done for one customer."""
    looking, refunding = admin.customers, admin.refunding
    return {
        FindCustomer: (Right.CUSTOMERS, looking.ask),
        ShowCustomer: (Right.CUSTOMERS, looking.show),
        ShowCustomerStatement: (Right.CUSTOMERS, looking.show_statement),
        SendCustomerStatement: (Right.CUSTOMERS, looking.send_statement),
        ShowCustomerComing: (Right.CUSTOMERS, looking.show_coming),
        ShowCustomerOrders: (Right.CUSTOMERS, looking.show_orders),
        ShowCustomerOrder: (Right.CUSTOMERS, looking.show_order),
        ShowCustomerLine: (Right.CUSTOMERS, looking.show_line),
        ShowCustomerTickets: (Right.CUSTOMERS, looking.show_tickets),
        ShowCustomerTicket: (Right.CUSTOMERS, looking.show_ticket),
        TypeAdjustment: (Right.MONEY, admin.adjusting.ask),
        Adjust: (Right.MONEY, admin.adjusting.make),
        TypeToCustomer: (Right.CUSTOMERS, admin.conduct.ask_letter),
        TypeBan: (Right.CUSTOMERS, admin.conduct.ask_ban),
        ShowPieces: (Right.CUSTOMERS, admin.replacing.show_pieces),
        AskReplace: (Right.CUSTOMERS, admin.replacing.ask),
        ReplaceItem: (Right.CUSTOMERS, admin.replacing.replace),
        AskRefundOrder: (Right.CUSTOMERS, refunding.ask_order),
        RefundOrder: (Right.CUSTOMERS, refunding.refund_order),
        AskRefundLine: (Right.CUSTOMERS, refunding.ask_line),
        RefundLine: (Right.CUSTOMERS, refunding.refund_line),
    }


def _presses_of_texts(writing: AppearanceHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        ShowTexts: (Right.CATALOGUE, writing.show_all),
        ShowTextLanguages: (Right.CATALOGUE, writing.show_languages),
        ShowText: (Right.CATALOGUE, writing.show),
        TypeText: (Right.CATALOGUE, writing.ask),
        SaveText: (Right.CATALOGUE, writing.save),
        TakeTextBack: (Right.CATALOGUE, writing.take_back),
    }


def _presses_of_scenes(decorating: DecoratingHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        ShowScenes: (Right.CATALOGUE, decorating.show_all),
        ShowScene: (Right.CATALOGUE, decorating.show),
        SendScene: (Right.CATALOGUE, decorating.ask),
        DropScene: (Right.CATALOGUE, decorating.drop),
    }


def _presses_of_reviews(moderating: ModeratingHandlers) -> dict[type[Callback], tuple[Right | None, Route]]:
    return {
        ShowEveryReview: (Right.CUSTOMERS, moderating.show_page),
        ShowAnyReview: (Right.CUSTOMERS, moderating.show),
        HideReview: (Right.CUSTOMERS, moderating.ask_reason),
        UnhideReview: (Right.CUSTOMERS, moderating.unhide),
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
        Home: menu.show_home,
        ShowShelf: browsing.show_shelf,
        ShowSortings: browsing.show_sortings,
        TypeSearch: browsing.type_search,
        ShowFound: browsing.show_found,
        ShowProduct: browsing.show_product,
        TypeQuantity: browsing.type_quantity,
        BuyNow: buying.buy_now,
        AddToCart: buying.add_to_cart,
        ShowCart: buying.show_cart,
        ChangeCart: buying.change_cart,
        ShowLine: buying.show_line,
        RemoveLine: buying.remove_line,
        ClearCart: buying.clear_cart,
        CheckOut: buying.check_out,
        Confirm: buying.confirm,
        TypeCoupon: handlers.coupons.type_code,
        DropCoupon: handlers.coupons.drop,
        TopUpOffer: handlers.waiting.top_up,
        StopWaiting: handlers.waiting.stop,
        ChooseCoin: paying.choose_coin,
        ShowTopUp: paying.show_top_up,
        TypeSum: paying.type_sum,
        TypeTransaction: paying.type_transaction,
        ShowHistory: buying.show_history,
        ShowOrder: buying.show_order,
        SendGoods: buying.send_goods,
        ShowLanguages: menu.show_languages,
        ChooseLanguage: menu.choose_language,
        ShowHelp: menu.show_help,
        Nothing: lambda _visit, _nothing: None,
        **_presses_around(handlers),
    }


def _presses_around(handlers: Handlers) -> dict[type[Callback], Route]:
    """What the buttons around the selling do."""
    profile, reviewing, asking = handlers.profile, handlers.reviewing, handlers.asking
    return {
        ShowProfile: profile.show,
        ShowStatement: profile.show_statement,
        SendStatement: profile.send_statement,
        ShowComing: profile.show_coming,
        ShowReferral: profile.show_referral,
        ShowFaq: profile.show_faq,
        ShowRules: handlers.home.show_rules,
        ShowReviews: reviewing.show_reviews,
        ShowOwnLine: reviewing.show_line,
        GiveStars: reviewing.give_stars,
        TypeReview: reviewing.type_review,
        TellWhenBack: reviewing.tell_when_back,
        ShowTickets: asking.show_tickets,
        ShowTicket: asking.show_ticket,
        TypeTicket: asking.type_ticket,
        TypeReply: asking.type_reply,
        CloseTicket: asking.close,
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
        "menu.shop": ShowShelf(None, 0),
        "menu.cart": ShowCart(),
        "menu.top_up": ChooseCoin(None),
        "menu.history": ShowHistory(0),
        "menu.profile": ShowProfile(),
        "menu.language": ShowLanguages(),
        "menu.help": ShowHelp(),
    }
    every = languages.translators.values()
    return {translator.text(key): press for translator in every for key, press in menu.items()}
