"""Pictures of numbers: bars that read well on a phone, light and dark.

matplotlib is imported when the first chart is requested, and draws one at a time, because it is not thread-safe. It
caches in a separate folder, which is removed when the process ends.
"""

import io
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


WIDTH_PX, HEIGHT_PX = 1080, 1350
_DPI = 100
_MARGIN, _AXIS = 0.05, 0.22
"""Where words begin, and where bars do, in parts of the width: the labels of the largest sums fit before the bars."""
_PANELS, _BELOW, _HEADING = 0.87, 0.055, 0.095
"""The heights of all panels, of the labels below them and of a panel's heading, as parts of the picture's height."""
_MOST_LABELS = 5
_MOST_STEPS = 4
"""The most intervals between the lines of an axis."""
_FONT = "DejaVu Sans"
"""The font that comes with matplotlib, so no system font is needed and none is downloaded."""
_FIRST_UNWRITTEN = "\u2e80"
"""The first code point of the Chinese, Japanese and Korean scripts (Unicode), which this font lacks."""
_drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Panel:
    """A row of bars with a title and its sum; `write` says a value as it stands at the axis."""

    title: str
    total: str
    values: tuple[Decimal, ...]
    write: Callable[[Decimal], str]


@dataclass(frozen=True, slots=True)
class _Style:
    paper: str
    ink: str
    faint: str
    bars: tuple[str, ...]
    below: str


_LIGHT = _Style("#ffffff", "#1c1c1e", "#c7c7cc", ("#2a7de1", "#1f9d6b", "#b4690e"), "#d0342c")


_DARK = _Style("#17212b", "#f2f2f7", "#46525e", ("#6ab2ff", "#4fd1a1", "#f0b35a"), "#ff7b72")


def can_write(text: str) -> bool:
    """Return whether charts have glyphs for a text."""
    return max(text, default="") < _FIRST_UNWRITTEN


def draw(title: str, note: str, panels: tuple[Panel, ...], labels: tuple[str, ...], *, dark: bool) -> bytes:
    """Draw panels above each other as a PNG of 1080 by 1350 pixels; `labels` name the bars."""
    style = _DARK if dark else _LIGHT
    with _drawing:
        figure = _blank(style)
        height = _PANELS / len(panels)
        for number, panel in enumerate(panels):
            bottom = _BELOW + (len(panels) - 1 - number) * height
            axes = figure.add_axes((_AXIS, bottom, 1 - _MARGIN - _AXIS, height - _HEADING))
            _draw_bars(axes, panel, style, style.bars[number % len(style.bars)])
            _name_bars(axes, labels, style)
        axes = figure.axes[0]
        _write(axes, title, (_MARGIN, 0.965), style, size=30, weight="bold", within="figure fraction", va="center")
        _write(axes, note, (_MARGIN, 0.93), style, size=18, within="figure fraction", va="center")
        picture = io.BytesIO()
        figure.savefig(picture, format="png", facecolor=style.paper)
        figure.clear()
        return picture.getvalue()


def _blank(style: _Style) -> "Figure":
    _prepare()
    from matplotlib import rcParams
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rcParams["text.parse_math"] = False  # two dollar signs are not a formula
    figure = Figure(figsize=(WIDTH_PX / _DPI, HEIGHT_PX / _DPI), dpi=_DPI, facecolor=style.paper)
    FigureCanvasAgg(figure)
    return figure


@cache
def _prepare() -> tempfile.TemporaryDirectory[str]:
    """Give matplotlib a folder for its caches before it is imported, since the shop's own may be read-only."""
    folder = tempfile.TemporaryDirectory(prefix="souk-charts-", ignore_cleanup_errors=True)
    os.environ["MPLCONFIGDIR"] = folder.name
    return folder


def _draw_bars(axes: "Axes", panel: Panel, style: _Style, color: str) -> None:
    values = [float(value) for value in panel.values]
    colors = [color if value >= 0 else style.below for value in values]
    axes.bar(range(len(values)), values, width=0.72, color=colors)
    axes.axhline(0, color=style.ink, linewidth=1.5)
    axes.set_facecolor(style.paper)
    axes.set_xlim(-0.7, len(values) - 0.3)
    ticks = ticks_of(panel.values)
    axes.set_ylim(float(ticks[0]), float(ticks[-1]))
    axes.set_yticks([float(tick) for tick in ticks], [panel.write(tick) for tick in ticks])
    axes.grid(axis="y", color=style.faint, linewidth=1)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, pad=8, colors=style.ink, labelsize=18, labelfontfamily=_FONT)
    _write(axes, panel.title, ((_MARGIN - _AXIS) / (1 - _MARGIN - _AXIS), 1.06), style, size=22)
    _write(axes, panel.total, (1, 1.06), style, size=26, weight="bold", ha="right")


def _write(
    axes: "Axes",
    words: str,
    place: tuple[float, float],
    style: _Style,
    *,
    size: int,
    weight: str = "normal",
    within: str = "axes fraction",
    ha: str = "left",
    va: str = "bottom",
) -> None:
    """Put words on the paper; `place` is a part of the panel's width and height, or of the figure's."""
    look: dict[str, Any] = {
        "color": style.ink,
        "fontsize": size,
        "weight": weight,
        "family": _FONT,
        "ha": ha,
        "va": va,
    }
    axes.annotate(words, place, xycoords=within, annotation_clip=False, **look)


def ticks_of(values: tuple[Decimal, ...]) -> list[Decimal]:
    """Choose three to six round numbers, zero among them, that hold every value: steps of 1, 2 or 5 times ten to n.

    Whole numbers have whole steps; a tenth is the smallest step, as the axis shows one decimal.
    """
    low, high = min(Decimal(0), *values), max(Decimal(0), *values)
    whole = all(value == value.to_integral_value() for value in values)
    step = Decimal(1) if whole else Decimal("0.1")
    factors = cycle((Decimal(2), Decimal("2.5"), Decimal(2)))
    while _steps(high, step) - _steps(low, step) > _MOST_STEPS:
        step *= next(factors)
    first, last = _steps(low, step), _steps(high, step)
    if first == last:
        last = 1
    return [step * number for number in range(first, last + 1)]


def _steps(value: Decimal, step: Decimal) -> int:
    """Count the steps from zero to a value, away from zero."""
    return int((value / step).to_integral_value(rounding=ROUND_UP))


def _name_bars(axes: "Axes", labels: tuple[str, ...], style: _Style) -> None:
    """Name as many bars as there is room for, the last one among them."""
    every = -(-len(labels) // _MOST_LABELS)
    places = range((len(labels) - 1) % every, len(labels), every)
    axes.set_xticks(list(places), [labels[place] for place in places])
    axes.tick_params(axis="x", colors=style.ink, labelsize=17)
