"""Run all benches and write one table and build/bench.json.

python -m tests.bench [--full] [NAME …]
"""

import argparse
import importlib
import inspect
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from tests.bench.rows import Bench, Row, table, write

_FOLDER = Path(__file__).parent
_RESULTS = Path("build/bench.json")


def found() -> dict[str, ModuleType]:
    """Import the benches in this folder; a module without `main` is only part of another."""
    names = sorted(file.stem for file in _FOLDER.glob("bench_*.py"))
    modules = {name.removeprefix("bench_"): importlib.import_module(f"tests.bench.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "main")}


def run(main: Callable[..., list[Row] | None], *, full: bool) -> Bench:
    """Run a bench at its small or full size; one that returns no rows has only printed."""
    takes_full = "full" in inspect.signature(main).parameters
    before = os.times()
    rows = main(full=full) if takes_full else main()
    used = sum(os.times()[:4]) - sum(before[:4])
    return Bench(round(used, 1), tuple(rows or ()))


def run_all(benches: dict[str, ModuleType], *, full: bool) -> dict[str, Bench]:
    """Run benches one after another, and print how long each takes."""
    results = {}
    for name, module in benches.items():
        print(f"\n== {name}", flush=True)
        begun = time.monotonic()
        results[name] = run(module.main, full=full)
        print(f"({time.monotonic() - begun:.0f} s, of a processor {results[name].processor_s:.0f} s)", flush=True)
    return results


def main() -> None:
    """Run the named benches, or all of them."""
    benches = found()
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(benches)}; none: all of them")
    parser.add_argument("--full", action="store_true", help="at full size: 100 000 updates and customers")
    parser.add_argument("--out", type=Path, default=_RESULTS, help="where the results go")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(benches):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    print(f"{os.cpu_count()} processors; load of this machine before: {os.getloadavg()[0]:.2f}")
    results = run_all({name: benches[name] for name in asked.names or benches}, full=asked.full)
    print()
    for name, bench in results.items():
        if bench.rows:
            print(f"{name}\n{table(bench.rows)}")
    write(asked.out, results)
    print(f"\nOf a processor {sum(bench.processor_s for bench in results.values()):.0f} s; written to {asked.out}")


if __name__ == "__main__":
    main()
