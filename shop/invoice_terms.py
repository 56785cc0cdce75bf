"""What counts of a provider's payment: whether it can be shown, whether it is still the same, when to ask again."""

from decimal import Decimal, localcontext

from shop.assets import Asset
from shop.chains.kryptoexpress import KryptoPayment
from shop.money import Money
from storage.models import Invoice
from wallet.addresses import validate
from wallet.errors import InvalidAddress

FRESH_S = 900
FOLLOW_S = 86_400
"""How long after its expiry the provider is still asked about an invoice; a callback counts for ever."""
_LONGEST_LIFE_S = 30 * 86_400


def can_be_shown(payment: KryptoPayment, asset: Asset, asked: Money, *, now: int) -> bool:
    """Tell whether a fresh payment is what was asked for: this sum, unpaid, with an address of the coin's chain."""
    try:
        validate(asset.chain, payment.address)
    except InvalidAddress:
        return False
    amount = payment.crypto_amount
    lives_s = payment.expires_at - now
    return (
        payment.fiat_amount == asked.decimal
        and not payment.is_paid
        and amount is not None
        and amount > 0
        and 0 < lives_s <= _LONGEST_LIFE_S
        and payment.id < 2**63
    )


def differences(row: Invoice, payment: KryptoPayment, asked: Money) -> list[str]:
    """Name what the provider says otherwise than when the invoice was opened."""
    pairs = {
        "id": (payment.id, row.payment_id),
        "address": (payment.address, row.address),
        "coin": (payment.crypto_currency, row.asset),
        "currency": (payment.fiat_currency, asked.currency),
        "sum": (payment.fiat_amount, asked.decimal),
    }
    return [name for name, (now, then) in pairs.items() if now != then]


def units_of(coins: Decimal | None, asset: Asset, *, rounding: str) -> int:
    """Turn whole coins into base units, exactly where the coin has that many decimals."""
    with localcontext() as context:
        context.prec = 200
        return int((coins or Decimal(0)).scaleb(asset.decimals).to_integral_value(rounding=rounding))


def next_check(row: Invoice, now: int) -> int | None:
    """Say when to ask again: every 10 s at first, each minute until it expires, then less, then never."""
    if now < row.expires_at:
        wait_s = 10 if now - row.created_at < FRESH_S else 60
        return int(min(now + wait_s, row.expires_at))
    late_s = now - row.expires_at
    if late_s >= FOLLOW_S:
        return None
    return now + (120 if late_s < FRESH_S * 4 else 900)
