"""Everything that is measured, one table after the other: make bench."""

import time

from tests.bench import (
    bench_accounts,
    bench_books,
    bench_endurance,
    bench_growth,
    bench_headers,
    bench_plans,
    bench_signing,
    bench_storage,
    bench_updates,
    bench_wallet,
    bench_watch,
)

BENCHES = {
    "updates": bench_updates.main,
    "endurance": bench_endurance.main,
    "storage": bench_storage.main,
    "books": bench_books.main,
    "growth": bench_growth.main,
    "wallet": bench_wallet.main,
    "accounts": bench_accounts.main,
    "headers": bench_headers.main,
    "signing": bench_signing.main,
    "plans": bench_plans.main,
    "watching": bench_watch.main,
}

for name, bench in BENCHES.items():
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    bench()
    print(f"({time.monotonic() - started:.0f} s)", flush=True)
