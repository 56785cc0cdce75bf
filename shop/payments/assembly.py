"""Assembly of payments: wallet, chains, rates, deposits, and their jobs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shop.assets import ASSETS
from shop.chains.finality import FinalityPolicy
from shop.chains.registry import Registry
from shop.chains.transfers import BalanceReader, ChainReader
from shop.context import Context
from shop.jobs import Job, Runner
from shop.ledger import Follower
from shop.money import Money, exponent
from shop.payments.addresses import DepositAddresses, open_wallet, watched_chains
from shop.payments.deposits import Deposits, Watcher
from shop.payments.invoices import Invoices
from shop.payments.outages import Outage
from shop.payments.payment_checks import THREADS, PaymentChecks
from shop.payments.provider import PaymentProvider
from shop.payments.rates import Rates
from shop.payments.star_approvals import StarApprovals
from shop.payments.star_books import StarBooks
from shop.payments.star_refunds import StarRefunds
from shop.payments.stars import Stars
from shop.payments.store_mode import StoreMode
from shop.payments.top_up_screens import TopUpScreens
from shop.payments.top_ups import TopUps
from shop.payments.unattributed import LOOK_EVERY_S, UnattributedFunds
from shop.payments.valuation import Valuation
from shop.payments.watch import ChainWatch, WatchPace
from shop.payments.witnesses import Witnesses
from shop.settings.model import Settings
from storage.database import Database
from storage.models.address_list import used_chains
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Intervals of jobs in seconds, and messages of an announcement per second.

    Telegram accepts about 30 messages a second from a bot (Bots FAQ, “How can I message all of my bot's
    subscribers”): the rest is for letters and screens. `monotonic` counts seconds and never goes back.
    """

    pace: WatchPace = field(default_factory=WatchPace)
    scan_at_most: int = 86_400
    check_credited: int = 60
    unseen: int = 21_600
    prices: int = 60
    invoices: int = 5
    orphan_after: int = 600
    sweeps: int = 5
    announcements_a_second: int = 25
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Payments:
    """Everything about incoming payments. `invoices` is None without a payment provider."""

    top_ups: TopUps
    screens: TopUpScreens
    payment_checks: PaymentChecks
    invoices: Invoices | None
    deposits: Deposits
    rates: Rates
    no_rates: Outage
    watches: tuple[ChainWatch, ...]
    unseen: tuple[UnattributedFunds, ...]
    stars: Stars
    star_refunds: StarRefunds
    star_books: StarBooks

    @property
    def store_mode(self) -> StoreMode:
        """Return how customers can pay at the moment."""
        return self.stars.store_mode

    @property
    def chains(self) -> frozenset[Chain]:
        """The chains that are read."""
        return frozenset(watch.chain for watch in self.watches)

    @property
    def delayed(self) -> tuple[str, ...]:
        """Name what does not answer at the moment: chains, the payment provider, `rates`."""
        chains = tuple(watch.chain.value for watch in self.watches if watch.delayed)
        provider = (self.invoices.outage.name,) if self.invoices is not None and self.invoices.delayed else ()
        return (*chains, *provider, *((self.no_rates.name,) if self.no_rates.lasts else ()))

    def refresh_rates(self) -> None:
        """Fetch the rates; admins are notified if one stays unreliable."""
        self.rates.refresh()
        untrusted = self.rates.untrusted()
        if untrusted:
            self.no_rates.failed("no rate of " + ", ".join(untrusted))
        else:
            self.no_rates.answered()


def build(
    context: Context,
    registry: Registry,
    followers: tuple[Follower, ...],
    *,
    watchers: tuple[Watcher, ...],
    provider: PaymentProvider | None,
    rhythm: Rhythm,
    followers_of_stars: tuple[Follower, ...] = (),
) -> Payments:
    """Build payments on an open database. With a `provider`, customers pay its invoices.

    Stars have separate followers: a payment that can be reversed earns nobody a bonus.

    Raises:
        WalletMismatch: the configured mnemonic is not the stored one.
        wallet.errors.WalletError: the wallet's settings make no wallet.
    """
    policy, wallet = finality_policy(context.settings), open_wallet(context.settings, context.database)
    readers = _readers(context.settings, registry)
    watched = tuple(asset for asset in ASSETS.values() if asset.chain in readers)
    price_ids = tuple(sorted({asset.price_id for asset in watched}))
    rates = Rates(context, tuple(registry.price_sources()), price_ids)
    addresses = DepositAddresses(context, wallet.keyring, wallet.chains)
    witnesses = Witnesses(context, readers)
    valuation = Valuation(context, rates)
    deposits = Deposits(context, valuation, policy, followers, rhythm.orphan_after, witnesses, watchers)
    watches = tuple(ChainWatch(context, reader, deposits, rhythm.pace) for reader in readers.values())
    payable = tuple(asset for asset in watched if asset.chain in wallet.chains)
    stars = Stars(context, StoreMode(context), StarApprovals(context.monotonic), followers_of_stars)
    refunds = StarRefunds(context, stars)
    top_ups = TopUps(context, addresses, valuation, policy, payable, watches)
    invoices = None if provider is None else _invoices(context, provider, followers)
    return Payments(
        top_ups=top_ups,
        screens=TopUpScreens(context, top_ups, invoices),
        payment_checks=PaymentChecks(context, top_ups, addresses, deposits, {each.chain: each for each in watches}),
        invoices=invoices,
        deposits=deposits,
        rates=rates,
        no_rates=Outage(context, "rates"),
        watches=watches,
        unseen=_unseen(context, watches, rhythm),
        stars=stars,
        star_refunds=refunds,
        star_books=StarBooks(context, stars, refunds),
    )


def _readers(settings: Settings, registry: Registry) -> dict[Chain, ChainReader]:
    watched = watched_chains(settings, used=used_chains())
    return {chain: reader for chain, reader in registry.readers().items() if chain in watched}


def _unseen(context: Context, watches: tuple[ChainWatch, ...], rhythm: Rhythm) -> tuple[UnattributedFunds, ...]:
    return tuple(
        UnattributedFunds(context, watch.reader, watch, rhythm.unseen)
        for watch in watches
        if isinstance(watch.reader, BalanceReader)
    )


def _invoices(context: Context, provider: PaymentProvider, followers: tuple[Follower, ...]) -> Invoices:
    invoices = Invoices(context, provider, followers)
    invoices.report_to(context.settings.public_url)
    return invoices


def runners(payments: Payments, database: Database, rhythm: Rhythm) -> tuple[Runner, ...]:
    """Build the threads: one for prices, one for each chain, two for look-ups of customers, one for invoices."""
    threads: dict[str, tuple[Job, ...]] = {"prices": (Job("prices", rhythm.prices, payments.refresh_rates),)}
    for watch in payments.watches:
        threads[f"chain-{watch.chain.value}"] = (
            Job("look", rhythm.pace.look_s, watch.look),
            # Its name is a label of metrics.
            Job("sweep", min(watch.scan_every_s, rhythm.scan_at_most), watch.scan),
            Job("check credited", rhythm.check_credited, watch.check_credited),
            *(
                Job("coins without a transfer", min(LOOK_EVERY_S, rhythm.unseen), each.look)
                for each in payments.unseen
                if each.chain is watch.chain
            ),
        )
    for number in range(1, THREADS + 1):
        threads[f"look-ups-{number}"] = (Job("look-ups", 1, payments.payment_checks.run, endless=True),)
    if payments.invoices is not None:
        threads["invoices"] = (
            Job("ask about invoices", rhythm.invoices, payments.invoices.poll),
            Job("coins of the provider", 3_600, payments.invoices.refresh_assets),
        )
    return tuple(
        Runner(name, jobs, let_go=database.release_thread, monotonic=rhythm.monotonic)
        for name, jobs in threads.items()
    )


def finality_policy(settings: Settings) -> FinalityPolicy:
    """Read the rules of finality from the settings."""
    scale = 10 ** exponent(settings.currency)
    small, large = (Money(limit * scale, settings.currency) for limit in settings.finality_limits)
    return FinalityPolicy(
        small=small,
        large=large,
        rules={Chain(ticker): rules for ticker, rules in settings.finality_rules.items()},
    )
