"""Managers, the audit log, backups, notifications and the second factor."""

from dataclasses import dataclass

from bot_handlers.callbacks import member
from bot_handlers.callbacks.administration import (
    GiveRight,
    KeepKey,
    RemoveManager,
    ResetFactor,
    SendAudit,
    ShowAudit,
    ShowBackups,
    ShowManager,
    ShowManagers,
    ShowNotifications,
    SwitchNotification,
    TakeBackup,
    TakeRight,
    TypeManager,
)
from bot_handlers.screens import administration as screens
from bot_handlers.telegram.visits import Visit
from bot_handlers.updates.conversations import Chat, Dialog, Step
from shop.administration.audit_log import AuditLog
from shop.administration.backups import Backups
from shop.administration.managers import Manager, Managers
from shop.administration.notifications import Notification, NotificationSettings
from shop.administration.second_factor import SecondFactor
from shop.errors.refusals import SecondFactorNeeded
from shop.people import Right

_MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class AdministrationHandlers:
    """Who may do what and who did what, the backups, and what each admin is notified of."""

    chat: Chat
    managers: Managers
    audit_log: AuditLog
    backups: Backups
    notifications: NotificationSettings

    def show_managers(self, visit: Visit, place: ShowManagers) -> None:
        """Show a page of the managers."""
        page = self.managers.managers(visit.person, page=place.page)
        self.chat.show(visit, screens.managers(page, visit.translator))

    def ask_manager(self, visit: Visit, _page: TypeManager) -> None:
        """Ask who is to become a manager."""
        self.chat.ask(visit, Step.MANAGER, screens.ask_manager(visit.translator))

    def take_manager(self, visit: Visit, _dialog: Dialog, text: str) -> None:
        """Show the person that was named; if there is none, another one can be named."""
        manager = self.managers.find(visit.person, text)
        self.chat.end(visit)
        self._show_manager(visit, manager)

    def show_manager(self, visit: Visit, choice: ShowManager) -> None:
        """Show what a manager may do."""
        self._show_manager(visit, self.managers.one(visit.person, choice.telegram_id))

    def give_right(self, visit: Visit, choice: GiveRight) -> None:
        """Give a right."""
        right = member(Right, choice.right)
        self._show_manager(visit, self.managers.give(visit.person, choice.telegram_id, right))

    def take_right(self, visit: Visit, choice: TakeRight) -> None:
        """Take a right back."""
        right = member(Right, choice.right)
        self._show_manager(visit, self.managers.take(visit.person, choice.telegram_id, right))

    def remove_manager(self, visit: Visit, choice: RemoveManager) -> None:
        """Take all rights back."""
        self.managers.remove(visit.person, choice.telegram_id)
        self.show_managers(visit, ShowManagers(0))

    def reset_factor(self, visit: Visit, choice: ResetFactor) -> None:
        """Forget the second factor of a manager."""
        self._show_manager(visit, self.managers.reset_factor(visit.person, choice.telegram_id))

    def show_audit(self, visit: Visit, place: ShowAudit) -> None:
        """Show a page of the audit log."""
        page = self.audit_log.page(visit.person, page=place.page, admin_id=place.done_by)
        self.chat.show(visit, screens.page(page, visit.translator))

    def send_audit(self, visit: Visit, choice: SendAudit) -> None:
        """Send the audit log as a file."""
        t = visit.translator
        text = self.audit_log.csv(
            visit.person, lambda action: screens.words(action, t), screens.csv_head(t), admin_id=choice.done_by
        )
        self.chat.send_file(visit, screens.file(text, t))

    def show_backups(self, visit: Visit, _page: ShowBackups) -> None:
        """Show the state of the backups."""
        standing = self.backups.standing(visit.person)
        self.chat.show(visit, screens.standing(standing, visit.translator))

    def take_backup(self, visit: Visit, _page: TakeBackup) -> None:
        """Take a backup and send it as a file; if it is too large, say where it is."""
        snapshot = self.backups.take(visit.person)
        messenger = self.chat.messenger
        if snapshot.can_be_sent:
            parcel = screens.parcel(snapshot, snapshot.path.read_bytes(), visit.translator)
            messenger.deliver_file(visit.bot_id, visit.chat_id, parcel)
        else:
            messenger.send(visit.bot_id, visit.chat_id, screens.on_the_server(snapshot, visit.translator))

    def keep_key(self, visit: Visit, _page: KeepKey) -> None:
        """Record that the key is also kept elsewhere, and show the backups."""
        self.backups.key_is_kept(visit.person)
        self.chat.show(visit, screens.standing(self.backups.standing(visit.person), visit.translator))

    def show_notifications(self, visit: Visit, _page: ShowNotifications) -> None:
        """Show what this admin is notified of."""
        self.chat.show(visit, screens.switches(self.notifications.of(visit.person), visit.translator))

    def switch_notification(self, visit: Visit, choice: SwitchNotification) -> None:
        """Switch a notification on or off, for this admin only."""
        notification = member(Notification, choice.notification)
        self.notifications.switch(visit.person, notification, on=bool(choice.on))
        self.show_notifications(visit, ShowNotifications())

    def _show_manager(self, visit: Visit, manager: Manager) -> None:
        self.chat.show(visit, screens.manager(manager, visit.translator))


@dataclass(frozen=True, slots=True)
class SecondFactorPrompt:
    """Asks for a code if one is needed, and enrols admins who have no second factor yet."""

    chat: Chat
    second_factor: SecondFactor

    def ask(self, visit: Visit, needed: SecondFactorNeeded, errand: dict[str, str]) -> None:
        """Ask for a code, showing the secret if it is new; `errand` is carried out afterwards."""
        self._withdraw(visit, self.chat.conversations.of(visit))
        if needed.enrolled:
            self.chat.ask(visit, Step.CODE, screens.ask_code(visit.translator), **errand)
            return
        screen = screens.enrolment(self.second_factor.enrol(visit.person), visit.translator)
        message_id = self.chat.messenger.send(visit.bot_id, visit.chat_id, screen)
        self.chat.conversations.ask(visit, Step.CODE, **errand | {_MESSAGE: str(message_id)})

    def take(self, visit: Visit, dialog: Dialog, text: str) -> None:
        """Accept a code, and withdraw the message with the secret; the dialog ends."""
        self.second_factor.enter(visit.person, text)
        self.chat.end(visit)
        gone = self._withdraw(visit, dialog)
        self.chat.show(visit, screens.proven(visit.translator, secret_is_gone=gone))

    def _withdraw(self, visit: Visit, dialog: Dialog | None) -> bool:
        """Withdraw the message with the secret; return False if it is still there."""
        if dialog is None or dialog.step is not Step.CODE or _MESSAGE not in dialog.answers:
            return True
        instead = screens.secret_was_here(visit.translator)
        message_id = int(dialog.answers[_MESSAGE])
        return self.chat.messenger.withdraw(visit.bot_id, visit.chat_id, message_id, instead)
