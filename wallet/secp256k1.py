"""Public keys on secp256k1 (SEC 2, section 2.4.1): by libsecp256k1 if `coincurve` is installed, otherwise in Python.

A point is its uncompressed SEC 1 encoding: 04, x, y, 65 bytes. Both ways compute the same bytes.
The Python version is not constant-time, as no Python arithmetic is: on a machine that you share with strangers,
install coincurve.
"""

from functools import cache, reduce

from ecdsa.ecdsa import generator_secp256k1
from ecdsa.numbertheory import SquareRootError, square_root_mod_prime

from wallet.errors import InvalidPoint

P: int = int(generator_secp256k1.curve().p())
N: int = int(generator_secp256k1.order())
G: tuple[int, int] = (int(generator_secp256k1.x()), int(generator_secp256k1.y()))

SCALAR_BYTES = 32
WINDOW_BITS = 6
WINDOWS = 43  # 258 bits hold any scalar

Affine = tuple[int, int]
Jacobian = tuple[int, int, int]  # x = X/Z², y = Y/Z³


def public_key(private_key: bytes) -> bytes:
    """Compute the point of a private key (BIP-32's point(p)). Raises: InvalidPoint."""
    return curve().public_key(private_key)


def add_multiple(point: bytes, scalar: bytes) -> bytes:
    """Compute point + scalar·G, the step of CKDpub.

    Raises: InvalidPoint if the point is not 65 bytes and on the curve, the scalar is not 32 bytes below n, or the
        sum is the point at infinity.
    """
    return curve().add_multiple(point, scalar)


def parse(public_key: bytes) -> bytes:
    """Read a public key of 33 or 65 bytes as a point, and check that it is on the curve. Raises: InvalidPoint."""
    return decompress(public_key) if len(public_key) == 33 else _to_bytes(_from_bytes(public_key))


def compress(point: bytes) -> bytes:
    """Write serP(P): 02 or 03 by the parity of y, then x (SEC 1, section 2.3.3)."""
    return bytes([2 + (point[-1] & 1)]) + point[1:33]


def decompress(compressed: bytes) -> bytes:
    """Read 02 or 03 and x, and compute y (SEC 1, section 2.3.4). Raises: InvalidPoint."""
    x = int.from_bytes(compressed[1:])
    if len(compressed) != 33 or compressed[0] not in {2, 3} or x >= P:
        raise InvalidPoint
    try:
        y = int(square_root_mod_prime((x * x * x + 7) % P, P))
    except SquareRootError:
        raise InvalidPoint from None
    return _to_bytes((x, y if y & 1 == compressed[0] & 1 else P - y))


class LibSecp256k1:
    """libsecp256k1 through coincurve, which itself would read past a short key and accept other forms of a point."""

    def __init__(self) -> None:
        from coincurve import PublicKey

        self._key = PublicKey

    def public_key(self, private_key: bytes) -> bytes:
        """Compute point(k) = k·G."""
        if len(private_key) != SCALAR_BYTES:
            raise InvalidPoint
        try:
            return bytes(self._key.from_valid_secret(private_key).format(compressed=False))
        except ValueError:
            raise InvalidPoint from None

    def add_multiple(self, point: bytes, scalar: bytes) -> bytes:
        """Compute point + scalar·G."""
        if len(point) != 65 or point[0] != 4 or len(scalar) != SCALAR_BYTES:
            raise InvalidPoint
        try:
            return bytes(self._key(point).add(scalar).format(compressed=False))
        except ValueError:
            raise InvalidPoint from None


class PurePython:
    """k·G from a table of multiples of G: one addition per window of the scalar, no doublings.

    The table holds d·2^(6w)·G for every window w and every d from 1 to 63.
    """

    def __init__(self) -> None:
        self._table: list[tuple[Affine, ...]] = []

    def public_key(self, private_key: bytes) -> bytes:
        """Compute point(k) = k·G."""
        if not any(private_key):
            raise InvalidPoint
        return _to_bytes(self._multiply(private_key))

    def add_multiple(self, point: bytes, scalar: bytes) -> bytes:
        """Compute point + scalar·G."""
        start = _from_bytes(point)
        if len(scalar) == SCALAR_BYTES and not any(scalar):
            return point
        return _to_bytes(_add(start, self._multiply(scalar)))

    def _multiply(self, number: bytes) -> Affine:
        """Add up the table's points for the digits of a scalar.

        All summands hold different digits of one scalar below n, so no two are equal and no two are opposite.
        """
        scalar = int.from_bytes(number)
        if len(number) != SCALAR_BYTES or scalar >= N:
            raise InvalidPoint
        table = self._table or self._build()
        digits = [scalar >> WINDOW_BITS * window & (1 << WINDOW_BITS) - 1 for window in range(WINDOWS)]
        points = [row[digit] for row, digit in zip(table, digits, strict=True) if digit]
        half = len(points) // 2
        first, *others = _add_pairs(points[:half], points[half : 2 * half]) + points[2 * half :]
        return _to_affine(reduce(_add_mixed, others, (*first, 1)))

    def _build(self) -> list[tuple[Affine, ...]]:
        bases = [G]
        while len(bases) < WINDOWS:
            bases.append(_double(bases[-1], times=WINDOW_BITS))
        columns = [bases, bases, [_double(base) for base in bases]]  # the first one, for the digit 0, is never read
        while len(columns) < 1 << WINDOW_BITS:
            columns.append(_add_pairs(columns[-1], bases))
        self._table = list(zip(*columns, strict=True))
        return self._table


Curve = LibSecp256k1 | PurePython


@cache
def curve() -> Curve:
    """Choose the fastest implementation that is installed."""
    try:
        return LibSecp256k1()
    except ImportError:
        return PurePython()


def _add_mixed(p: Jacobian, q: Affine) -> Jacobian:
    """Add an affine point that is neither equal nor opposite (Cohen, Miyaji, Ono 1998: 8M+3S)."""
    x1, y1, z1 = p
    zz = z1 * z1 % P
    h = (q[0] * zz - x1) % P
    r = (q[1] * zz * z1 - y1) % P
    hh = h * h % P
    v = x1 * hh % P
    hhh = h * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def _to_affine(p: Jacobian) -> Affine:
    inverse = pow(p[2], -1, P)
    square = inverse * inverse % P
    return p[0] * square % P, p[1] * square * inverse % P


def _add(p: Affine, q: Affine) -> Affine:
    """Add any two points by the textbook chord or tangent (SEC 1, section 2.2.1)."""
    if p == q:
        return _double(p)
    if p[0] == q[0]:
        raise InvalidPoint
    return _add_pairs([p], [q])[0]


def _double(p: Affine, times: int = 1) -> Affine:
    for _ in range(times):
        p = _third_point(p, p, slope=3 * p[0] * p[0] * pow(2 * p[1], -1, P))
    return p


def _add_pairs(left: list[Affine], right: list[Affine]) -> list[Affine]:
    """Add points pairwise with a single inversion for all of them (Montgomery's trick)."""
    products = [1]
    for p, q in zip(left, right, strict=True):
        products.append(products[-1] * (q[0] - p[0]) % P)
    inverse = pow(products.pop(), -1, P)
    sums = []
    for p, q, product in zip(reversed(left), reversed(right), reversed(products), strict=True):
        sums.append(_third_point(p, q, slope=(q[1] - p[1]) * (inverse * product % P)))
        inverse = inverse * (q[0] - p[0]) % P
    return sums[::-1]


def _third_point(p: Affine, q: Affine, slope: int) -> Affine:
    """Follow the line through two points to the third on the curve, and reflect it."""
    slope %= P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def _to_bytes(point: Affine) -> bytes:
    return b"\x04" + point[0].to_bytes(32) + point[1].to_bytes(32)


def _from_bytes(point: bytes) -> Affine:
    """Read 65 bytes, and check that they are a point of the curve."""
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    if len(point) != 65 or point[0] != 4 or max(x, y) >= P or (y * y - x * x * x - 7) % P:
        raise InvalidPoint
    return x, y
