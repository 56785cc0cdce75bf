"""How the shop is doing."""

from bot_handlers.admin.callbacks_figures import SendFigures, ShowChart, ShowFigures
from bot_handlers.messenger import Messenger
from bot_handlers.views import figures as views
from bot_handlers.visits import Visit
from locales import Languages
from shop.reports.figures import Figures


class FiguresHandlers:
    """The shop's figures, as far as somebody may see them."""

    def __init__(self, figures: Figures, languages: Languages, messenger: Messenger) -> None:
        self._figures = figures
        self._english = languages["en"]
        self._messenger = messenger

    def show(self, visit: Visit, choice: ShowFigures) -> None:
        """Show the figures of a span."""
        self._messenger.show(visit, views.figures(self._figures.report(visit.person, choice.days), visit.translator))

    def show_chart(self, visit: Visit, choice: ShowChart) -> None:
        """Show the figures of a span as a picture."""
        report, course = self._figures.charted(visit.person, choice.days)
        screen = views.chart(report, course, visit.translator, self._english, dark=bool(choice.dark))
        self._messenger.show(visit, screen)

    def send(self, visit: Visit, choice: SendFigures) -> None:
        """Send the course of a span as a file; where no file can be sent, as text."""
        course = self._figures.course(visit.person, choice.days)
        parcel = views.file(course, visit.translator)
        self._messenger.deliver(visit.bot_id, visit.chat_id, parcel, as_file=True)
