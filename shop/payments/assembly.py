"""Payments put together: wallet, chains, rates, deposits, and the jobs that watch them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from shop.assets import ASSETS, Asset
from shop.chains.finality import FinalityPolicy
from shop.chains.kryptoexpress import KryptoExpress
from shop.chains.registry import Registry
from shop.chains.transfers import ChainReader
from shop.jobs import Job, Runner
from shop.ledger import Crediting
from shop.money import Money, exponent
from shop.outbox import Outbox
from shop.payments.addresses import DepositAddresses, open_wallet
from shop.payments.deposits import Deposits
from shop.payments.invoices import NAME as PROVIDER
from shop.payments.invoices import Invoices
from shop.payments.outages import Outage
from shop.payments.rates import Rates
from shop.payments.top_ups import PaymentChecks, TopUps
from shop.payments.watch import BalanceReader, ChainWatch, UnattributedFunds, WatchPace
from shop.settings import Settings
from storage.database import Database
from storage.models import DepositAddress
from wallet.chains import Chain


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often things run, in seconds; and how many messages of an announcement go out a second.

    Telegram takes about 30 a second of a bot (Bots FAQ, “How can I message all of my bot's subscribers”): letters and
    screens have the rest. `monotonic` counts seconds and never goes back.
    """

    pace: WatchPace = field(default_factory=WatchPace)
    sweep_at_most: int = 86_400
    check_credited: int = 900
    unseen: int = 21_600
    prices: int = 60
    invoices: int = 5
    orphan_after: int = 600
    announcements_a_second: int = 25
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Payments:
    """What brings money in. `invoices` is there when a payment provider takes the payments."""

    top_ups: TopUps
    payment_checks: PaymentChecks
    invoices: Invoices | None
    deposits: Deposits
    rates: Rates
    no_rates: Outage
    watches: tuple[ChainWatch, ...]
    unseen: tuple[UnattributedFunds, ...]

    @property
    def delayed(self) -> tuple[str, ...]:
        """Name who does not answer at the moment: chains, the payment provider, `rates`."""
        chains = tuple(watch.chain.value for watch in self.watches if watch.delayed)
        provider = (PROVIDER,) if self.invoices is not None and self.invoices.delayed else ()
        return (*chains, *provider, *((self.no_rates.name,) if self.no_rates.lasts else ()))

    def refresh_rates(self) -> None:
        """Ask for the rates; the admins are told when one that cannot be trusted stays so."""
        self.rates.refresh()
        untrusted = self.rates.untrusted()
        if untrusted:
            self.no_rates.failed("no rate of " + ", ".join(untrusted))
        else:
            self.no_rates.answered()


def build(
    settings: Settings,
    database: Database,
    outbox: Outbox,
    registry: Registry,
    crediting: Crediting,
    *,
    provider: KryptoExpress | None,
    clock: Callable[[], int],
    rhythm: Rhythm,
) -> Payments:
    """Build it on an open database. Where a payment provider is handed in, it takes the payments.

    Raises:
        WalletMismatch: the configured mnemonic is not the stored one.
        wallet.errors.WalletError: what the wallet is to be made of is none.
    """
    currency, policy, wallet = settings.currency, finality_policy(settings), open_wallet(settings, database)
    readers = registry.readers()
    if provider is not None:  # what was shown to somebody before is watched for ever
        readers = {chain: reader for chain, reader in readers.items() if DepositAddress.all_of(chain.value)}
    watched = [asset for asset in ASSETS.values() if asset.chain in readers]
    rates = _rates(settings, registry, watched, clock=clock, monotonic=rhythm.monotonic)
    addresses = DepositAddresses(database, wallet.keyring, outbox, chains=wallet.chains, clock=clock)
    deposits = Deposits(
        database, rates, policy, outbox, crediting, clock=clock, currency=currency, orphan_after_s=rhythm.orphan_after
    )
    watches = tuple(
        ChainWatch(reader, deposits, database, outbox, clock=clock, pace=rhythm.pace) for reader in readers.values()
    )
    top_ups = TopUps(
        database,
        addresses,
        rates,
        policy,
        delayed=lambda: frozenset(watch.chain for watch in watches if watch.delayed),
        clock=clock,
        assets=tuple(asset.code for asset in watched if asset.chain in wallet.chains),
        currency=currency,
        lock_s=settings.rate_lock_minutes * 60,
    )
    checks = PaymentChecks(top_ups, addresses, deposits, watches, clock=clock)
    invoices = _invoices(settings, database, outbox, crediting, provider=provider, clock=clock)
    unseen = _unseen(readers, watches, database, outbox)
    no_rates = Outage("rates", database, outbox, clock=clock)
    return Payments(top_ups, checks, invoices, deposits, rates, no_rates, watches, unseen)


def _rates(
    settings: Settings,
    registry: Registry,
    watched: list[Asset],
    *,
    clock: Callable[[], int],
    monotonic: Callable[[], float],
) -> Rates:
    return Rates(
        registry.price_sources(),
        price_ids=sorted({asset.price_id for asset in watched}),
        currency=settings.currency,
        needed=settings.price_sources_needed,
        clock=clock,
        monotonic=monotonic,
    )


def runners(payments: Payments, database: Database, rhythm: Rhythm) -> tuple[Runner, ...]:
    """Build what runs by itself: a thread for the prices, one for each chain, one for invoices."""
    prices = Runner("prices", (Job("prices", rhythm.prices, payments.refresh_rates),), let_go=database.release_thread)
    chains = (
        Runner(
            f"chain-{watch.chain.value}",
            (
                Job("look", rhythm.pace.look_s, watch.look),
                Job("sweep", min(watch.sweep_every_s, rhythm.sweep_at_most), watch.sweep),
                Job("check credited", rhythm.check_credited, watch.check_credited),
                *(
                    Job("coins without a transfer", rhythm.unseen, each.look)
                    for each in payments.unseen
                    if each.chain is watch.chain
                ),
            ),
            let_go=database.release_thread,
        )
        for watch in payments.watches
    )
    return (prices, *chains, *_invoice_runners(payments.invoices, database, rhythm))


def finality_policy(settings: Settings) -> FinalityPolicy:
    """Read the rules of finality from the settings."""
    scale = 10 ** exponent(settings.currency)
    small, large = (Money(limit * scale, settings.currency) for limit in settings.finality_limits)
    return FinalityPolicy(
        small=small,
        large=large,
        rules={
            Chain.BTC: settings.btc_finality,
            Chain.LTC: settings.ltc_finality,
            Chain.ETH: settings.eth_finality,
            Chain.TRX: settings.tron_finality,
            Chain.SOL: settings.sol_finality,
        },
    )


def _unseen(
    readers: Mapping[Chain, ChainReader], watches: tuple[ChainWatch, ...], database: Database, outbox: Outbox
) -> tuple[UnattributedFunds, ...]:
    both = zip(readers.values(), watches, strict=True)
    return tuple(
        UnattributedFunds(reader, watch, database, outbox)
        for reader, watch in both
        if isinstance(reader, BalanceReader)
    )


def _invoices(
    settings: Settings,
    database: Database,
    outbox: Outbox,
    crediting: Crediting,
    *,
    provider: KryptoExpress | None,
    clock: Callable[[], int],
) -> Invoices | None:
    if provider is None:
        return None
    secret = settings.krypto_express_api_secret.get_secret_value()
    invoices = Invoices(database, provider, outbox, crediting, clock=clock, currency=settings.currency, secret=secret)
    invoices.report_to(settings.public_url)
    return invoices


def _invoice_runners(invoices: Invoices | None, database: Database, rhythm: Rhythm) -> tuple[Runner, ...]:
    if invoices is None:
        return ()
    jobs = (
        Job("ask about invoices", rhythm.invoices, invoices.poll),
        Job("coins of the provider", 3_600, invoices.refresh_assets),
    )
    return (Runner("invoices", jobs, let_go=database.release_thread),)
