"""Output descriptors: one line of text that tells other wallets which scripts to watch.

Checksum, key expressions and the language: BIP-380. pk, pkh, sh: BIP-381. wpkh, wsh: BIP-382. combo: BIP-384.
Left out: multi (BIP-383), raw and addr (BIP-385), tr (BIP-386), and multipath <0;1> (BIP-389).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from wallet import bip32, secp256k1, wif
from wallet.bech32 import CHARSET
from wallet.bip32 import ExtendedKey
from wallet.chains import Chain
from wallet.errors import InvalidEncoding, InvalidExtendedKey, InvalidPoint, Redacted, WalletError
from wallet.hashes import hash160, sha256
from wallet.paths import HARDENED, Path

INPUT_CHARSET = "0123456789()[],'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#\"\\ "
GENERATOR = (0xF5DEE51989, 0xA9FDCA3312, 0x1BAB10E32D, 0x3706B1677A, 0x644D626FFD)
CHECKSUM_CHARACTERS = 8
MAX_CHARACTERS = 1_000
EXTENDED_PREFIXES = ("xpub", "xprv")
PUBLIC_KEY_DIGITS = re.compile(r"(?:0[23][0-9a-fA-F]{64}|04[0-9a-fA-F]{128})")

KEY = re.compile(
    r"(?:\[(?P<fingerprint>[0-9a-fA-F]{8})(?P<origin>(?:/[0-9]{1,10}[h']?)*)\])?"
    r"(?P<key>[0-9a-zA-Z]+)(?P<path>(?:/[0-9]{1,10}[h']?)*)(?P<children>/\*[h']?)?"
)
FUNCTION = re.compile(r"([a-z]+)\((.*)\)")
NESTINGS = frozenset(
    {
        ("pk",),
        ("pkh",),
        ("wpkh",),
        ("combo",),
        ("sh", "pk"),
        ("sh", "pkh"),
        ("sh", "wpkh"),
        ("wsh", "pk"),
        ("wsh", "pkh"),
        ("sh", "wsh", "pk"),
        ("sh", "wsh", "pkh"),
    }
)


class Fault(Enum):
    """Why a text is not a descriptor; the value is a sentence for an operator."""

    LENGTH = "longer than any descriptor of one key"
    CHARACTER = "a character that no descriptor has"
    CHECKSUM_LENGTH = "a checksum has eight characters behind #"
    CHECKSUM = "the checksum is wrong: one or more characters were changed"
    FUNCTION = "an unknown function, or one that cannot stand here"
    KEY = "not a key as BIP-380 writes it"
    INDEX = "a level of a path is 2^31 or more"
    UNCOMPRESSED = "an uncompressed public key cannot be used in a witness"


@dataclass(eq=False)
class InvalidDescriptor(WalletError):
    """A text that is not a descriptor, or not of a supported kind. The text is left out, as it may hold a key."""

    fault: Fault
    says = "{fault.value}"


@dataclass(frozen=True, slots=True)
class KeyOrigin:
    """Where a key comes from: the fingerprint of a master key, four bytes, and the path down from it."""

    fingerprint: bytes
    path: Path

    def __str__(self) -> str:
        return f"[{self.fingerprint.hex()}{_print_levels(self.path.numbers)}]"


class Key(Redacted):
    """A key expression: a public key or an extended key, the path below it, and whether it means its children."""

    __slots__ = ("_path", "_root", "_wildcard", "origin")

    def __init__(
        self, root: ExtendedKey | bytes, *, path: Path, wildcard: int | None, origin: KeyOrigin | None
    ) -> None:
        """`root`: an extended key, or a serialised public key; `wildcard`: the number added to a child's index."""
        self._root, self._path, self._wildcard, self.origin = root, path, wildcard, origin

    @property
    def is_compressed(self) -> bool:
        """Return whether the public key takes 33 bytes."""
        return not isinstance(self._root, bytes) or len(self._root) == 33

    def public_key(self, index: int) -> bytes:
        """Compute the public key at an index, as scripts hold it; without children the index is ignored.

        Raises: DerivationFailed for a hardened step below a public key, InvalidIndex.
        """
        if isinstance(self._root, bytes):
            return self._root
        numbers = self._path.numbers if self._wildcard is None else (*self._path.numbers, index + self._wildcard)
        return secp256k1.compress(self._root.derive(Path(numbers)).public_key)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """Functions, the outermost first, around one key."""

    functions: tuple[str, ...]
    key: Key

    def scripts(self, index: int = 0) -> tuple[bytes, ...]:
        """Write the scriptPubKeys at an index: one, or several for `combo`.

        Raises: DerivationFailed, InvalidIndex.
        """
        public_key = self.key.public_key(index)
        if self.functions != ("combo",):
            return (_script(self.functions, public_key),)
        witness = (("wpkh",), ("sh", "wpkh")) if self.key.is_compressed else ()
        return tuple([_script(functions, public_key) for functions in (("pk",), ("pkh",), *witness)])


def account(key: ExtendedKey, origin: KeyOrigin, *, branch: int) -> str:
    """Write the P2WPKH addresses of an account: wpkh([fingerprint/84h/0h/0h]xpub/0/*)#checksum (BIP-84).

    `branch`: 0 for receiving, 1 for change. With a private key the text is a secret.
    """
    return add_checksum(f"wpkh({origin}{key.serialise()}/{branch}/*)")


def add_checksum(body: str) -> str:
    """Append the checksum to a descriptor.

    Raises: InvalidDescriptor with CHARACTER.
    """
    return f"{body}#{checksum(body)}"


def parse(chain: Chain, text: str) -> Descriptor:
    """Read a descriptor of one key; if there is a checksum, it is checked.

    Raises: InvalidDescriptor.
    """
    rest, functions = check(text), []
    while match := FUNCTION.fullmatch(rest):
        functions.append(match[1])
        rest = match[2]
    if tuple(functions) not in NESTINGS:
        raise InvalidDescriptor(Fault.FUNCTION)
    key = parse_key(chain, rest)
    if not key.is_compressed and {"wpkh", "wsh"}.intersection(functions):
        raise InvalidDescriptor(Fault.UNCOMPRESSED)
    return Descriptor(tuple(functions), key)


def check(text: str) -> str:
    """Check and remove a descriptor's checksum; one without a checksum is returned as it is.

    Raises: InvalidDescriptor with LENGTH, CHARACTER, CHECKSUM_LENGTH or CHECKSUM.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidDescriptor(Fault.LENGTH)
    body, mark, given = text.partition("#")
    expected = checksum(body)
    if mark and len(given) != CHECKSUM_CHARACTERS:
        raise InvalidDescriptor(Fault.CHECKSUM_LENGTH)
    if mark and given != expected:
        raise InvalidDescriptor(Fault.CHECKSUM)
    return body


def checksum(body: str) -> str:
    """Compute the eight characters of the checksum (BIP-380, «Checksum»).

    Raises: InvalidDescriptor with CHARACTER.
    """
    remainder = _polymod([*_symbols(body), *[0] * CHECKSUM_CHARACTERS]) ^ 1
    return "".join([CHARSET[remainder >> 5 * (7 - i) & 31] for i in range(CHECKSUM_CHARACTERS)])


def parse_key(chain: Chain, text: str) -> Key:
    """Read a key expression: [fingerprint/path] if known, a key, and for an extended key a path and * (BIP-380).

    Raises: InvalidDescriptor with KEY or INDEX.
    """
    match = KEY.fullmatch(text)
    if not match:
        raise InvalidDescriptor(Fault.KEY)
    origin = None
    if match["fingerprint"]:
        origin = KeyOrigin(bytes.fromhex(match["fingerprint"]), _parse_levels(match["origin"]))
    path, children = _parse_levels(match["path"]), match["children"]
    wildcard = None if children is None else 0 if children == "/*" else HARDENED
    if match["key"].startswith(EXTENDED_PREFIXES):
        try:
            return Key(bip32.parse(match["key"]), path=path, wildcard=wildcard, origin=origin)
        except InvalidExtendedKey:
            raise InvalidDescriptor(Fault.KEY) from None
    if path.numbers or children:
        raise InvalidDescriptor(Fault.KEY)
    return Key(_single(chain, match["key"]), path=path, wildcard=None, origin=origin)


def _single(chain: Chain, text: str) -> bytes:
    """Read a public key in hexadecimal or a private key in wallet import format; the private key is not kept."""
    try:
        if PUBLIC_KEY_DIGITS.fullmatch(text):
            public_key = bytes.fromhex(text)
            secp256k1.parse(public_key)
            return public_key
        private_key, is_compressed = wif.decode(chain, text)
    except (InvalidEncoding, InvalidPoint):
        raise InvalidDescriptor(Fault.KEY) from None
    point = secp256k1.public_key(private_key)
    return secp256k1.compress(point) if is_compressed else point


def _script(functions: tuple[str, ...], public_key: bytes) -> bytes:
    *outer, inner = functions
    script = _KEY_SCRIPTS[inner](public_key)
    for function in reversed(outer):
        # BIP-381: OP_HASH160 <hash> OP_EQUAL. BIP-382: version 0 and a SHA-256.
        script = b"\xa9\x14" + hash160(script) + b"\x87" if function == "sh" else b"\x00\x20" + sha256(script)
    return script


_KEY_SCRIPTS: dict[str, Callable[[bytes], bytes]] = {
    "pk": lambda key: bytes([len(key)]) + key + b"\xac",  # <key> OP_CHECKSIG
    "pkh": lambda key: b"\x76\xa9\x14" + hash160(key) + b"\x88\xac",
    "wpkh": lambda key: b"\x00\x14" + hash160(key),
}


def _parse_levels(text: str) -> Path:
    numbers = []
    for level in text.split("/")[1:]:
        number = int(level.rstrip("h'"))
        if number >= HARDENED:
            raise InvalidDescriptor(Fault.INDEX)
        numbers.append(number + HARDENED if level[-1] in "h'" else number)
    return Path(tuple(numbers))


def _print_levels(numbers: Iterable[int]) -> str:
    return "".join([f"/{number - HARDENED}h" if number >= HARDENED else f"/{number}" for number in numbers])


def _symbols(body: str) -> Iterable[int]:
    """Expand characters into 5-bit values; after every three of them comes the value of their groups."""
    groups: list[int] = []
    for character in body:
        value = INPUT_CHARSET.find(character)
        if value < 0:
            raise InvalidDescriptor(Fault.CHARACTER)
        yield value & 31
        groups.append(value >> 5)
        if len(groups) == 3:
            yield groups[0] * 9 + groups[1] * 3 + groups[2]
            groups = []
    if groups:
        yield groups[0] if len(groups) == 1 else groups[0] * 3 + groups[1]


def _polymod(values: Iterable[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 35
        remainder = (remainder & 0x7FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate(GENERATOR):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder
