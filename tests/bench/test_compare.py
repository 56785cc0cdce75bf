"""The benches' tools: rows survive being written, and a comparison marks what differs by more than noise."""

from pathlib import Path

import pytest

from tests.bench import compare
from tests.bench.__main__ import found, run
from tests.bench.rows import Bench, Row, read, table, took, write, yardstick_s

SLOW = {
    "storage": Bench(4.0, (Row("claim", 2.0, "ms", 0.5, "full", 10), Row("backup", 100, "ms", noise_percent=10))),
    "old": Bench(1.0, (Row("gone", 1.0, "s"),)),
}
FAST = {
    "storage": Bench(2.0, (Row("claim", 1.0, "ms", 0.5, "full", 10), Row("backup", 80, "ms", noise_percent=10))),
    "new": Bench(1.0, (Row("come", 3.0, "MB"),)),
}


def test_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    write(tmp_path / "build" / "bench.json", SLOW)
    assert read(tmp_path / "build" / "bench.json") == SLOW


def test_ratios_are_compared_if_both_runs_have_them_so_that_a_faster_machine_is_no_change() -> None:
    claim, backup, *_ = compare.changes(SLOW, FAST)
    assert (claim.percent, claim.is_beyond_noise) == (0, False)
    assert (backup.percent, backup.is_beyond_noise) == (pytest.approx(-20), True)


@pytest.mark.parametrize(("after", "beyond"), [(109, False), (111, True), (91, False), (89, True)])
def test_only_differences_beyond_noise_are_marked(after: float, beyond: bool) -> None:
    runs = [{"a": Bench(1, (Row("x", value, "ms", noise_percent=10),))} for value in (100, after)]
    [change] = compare.changes(*runs)
    assert change.is_beyond_noise is beyond
    assert compare.text_of([change]).splitlines()[1].startswith("*" if beyond else " ")


def test_ratios_to_different_yardsticks_are_not_compared() -> None:
    before, after = Row("x", 100, "ms", 1.0, "one", 10), Row("x", 100, "ms", 2.0, "another", 10)
    [change] = compare.changes({"a": Bench(1, (before,))}, {"a": Bench(1, (after,))})
    assert change.percent == 0


def test_a_figure_that_was_zero_has_no_change_in_percent() -> None:
    [change] = compare.changes({"a": Bench(1, (Row("x", 0, "MB"),))}, {"a": Bench(1, (Row("x", 5, "MB"),))})
    assert change.percent is None


def test_a_figure_in_only_one_run_is_listed_and_marked() -> None:
    once = {change.name: change for change in compare.changes(SLOW, FAST) if None in (change.before, change.after)}
    assert {name: change.is_beyond_noise for name, change in once.items()} == {"gone": True, "come": True}
    assert "== new\n* come" in compare.text_of([*once.values()])


def test_the_command_prints_two_files_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, results in (("a.json", SLOW), ("b.json", FAST)):
        write(tmp_path / name, results)
    compare.main([str(tmp_path / "a.json"), str(tmp_path / "b.json")])
    assert "* backup" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="Name two files"):
        compare.main(["a.json"])


def test_every_bench_is_found_and_one_that_only_prints_has_no_rows() -> None:
    assert {"storage", "updates", "watch"} <= set(found())
    assert "rows" not in found()
    assert run(lambda: None, full=True).rows == ()


@pytest.mark.parametrize("full", [True, False])
def test_a_bench_with_two_sizes_is_told_which(full: bool) -> None:
    def main(*, full: bool) -> list[Row]:
        return [Row("size", 100 if full else 1, "")]

    assert run(main, full=full).rows[0].value == (100 if full else 1)


def test_a_time_has_its_ratio_to_the_yardstick_of_the_run() -> None:
    row = took("signed", 2 * yardstick_s(), unit="ms")
    assert (row.ratio, row.value) == (2, pytest.approx(2_000 * yardstick_s()))
    assert "x2 of" in table([row])
