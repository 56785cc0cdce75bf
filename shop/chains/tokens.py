"""Token transfers: the ERC-20 event as log and as number, and Tron's addresses in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from shop.assets import Asset, tokens
from shop.chains.answers import JsonValue
from shop.chains.transfers import OtherToken, Transfer
from wallet.addresses import Kind, ValidAddress, encode, validate
from wallet.chains import Chain

TRANSFER = bytes.fromhex("ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
"""The first topic of `Transfer(address,address,uint256)` (ERC-20)."""
_ACCOUNT_BYTES = 20


def account(chain: Chain, address: str) -> bytes:
    """Turn an address of Ethereum or TRON into its 20 bytes (TRON: without the leading 0x41).

    Raises: InvalidAddress.
    """
    return validate(chain, address).payload


class Accounts:
    """The accounts of a chain's addresses, each decoded once, since a scan passes all addresses every minute."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._known: dict[str, bytes] = {}

    def of(self, addresses: Iterable[str]) -> dict[bytes, str]:
        """Map the accounts to their addresses. Raises: InvalidAddress."""
        found = {}
        for address in addresses:
            known = self._known.get(address)
            if known is None:
                known = self._known[address] = account(self._chain, address)
            found[known] = address
        return found


def address_of(chain: Chain, account_bytes: bytes) -> str:
    """Write 20 bytes as the chain's address: EIP-55 on Ethereum, Base58Check on TRON."""
    return encode(ValidAddress(chain, "", Kind.EOA, account_bytes))


@dataclass(frozen=True, slots=True)
class Log:
    """A log of a contract. `position` is unique within its block; the block fields are None if not known."""

    txid: str
    contract: bytes
    topics: tuple[bytes, ...]
    data: bytes
    position: int
    block_height: int | None
    block_hash: str | None
    block_time: int | None = None


def contracts(chain: Chain) -> dict[bytes, Asset]:
    """List the token contracts that count on a chain, by their 20 bytes: names and symbols prove nothing."""
    return {account(chain, asset.contract): asset for asset in tokens(chain) if asset.contract is not None}


@cache
def _every_token() -> dict[bytes, Asset]:
    return contracts(Chain.ETH) | contracts(Chain.TRX)


def credible(log: Log, item: JsonValue) -> Log:
    """Return a log that was read from `item`. Raises BadAnswer if it moves more of a token than can exist."""
    asset = _every_token().get(log.contract)
    is_transfer = len(log.topics) == 3 and log.topics[0] == TRANSFER and len(log.data) == 32
    if asset is not None and is_transfer and int.from_bytes(log.data) > asset.most_units:
        raise item.bad("moves more than there can be")
    return log


def read_rpc_log(item: JsonValue) -> Log | None:
    """Read a log of eth_getLogs or of a receipt; None when a reorganisation removed it."""
    removed = item.get("removed")
    if removed is not None and removed.boolean:
        return None
    stamp = item.get("blockTimestamp")
    log = Log(
        txid=item["transactionHash"].hex(size=32).hex(),
        contract=item["address"].hex(size=20),
        topics=tuple(topic.hex(size=32) for topic in item["topics"].items()),
        data=item["data"].hex(),
        position=item["logIndex"].quantity,
        block_height=item["blockNumber"].height,
        block_hash=item["blockHash"].hex(size=32).hex(),
        block_time=None if stamp is None else stamp.time,
    )
    return credible(log, item)


def transfers(
    logs: Iterable[Log], *, chain: Chain, contracts: Mapping[bytes, Asset], watched: Mapping[bytes, str]
) -> tuple[Transfer, ...]:
    """Extract the token payments to watched accounts from logs, each once, and name them.

    `logs` must hold all logs of each transaction that pay the watched accounts. Other contracts, approvals,
    tokens with four topics (ERC-721) and transfers of nothing are left out.
    """
    seen: set[tuple[str, str | None, int]] = set()
    found: list[Transfer] = []
    for log in logs:
        key = (log.txid, log.block_hash, log.position)
        transfer = _transfer(log, chain, contracts, watched)
        if transfer is not None and key not in seen:
            seen.add(key)
            found.append(transfer)
    return summed(found)


def other_tokens(
    logs: Iterable[Log], *, chain: Chain, contracts: Mapping[bytes, Asset], watched: Mapping[bytes, str]
) -> tuple[OtherToken, ...]:
    """List the other contracts that say in logs that they paid watched accounts, once for each transaction."""
    found: dict[OtherToken, None] = {}
    for log in logs:
        address, _ = _payment(log, watched)
        if address is not None and log.contract not in contracts and len(log.contract) == _ACCOUNT_BYTES:
            found[OtherToken(address, address_of(chain, log.contract), log.txid)] = None
    return tuple(found)


def summed(found: Iterable[Transfer]) -> tuple[Transfer, ...]:
    """Add up what one transaction pays of a token to an address, and name it by both.

    The units are not part of the name, so a server that shows other units shows the same payment and contradicts.
    """
    sums: dict[tuple[str, str | None, str], Transfer] = {}
    for transfer in found:
        who = address_of(transfer.chain, account(transfer.chain, transfer.address))  # whatever its spelling
        name = f"{transfer.asset.code}:{who}"
        key = (transfer.txid, transfer.block_hash, name)
        before = sums[key].units if key in sums else 0
        sums[key] = replace(transfer, index=name, units=before + transfer.units)
    return tuple(sums.values())


def _transfer(
    log: Log, chain: Chain, contracts: Mapping[bytes, Asset], watched: Mapping[bytes, str]
) -> Transfer | None:
    asset = contracts.get(log.contract)
    address, units = _payment(log, watched)
    if asset is None or address is None:
        return None
    return Transfer(
        chain=chain,
        txid=log.txid,
        index="",
        address=address,
        asset=asset,
        units=units,
        block_height=log.block_height,
        block_hash=log.block_hash,
        block_time=log.block_time,
    )


def _payment(log: Log, watched: Mapping[bytes, str]) -> tuple[str | None, int]:
    """Read which watched account a log pays, and how many units; None if it is no payment to one."""
    if len(log.topics) != 3 or log.topics[0] != TRANSFER or len(log.data) != 32 or any(log.topics[2][:12]):
        return None, 0
    units = int.from_bytes(log.data)
    return (watched.get(log.topics[2][12:]) if units else None), units
