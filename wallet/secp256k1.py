"""Public keys on secp256k1 (SEC 2, section 2.4.1): by libsecp256k1 where `coincurve` is installed, else in Python.

A point is its uncompressed SEC 1 encoding: 04, x, y, 65 bytes. Both ways compute the same bytes.
The pure way is not constant-time, as no Python arithmetic is; who shares a machine with strangers installs coincurve.
"""

from collections.abc import Iterable
from functools import cache
from typing import Protocol

from ecdsa.ecdsa import generator_secp256k1
from ecdsa.numbertheory import SquareRootError, square_root_mod_prime

from wallet.errors import InvalidPoint

P: int = int(generator_secp256k1.curve().p())
N: int = int(generator_secp256k1.order())
G: tuple[int, int] = (int(generator_secp256k1.x()), int(generator_secp256k1.y()))

WINDOW_BITS = 7
WINDOWS = 37  # 259 bits: a scalar and the carry of its signed digits
HALF = 1 << WINDOW_BITS - 1

Affine = tuple[int, int]
Jacobian = tuple[int, int, int]  # x = X/Z², y = Y/Z³
INFINITY: Jacobian = (1, 1, 0)


class Curve(Protocol):
    """The two multiplications that derivation needs."""

    def public_key(self, private_key: bytes) -> bytes:
        """Compute point(k) = k·G."""

    def add_multiple(self, point: bytes, scalar: bytes) -> bytes:
        """Compute point + scalar·G."""


@cache
def curve() -> Curve:
    """Choose the fastest way that is installed."""
    try:
        return LibSecp256k1()
    except ImportError:
        return PurePython()


def public_key(private_key: bytes) -> bytes:
    """Compute the point of a private key, 32 bytes between 1 and n-1 (BIP-32's point(p)).

    Raises: InvalidPoint for a key outside that range.
    """
    return curve().public_key(private_key)


def add_multiple(point: bytes, scalar: bytes) -> bytes:
    """Compute point + scalar·G, the step of CKDpub.

    Raises: InvalidPoint when the scalar is not below n or the sum is the point at infinity.
    """
    return curve().add_multiple(point, scalar)


def parse(public_key: bytes) -> bytes:
    """Read a public key of 33 or 65 bytes as a point, and check that it is on the curve.

    Raises: InvalidPoint.
    """
    if len(public_key) != 65:
        return decompress(public_key)
    x, y = _from_bytes(public_key)
    if public_key[0] != 4 or max(x, y) >= P or not generator_secp256k1.curve().contains_point(x, y):
        raise InvalidPoint
    return public_key


def compress(point: bytes) -> bytes:
    """Write serP(P): 02 or 03 by the parity of y, then x (SEC 1, section 2.3.3)."""
    return bytes([2 + (point[-1] & 1)]) + point[1:33]


def decompress(compressed: bytes) -> bytes:
    """Read 02 or 03 and x, and compute y (SEC 1, section 2.3.4).

    Raises: InvalidPoint.
    """
    x = int.from_bytes(compressed[1:])
    if len(compressed) != 33 or compressed[0] not in {2, 3} or x >= P:
        raise InvalidPoint
    try:
        y = int(square_root_mod_prime((x * x * x + 7) % P, P))
    except SquareRootError:
        raise InvalidPoint from None
    return _to_bytes((x, y if y & 1 == compressed[0] & 1 else P - y))


class LibSecp256k1:
    """libsecp256k1 by way of coincurve."""

    def __init__(self) -> None:
        from coincurve import PublicKey

        self._key = PublicKey

    def public_key(self, private_key: bytes) -> bytes:
        """Compute point(k) = k·G."""
        try:
            return bytes(self._key.from_valid_secret(private_key).format(compressed=False))
        except ValueError:
            raise InvalidPoint from None

    def add_multiple(self, point: bytes, scalar: bytes) -> bytes:
        """Compute point + scalar·G."""
        try:
            return bytes(self._key(point).add(scalar).format(compressed=False))
        except ValueError:
            raise InvalidPoint from None


class PurePython:
    """k·G from a table of multiples of G: one addition per window of the scalar, no doublings.

    The table holds d·2^(7w)·G for every window w and every d from 1 to 64: signed digits halve it.
    """

    def __init__(self) -> None:
        self._table: list[list[Affine]] = []

    def public_key(self, private_key: bytes) -> bytes:
        """Compute point(k) = k·G."""
        scalar = int.from_bytes(private_key)
        if not 0 < scalar < N:
            raise InvalidPoint
        return _to_bytes(self._multiply(scalar))

    def add_multiple(self, point: bytes, scalar: bytes) -> bytes:
        """Compute point + scalar·G."""
        if not any(scalar):
            return point
        return _to_bytes(_add(_from_bytes(point), _from_bytes(self.public_key(scalar))))

    def _multiply(self, scalar: int) -> Affine:
        table = self._table or self._build()
        total: Jacobian = INFINITY
        for row, digit in zip(table, _signed_digits(scalar), strict=True):
            if digit:
                x, y = row[abs(digit) - 1]
                step = (x, y) if digit > 0 else (x, P - y)
                total = _add_mixed(total, step) if total[2] else (*step, 1)
        return _to_affine(total)

    def _build(self) -> list[list[Affine]]:
        bases = [G]
        for _ in range(WINDOWS - 1):
            bases.append(_double_often(bases[-1], WINDOW_BITS))
        columns = [bases, [_double_often(base, 1) for base in bases]]
        while len(columns) < HALF:
            columns.append(_add_pairs(columns[-1], bases))
        self._table = [list(row) for row in zip(*columns, strict=True)]
        return self._table


def _signed_digits(scalar: int) -> Iterable[int]:
    """Cut a scalar below 2^256 into windows, lowest first, each digit from -63 to 64."""
    for _ in range(WINDOWS):
        digit = scalar & 2 * HALF - 1
        if digit > HALF:
            digit -= 2 * HALF
        yield digit
        scalar = scalar - digit >> WINDOW_BITS


def _add_mixed(p: Jacobian, q: Affine) -> Jacobian:
    """Add an affine point (Cohen, Miyaji, Ono 1998: 8M+3S).

    Equal or opposite points cannot meet here: what lower windows sum to is less than one step of the next, and a
    step that wraps around n would need a scalar of n or more.
    """
    x1, y1, z1 = p
    x2, y2 = q
    zz = z1 * z1 % P
    h = (x2 * zz - x1) % P
    r = (y2 * zz % P * z1 - y1) % P
    hh = h * h % P
    v = x1 * hh % P
    hhh = hh * h % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def _to_affine(p: Jacobian) -> Affine:
    x, y, z = p
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return x * square % P, y * square * inverse % P


def _add(p: Affine, q: Affine) -> Affine:
    """Add any two points by the textbook's chord or tangent (SEC 1, section 2.2.1)."""
    if p == q:
        return _double_often(p, 1)
    if p[0] == q[0]:
        raise InvalidPoint
    return _chord(p, q, pow(q[0] - p[0], -1, P))


def _chord(p: Affine, q: Affine, inverse: int) -> Affine:
    slope = (q[1] - p[1]) * inverse % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def _double_often(p: Affine, times: int) -> Affine:
    for _ in range(times):
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, P) % P
        x = (slope * slope - 2 * p[0]) % P
        p = (x, (slope * (p[0] - x) - p[1]) % P)
    return p


def _add_pairs(left: list[Affine], right: list[Affine]) -> list[Affine]:
    """Add points pairwise with a single inversion for all of them (Montgomery's trick)."""
    products = [1]
    for p, q in zip(left, right, strict=True):
        products.append(products[-1] * (q[0] - p[0]) % P)
    inverse = pow(products[-1], -1, P)
    sums = []
    for p, q, product in zip(reversed(left), reversed(right), reversed(products[:-1]), strict=True):
        sums.append(_chord(p, q, inverse * product % P))
        inverse = inverse * (q[0] - p[0]) % P
    return sums[::-1]


def _to_bytes(point: Affine) -> bytes:
    return b"\x04" + point[0].to_bytes(32) + point[1].to_bytes(32)


def _from_bytes(point: bytes) -> Affine:
    return int.from_bytes(point[1:33]), int.from_bytes(point[33:])
