"""Talks to one Solana node (solana.com/docs/rpc).

A node may lag behind the one that answered before: an empty list and null mean "not known yet", never "gone".
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from shop.assets import SOL
from shop.chains import networks
from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, Refused, Rejected
from shop.chains.json_rpc import JsonRpc, RpcError, settled
from shop.chains.servers import Provider
from shop.chains.transfers import Head
from wallet.base58check import decode_plain
from wallet.contracts import SPL_PROGRAM

CONFIRMED = "confirmed"
FINALIZED = "finalized"
ACCOUNTS_PER_CALL = SIGNATURES_PER_CALL = 100
_AMOUNT_AT, _AMOUNT_BYTES = 64, 8
"""Position and length of the amount in a token account, after mint and owner (spl-token, `state.rs`)."""
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,90}")
_SIGNATURE_BYTES, _HASH_BYTES = 64, 32
_MOST_PAGES = 20
_KEPT_S = 600
_PASSING = frozenset({-32000, -32004, -32005, -32014, -32016, -32603})
"""Codes of errors that pass: an ill node, one that lags, or one that its proxy cannot reach (solana-rpc-client-api,
`custom_error.rs`; JSON-RPC 2.0).
"""
# Mainnet has version 1 transactions (SIMD-0385): a client that does not declare support for them gets an error.
_NEWEST_VERSION = 1


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account's balance as of a slot."""

    lamports: int
    slot: int


@dataclass(frozen=True, slots=True)
class Signature:
    """A transaction in an address's history. `time` is in Unix seconds, where the node knows it."""

    signature: str
    slot: int
    failed: bool


@dataclass(frozen=True, slots=True)
class Movement:
    """The lamports that a successful transaction added to accounts; accounts that lost some are left out."""

    signature: str
    slot: int
    time: int | None
    received: tuple[tuple[str, int], ...]


class SolanaClient:
    """One node."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._rpc = JsonRpc(provider, first=networks.solana(provider).require)
        self._kept = (0, -_KEPT_S)
        """The first slot that the node had, and when that was asked, in Unix seconds."""

    def head(self) -> Head:
        """Ask for the newest confirmed and the newest finalized slot."""
        levels = (CONFIRMED, FINALIZED)
        answers = self._rpc.batch([("getSlot", [{"commitment": level}]) for level in levels])
        latest, final = [settled(answer).height for answer in answers]
        return Head(latest=max(latest, final), finalized=final)

    def holdings(self, addresses: Sequence[str], *, commitment: str) -> dict[str, AccountBalance]:
        """Ask for the balances of up to `ACCOUNTS_PER_CALL` accounts; one that does not exist has none."""
        options = {"commitment": commitment, "encoding": "base64", "dataSlice": {"offset": 0, "length": 0}}
        answer = self._rpc.call("getMultipleAccounts", list(addresses), options)
        found = [0 if item.is_null else item["lamports"].up_to(SOL.most_units) for item in answer["value"].items()]
        if len(found) != len(addresses):
            raise BadAnswer(self.provider.name, "a list of the wrong length")
        slot = answer["context"]["slot"].height
        return {address: AccountBalance(lamports, slot) for address, lamports in zip(addresses, found, strict=True)}

    def token_amounts(self, accounts: Sequence[str], *, most_units: int) -> list[int]:
        """Ask for the final amounts in up to `ACCOUNTS_PER_CALL` token accounts; one that does not exist has none."""
        amount = {"offset": _AMOUNT_AT, "length": _AMOUNT_BYTES}
        options = {"commitment": FINALIZED, "encoding": "base64", "dataSlice": amount}
        answer = self._rpc.call("getMultipleAccounts", list(accounts), options)
        found = [0 if item.is_null else self._token_amount(item, most_units) for item in answer["value"].items()]
        if len(found) != len(accounts):
            raise BadAnswer(self.provider.name, "a list of the wrong length")
        return found

    def signatures(
        self, address: str, *, commitment: str, down_to: int | None = None, before: str | None = None
    ) -> tuple[list[Signature], bool]:
        """List an address's transactions before one of them, newest first: one page, or all down to a slot.

        Returns whether that is all: a history may be too long for one turn. `until` is not used, because a node that
        does not know the marker ignores it and returns the whole history.
        """
        found: dict[str, Signature] = {}
        for _ in range(_MOST_PAGES):
            options: dict[str, object] = {"commitment": commitment, "limit": SIGNATURES_PER_CALL}
            if before is not None:
                options["before"] = before
            page = [_signature(item) for item in self._rpc.call("getSignaturesForAddress", address, options).items()]
            if page and page[-1].signature == before:
                raise BadAnswer(self.provider.name, "endless pages")
            found |= {item.signature: item for item in page}
            if down_to is None or len(page) < SIGNATURES_PER_CALL or page[-1].slot < down_to:
                return list(found.values()), True
            before = page[-1].signature
        return list(found.values()), False

    def is_cut_short(self, listed: Sequence[Signature], *, down_to: int) -> bool:
        """Return whether a list of all that the node knows may lack something down to a slot, newest first.

        A node without an archive leaves out what it no longer has, and does not say so. One that never answered the
        question for its first slot, or not us, is believed. After an error that passes, or nonsense, something may be
        missing. Raises ProviderError.
        """
        if listed and listed[-1].slot < down_to:
            return False
        kept = self._first_kept()
        return kept is None or kept > down_to

    def _first_kept(self) -> int | None:
        """Ask for the first slot that the node still has, at most every ten minutes.

        Returns 0 if it never said, and None if it cannot say now.
        """
        now = int(self.provider.clock())
        slot, asked_at = self._kept
        if not 0 <= now - asked_at < _KEPT_S:
            try:
                slot = self._rpc.call("getFirstAvailableBlock").height
            except BadAnswer as error:
                if not isinstance(error, RpcError) or error.code in _PASSING:
                    return None
            except (Rejected, Refused):
                pass  # what it said before still counts
            self._kept = slot, now
        return slot

    def block_hash(self, slot: int) -> str:
        """Ask for the hash of a slot's block, in Base58. Raises NotFound."""
        options = {"commitment": CONFIRMED, "transactionDetails": "none", "rewards": False,
                   "maxSupportedTransactionVersion": _NEWEST_VERSION}  # fmt: skip
        answer = self._rpc.call("getBlock", slot, options)
        if answer.is_null:
            raise NotFound(self.provider.name)
        found = answer["blockhash"]
        if not _is_base58(found.text, _HASH_BYTES):
            raise found.bad("is not a hash")
        return found.text

    def movement(self, signature: str, *, commitment: str) -> Movement | None:
        """Look a transaction up; None when it failed. Raises NotFound."""
        answer = self._succeeded(signature, commitment=commitment)
        if answer is None:
            return None
        meta, time = answer["meta"], answer.get("blockTime")
        return Movement(
            signature,
            answer["slot"].height,
            None if time is None else time.time,
            self._received(_account_keys(answer["transaction"]["message"], meta), meta),
        )

    def tokens_received(self, signature: str, *, commitment: str) -> tuple[tuple[str, str], ...]:
        """List owner and mint wherever a transaction raised a token account's balance. Raises NotFound."""
        answer = self._succeeded(signature, commitment=commitment)
        if answer is None:
            return ()
        before, after = (_token_balances(answer["meta"].get(f"{when}TokenBalances")) for when in ("pre", "post"))
        gains = [key for key, units in after.items() if units > before.get(key, 0)]
        return tuple(dict.fromkeys((owner, mint) for _, owner, mint in gains))

    def _succeeded(self, signature: str, *, commitment: str) -> JsonValue | None:
        """Ask for a transaction; None when it failed. Raises NotFound."""
        options = {
            "commitment": commitment,
            "encoding": "jsonParsed",
            "maxSupportedTransactionVersion": _NEWEST_VERSION,
        }
        answer = self._rpc.call("getTransaction", signature, options)
        if answer.is_null:
            raise NotFound(self.provider.name)
        shown = answer["transaction"]["signatures"].first
        if not is_signature(shown.text):
            raise shown.bad("is not a signature")
        if shown.text != signature:
            raise BadAnswer(self.provider.name, "a different transaction than requested")
        return None if answer["meta"].get("err") is not None else answer

    def _token_amount(self, item: JsonValue, most_units: int) -> int:
        if item["owner"].text != SPL_PROGRAM:
            return 0
        try:
            amount = base64.b64decode(item["data"].first.text, validate=True)
        except binascii.Error:
            raise item.bad("has no data in Base64") from None
        units = int.from_bytes(amount, "little")
        if len(amount) != _AMOUNT_BYTES or units > most_units:
            raise item.bad("has no amount, or more than there can be")
        return units

    def _received(self, keys: list[str], meta: JsonValue) -> tuple[tuple[str, int], ...]:
        """Compare balances before and after, which also counts inner transfers by any program."""
        before = [item.up_to(SOL.most_units) for item in meta["preBalances"].items()]
        after = [item.up_to(SOL.most_units) for item in meta["postBalances"].items()]
        if not len(keys) == len(before) == len(after):
            raise BadAnswer(self.provider.name, "balances that do not match the accounts")
        gains = [new - old for new, old in zip(after, before, strict=True)]
        if gains:
            # The first account pays the fee, which must not be deducted from what it received.
            gains[0] += meta["fee"].up_to(SOL.most_units)
        return tuple((key, gain) for key, gain in zip(keys, gains, strict=True) if gain > 0)


def is_signature(text: str) -> bool:
    """Return whether a text is a signature, which is a transaction's id: 64 bytes in Base58."""
    return _is_base58(text, _SIGNATURE_BYTES)


def _is_base58(text: str, size: int) -> bool:
    return _BASE58.fullmatch(text) is not None and len(decode_plain(text)) == size


def _signature(item: JsonValue) -> Signature:
    signature = item["signature"]
    if not is_signature(signature.text):
        raise signature.bad("is not a signature")
    return Signature(signature.text, item["slot"].height, item.get("err") is not None)


def _account_keys(message: JsonValue, meta: JsonValue) -> list[str]:
    """List the accounts in the order of the balances: parsed keys hold the looked-up ones already."""
    keys = list(message["accountKeys"].items())
    if not keys or keys[0].is_object:
        return [key["pubkey"].text for key in keys]
    loaded = meta.get("loadedAddresses")
    more = [] if loaded is None else [key for kind in ("writable", "readonly") for key in loaded[kind].items()]
    return [key.text for key in keys + more]


def _token_balances(listed: JsonValue | None) -> dict[tuple[int, str, str], int]:
    """Read base units by account, owner and mint; nodes leave out the list, or an owner, that they do not know."""
    found = {}
    for item in () if listed is None else listed.items():
        owner, mint = item.get("owner"), item["mint"]
        if not _is_base58(mint.text, _HASH_BYTES):
            raise mint.bad("is not an address")
        if owner is not None:
            found[item["accountIndex"].integer, owner.text, mint.text] = item["uiTokenAmount"]["amount"].digits
    return found
