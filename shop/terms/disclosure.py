"""The facts about this shop for the privacy policy and the terms of sale, read from its settings."""

from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from shop.settings.model import Settings
from shop.terms.operator import Operator, operator_of
from shop.terms.retention import Retention
from storage.models import DepositAddress, Invoice
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The facts behind the texts.

    `servers`: the host names that are asked about addresses; none if no chain is read. `provider`: who takes the
    coins, if not the shop.
    `stores_coins`: addresses of customers' payments in coins are stored, perhaps from before the shop took none.
    `uses_stars`: Telegram takes payments in Stars.
    `sends_backups`: encrypted copies go to the owners through Telegram; `off_site_copy`: and to another machine.
    `group`: the admins' notifications also go to a group.
    """

    operator: Operator
    retention: Retention
    servers: tuple[str, ...]
    provider: str
    stores_coins: bool
    uses_stars: bool
    sends_backups: bool
    off_site_copy: bool
    group: bool
    currency: str


def disclosure(
    settings: Settings, *, chains: Collection[Chain], provider: str = "", uses_stars: bool = False
) -> Disclosure:
    """Gather the facts; the operator's details, and whether any address is stored, are read from the open database.

    `chains`: those that are read.
    """
    return Disclosure(
        operator=operator_of(settings),
        retention=Retention.of(settings),
        servers=tuple(_hosts(settings, chains)),
        provider=provider,
        stores_coins=bool(chains or provider or any(each.select().exists() for each in (DepositAddress, Invoice))),
        uses_stars=uses_stars,
        sends_backups=settings.backup_to_owners and bool(settings.backup_every_hours),
        off_site_copy=bool(settings.backup_folder),
        group=bool(settings.notices_chat),
        currency=settings.currency,
    )


def _hosts(settings: Settings, chains: Collection[Chain]) -> list[str]:
    """List the hosts that are asked about addresses; Blockbook and price servers learn nothing about anyone."""
    asked = [url for chain in chains for url in settings.servers[chain]]
    if Chain.ETH in chains:
        asked.append(settings.ethplorer_url)
    return sorted({host for url in asked if (host := urlsplit(url).hostname)})
