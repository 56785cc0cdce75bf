"""Compare two runs of the benches: what changed, and what changed by more than noise.

python -m tests.bench.compare A.json B.json
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.rows import Bench, Row, read


@dataclass(frozen=True, slots=True)
class Change:
    """A figure that appears in the first run, the second, or both."""

    bench: str
    name: str
    before: Row | None
    after: Row | None

    @property
    def percent(self) -> float | None:
        """Return the change in percent, of the ratios to the yardstick if both runs have them, otherwise of the
        values.
        """
        if self.before is None or self.after is None:
            return None
        of_ratios = (self.before.ratio, self.after.ratio)
        is_alike = self.before.yardstick == self.after.yardstick and None not in of_ratios
        before, after = of_ratios if is_alike else (self.before.value, self.after.value)
        return None if not before or after is None else 100 * (after / before - 1)

    @property
    def is_beyond_noise(self) -> bool:
        """Return whether the figure is in one run only, or changed by more than the noise of either run."""
        if self.before is None or self.after is None:
            return True
        noise = max(self.before.noise_percent, self.after.noise_percent)
        return self.percent is not None and abs(self.percent) > noise


def changes(before: Mapping[str, Bench], after: Mapping[str, Bench]) -> list[Change]:
    """Pair the rows of two runs by bench and name, in the first run's order."""
    tables = [
        {(bench, row.name): row for bench, found in run.items() for row in found.rows} for run in (before, after)
    ]
    return [Change(*place, tables[0].get(place), tables[1].get(place)) for place in {**tables[0], **tables[1]}]


def text_of(found: list[Change]) -> str:
    """Write a line for each figure; `*` marks changes beyond noise."""
    lines, bench = [], ""
    for change in found:
        if change.bench != bench:
            bench = change.bench
            lines.append(f"== {bench}")
        row = change.after or change.before
        percent = "" if change.percent is None else f"{change.percent:+9.1f} %"
        mark = "*" if change.is_beyond_noise else " "
        unit = row.unit if row is not None else ""
        lines.append(
            f"{mark} {change.name:48s}{_value(change.before)}{_value(change.after)} {unit:10s}{percent}".rstrip()
        )
    return "\n".join(lines)


def _value(row: Row | None) -> str:
    return f"{'-':>14s}" if row is None else f"{row.value:14,.2f}"


def main(arguments: list[str]) -> None:
    """Print the comparison."""
    if len(arguments) != 2:
        raise SystemExit("Name two files: python -m tests.bench.compare A.json B.json")
    before, after = (read(Path(name)) for name in arguments)
    print(text_of(changes(before, after)))
    print("Changes are of the ratios where there are some. * differs by more than two runs of the same code do.")


if __name__ == "__main__":
    main(sys.argv[1:])
