"""Managers, the audit log, backups, notifications and the second factor."""

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
from bot_handlers.screens import administration as screens
from bot_handlers.telegram.messenger import Messenger
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Conversations, Dialog, Step
from shop.administration.audit_log import AuditLog
from shop.administration.backups import Backups
from shop.administration.managers import Manager, Managers
from shop.administration.notifications import Notification, NotificationSettings
from shop.administration.second_factor import SecondFactor
from shop.errors import SecondFactorNeeded, StaleScreen
from shop.people import Right

_MESSAGE = "message"


class AdministrationHandlers:
    """Who may do what."""

    def __init__(self, roles: Managers, *, conversations: Conversations, messenger: Messenger) -> None:
        self._roles = roles
        self._conversations = conversations
        self._messenger = messenger

    def show_managers(self, visit: Visit, place: ShowManagers) -> None:
        """Show a page of the managers."""
        page = self._roles.managers(visit.person, page=place.page)
        self._messenger.show(visit, screens.managers(page, visit.translator))

    def type_manager(self, visit: Visit, _page: TypeManager) -> None:
        """Ask who is meant; the next message is the answer."""
        self._conversations.ask(visit, Step.MANAGER)
        self._messenger.show(visit, screens.ask_manager(visit.translator))

    def typed_manager(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Show whom the answer means; what names nobody is asked for again."""
        if not text:
            self.type_manager(visit, TypeManager())
            return
        manager = self._roles.find(visit.person, text)
        self._conversations.end(visit)
        self._show(visit, manager)

    def show_manager(self, visit: Visit, choice: ShowManager) -> None:
        """Show what somebody may do."""
        self._show(visit, self._roles.one(visit.person, choice.telegram_id))

    def give_right(self, visit: Visit, choice: GiveRight) -> None:
        """Give a right."""
        self._show(visit, self._roles.give(visit.person, choice.telegram_id, _right(choice.right)))

    def take_right(self, visit: Visit, choice: TakeRight) -> None:
        """Take a right back."""
        self._show(visit, self._roles.take(visit.person, choice.telegram_id, _right(choice.right)))

    def remove(self, visit: Visit, choice: RemoveManager) -> None:
        """Take every right back."""
        self._roles.remove(visit.person, choice.telegram_id)
        self.show_managers(visit, ShowManagers(0))

    def reset_factor(self, visit: Visit, choice: ResetFactor) -> None:
        """Forget a second factor."""
        self._show(visit, self._roles.reset_factor(visit.person, choice.telegram_id))

    def _show(self, visit: Visit, manager: Manager) -> None:
        self._messenger.show(visit, screens.manager(manager, visit.translator))


def _right(word: str) -> Right:
    try:
        return Right(word)
    except ValueError:
        raise StaleScreen from None


class AuditingHandlers:
    """The audit log, on screen and as a file."""

    def __init__(self, audit_log: AuditLog, messenger: Messenger) -> None:
        self._audit_log = audit_log
        self._messenger = messenger

    def show(self, visit: Visit, place: ShowAudit) -> None:
        """Show a page of the log."""
        page = self._audit_log.page(visit.person, page=place.page, admin_id=place.done_by)
        self._messenger.show(visit, screens.page(page, visit.translator))

    def send(self, visit: Visit, choice: SendAudit) -> None:
        """Send the log as a file; where no file can be sent, as text."""
        t = visit.translator
        text = self._audit_log.csv(
            visit.person, lambda action: screens.words(action, t), screens.csv_head(t), admin_id=choice.done_by
        )
        self._messenger.deliver(visit.bot_id, visit.chat_id, screens.file(text, t), as_file=True)


class BackingUpHandlers:
    """How the backups are doing, and one more."""

    def __init__(self, backups: Backups, messenger: Messenger) -> None:
        self._backups = backups
        self._messenger = messenger

    def show(self, visit: Visit, _page: ShowBackups) -> None:
        """Show how the backups are doing."""
        standing = self._backups.standing(visit.person)
        self._messenger.show(visit, screens.standing(standing, visit.translator))

    def take(self, visit: Visit, _page: TakeBackup) -> None:
        """Take a backup and send it as a file."""
        snapshot = self._backups.take(visit.person)
        if snapshot.can_be_sent:
            parcel = screens.parcel(snapshot, snapshot.path.read_bytes(), visit.translator)
            self._messenger.deliver_file(visit.bot_id, visit.chat_id, parcel)
        else:
            self._messenger.send(visit.bot_id, visit.chat_id, screens.on_the_server(snapshot, visit.translator))


class NoticingHandlers:
    """The switches of the notices, for each admin his own."""

    def __init__(self, notices: NotificationSettings, messenger: Messenger) -> None:
        self._notices = notices
        self._messenger = messenger

    def show(self, visit: Visit, _page: ShowNotices) -> None:
        """Show what this admin is told of."""
        self._messenger.show(visit, screens.switches(self._notices.of(visit.person), visit.translator))

    def switch(self, visit: Visit, choice: SwitchNotice) -> None:
        """Switch a notice on or off."""
        try:
            notice = Notification(choice.notice)
        except ValueError:
            raise StaleScreen from None
        self._notices.switch(visit.person, notice, on=bool(choice.on))
        self.show(visit, ShowNotices())


class ProvingHandlers:
    """From a refusal for want of a code to the code."""

    def __init__(self, second_factor: SecondFactor, *, conversations: Conversations, messenger: Messenger) -> None:
        self._second_factor = second_factor
        self._conversations = conversations
        self._messenger = messenger

    def ask(self, visit: Visit, needed: SecondFactorNeeded, errand: dict[str, str]) -> None:
        """Ask for a code, or for a first one along with a new secret; `errand` is what goes on afterwards."""
        self._withdraw(visit, self._conversations.of(visit))
        if needed.enrolled:
            self._conversations.ask(visit, Step.CODE, **errand)
            self._messenger.show(visit, screens.ask_code(visit.translator))
            return
        enrolment = self._second_factor.enrol(visit.person)
        message_id = self._messenger.send(visit.bot_id, visit.chat_id, screens.enrolment(enrolment, visit.translator))
        self._conversations.ask(visit, Step.CODE, **errand | {_MESSAGE: str(message_id)})

    def typed(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Take a code; the message with the secret goes, and the dialog is over."""
        self._second_factor.enter(visit.person, text)
        self._conversations.end(visit)
        gone = self._withdraw(visit, dialog)
        self._messenger.show(visit, screens.proven(visit.translator, secret_is_gone=gone))

    def _withdraw(self, visit: Visit, dialog: Dialog | None) -> bool:
        """Take the message with the secret back; return False when it is still there."""
        if dialog is None or dialog.step is not Step.CODE or _MESSAGE not in dialog.answers:
            return True
        instead = screens.secret_was_here(visit.translator)
        return self._messenger.withdraw(visit.bot_id, visit.chat_id, int(dialog.answers[_MESSAGE]), instead)
