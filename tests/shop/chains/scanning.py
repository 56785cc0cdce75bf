"""Run a reader's scans one after another, as a watch does, until it has caught up."""

from collections.abc import Sequence
from typing import Any

from shop.chains.transfers import Transfer

MOST_SCANS = 400


def scan_to_head(reader: Any, addresses: Sequence[str], cursor: str | None) -> tuple[list[Transfer], str]:
    """Return every transfer that is found, and the cursor at the head."""
    found: list[Transfer] = []
    for _ in range(MOST_SCANS):
        scan = reader.scan(addresses, cursor)
        found += scan.transfers
        cursor = scan.cursor
        if not scan.behind:
            return found, cursor
    raise AssertionError("the scan never reaches the head")
