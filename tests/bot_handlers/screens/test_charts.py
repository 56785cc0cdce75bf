"""Charts: what they show, what they leave behind, and when their library is loaded."""

import gc
import io
import json
import os
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from bot_handlers.screens.charts import HEIGHT_PX, WIDTH_PX, Panel, draw, ticks_of
from bot_handlers.screens.reports import chart
from locales import Languages, Translator
from shop.money import CURRENCIES, MAX_MINOR, Money
from shop.reports.figures import Report, Slice, Span, Totals
from tests.patience import DEADLINE_S

ROOT = Path(__file__).resolve().parents[3]
LABELS = tuple(f"Sep {day}" for day in range(1, 31))


def panel(*values: str, title: str = "Revenue") -> Panel:
    return Panel(title, "$1.00", tuple(Decimal(value) for value in values), lambda value: f"${value}")


def pixels(picture: bytes) -> list[tuple[int, ...]]:
    from PIL import Image

    image = Image.open(io.BytesIO(picture))
    assert (image.format, image.size) == ("PNG", (WIDTH_PX, HEIGHT_PX))
    return list(image.convert("RGB").get_flattened_data())


@pytest.mark.parametrize(
    "values",
    [["0"] * 30, ["1"], ["0", "-5", "12.5"], ["-1", "-2"], ["1000000000", "0.01"]],
    ids=["nothing", "one", "below zero too", "below zero alone", "far apart"],
)
def test_any_series_is_drawn_light_and_dark(values: list[str]) -> None:
    panels = (panel(*values), panel(*values, title="$1 and $2"))
    light, dark = (draw("T", "n", panels, LABELS[: len(values)], dark=dark) for dark in (False, True))
    for picture, paper in ((light, (255, 255, 255)), (dark, (0x17, 0x21, 0x2B))):
        drawn = pixels(picture)
        assert drawn[0] == drawn[-1] == paper
        assert len(set(drawn)) > 10


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        (["0"], ["0", "1"]),
        (["1", "3"], ["0", "1", "2", "3"]),
        (["7"], ["0", "2", "4", "6", "8"]),
        (["1234.56", "3"], ["0", "500", "1000", "1500"]),
        (["0", "-5", "12.5"], ["-5", "0", "5", "10", "15"]),
        (["-1", "-2"], ["-2", "-1", "0"]),
        (["0.25"], ["0", "0.1", "0.2", "0.3"]),
        (["999999999"], ["0", "500000000", "1000000000"]),
    ],
)
def test_an_axis_ends_at_round_numbers_that_include_every_value(values: list[str], ticks: list[str]) -> None:
    assert ticks_of(tuple(map(Decimal, values))) == list(map(Decimal, ticks))


def test_a_bar_is_as_high_as_its_value() -> None:
    drawn = pixels(draw("T", "n", (panel("4", "0", "2"),), LABELS[:3], dark=False))
    blue = [number % WIDTH_PX for number, color in enumerate(drawn) if color == (0x2A, 0x7D, 0xE1)]
    columns = {x: blue.count(x) for x in (min(blue) + 20, max(blue) - 20)}
    high, low = columns.values()
    assert abs(high - 2 * low) <= 3


def largest(currency: str, span: Span, sign: int) -> tuple[Report, tuple[Slice, ...]]:
    """A span whose sums are the largest that the shop handles; a negative one had only refunds."""
    most, nothing = Money(MAX_MINOR, currency), Money(0, currency)
    paid, back = (most, nothing) if sign > 0 else (nothing, most)
    count, step_s = 10**9, 3_600 if span is Span.DAY else 86_400
    now = Totals(count, count, count, count, count, most, paid, back, nothing)
    starts = range(1_790_000_000, 1_790_000_000 + 30 * step_s, step_s)
    return (
        Report(span, 1_790_000_000, now, None, (), ()),
        tuple(Slice(each, each + step_s, count, count, count, most, paid, back) for each in starts),
    )


def widest_currency(t: Translator) -> str:
    half = -Decimal(MAX_MINOR) / 2
    return max(CURRENCIES, key=lambda code: len(t.amount(half.scaleb(-CURRENCIES[code]), code)))


@pytest.mark.parametrize("code", sorted(Languages.found().codes))
@pytest.mark.parametrize(("span", "sign"), [(Span.DAY, 1), (Span.MONTH, -1)])
def test_every_label_of_the_largest_sums_fits_and_covers_no_other(
    code: str, span: Span, sign: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox

    drawn: list[tuple[str, Bbox]] = []
    save = Figure.savefig

    def measure(figure: Figure, *args: object, **options: object) -> None:
        save(figure, *args, **options)
        seen = [each for each in figure.findobj(Text) if each.get_visible() and each.get_text()]
        drawn.extend((each.get_text(), each.get_window_extent()) for each in seen)

    monkeypatch.setattr(Figure, "savefig", measure)
    languages = Languages.found()
    t = languages[code]
    chart(*largest(widest_currency(t), span, sign), t, languages["en"], dark=False)
    assert len(drawn) >= 20
    outside = [
        text for text, box in drawn if box.xmin < 0 or box.ymin < 0 or box.xmax > WIDTH_PX or box.ymax > HEIGHT_PX
    ]
    assert outside == []
    covered = [
        (one, other)
        for number, (one, box) in enumerate(drawn)
        for other, more in drawn[:number]
        if box.overlaps(more)
    ]
    assert covered == []


def test_charts_are_drawn_on_many_threads_and_none_is_kept() -> None:
    from matplotlib.figure import Figure

    pictures: list[bytes] = []
    wanted = draw("T", "n", (panel("1", "2"),), LABELS[:2], dark=False)
    threads = [
        threading.Thread(target=lambda: pictures.append(draw("T", "n", (panel("1", "2"),), LABELS[:2], dark=False)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert pictures == [wanted] * 6
    gc.collect()
    assert [each for each in gc.get_objects() if isinstance(each, Figure)] == []


def run(script: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_starting_the_shop_loads_no_drawing_library() -> None:
    script = """
import json, sys
import commands.serving
from bot_handlers import assembly, routes
from bot_handlers.screens import charts, reports
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
    assert not {"matplotlib", "numpy", "PIL"} & set(json.loads(run(script)))


def test_a_chart_leaves_nothing_behind_and_opens_no_window(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir(mode=0o500)
    temporary.mkdir()
    script = """
import os, sys
from decimal import Decimal
from bot_handlers.screens.charts import Panel, draw
draw("T", "n", (Panel("a", "b", (Decimal(1),), str),), ("x",), dark=True)
import matplotlib
print(os.path.commonpath([matplotlib.get_cachedir(), matplotlib.get_configdir(), os.environ["TMPDIR"]]))
print("matplotlib.pyplot" in sys.modules)
"""
    told = run(script, HOME=str(home), TMPDIR=str(temporary), MPLCONFIGDIR="")
    assert told.split() == [str(temporary), "False"]
    assert (list(home.iterdir()), list(temporary.iterdir())) == ([], [])
