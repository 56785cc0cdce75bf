"""A plan as files that other wallets sign: PSBT for BTC and LTC, unsigned transactions for Ethereum and TRON.

A PSBT names the origin of each key (BIP-174), so that a wallet finds its own: the master key's fingerprint and the
whole path if the plan has them, otherwise the account's own fingerprint and the path below it, as Bitcoin Core writes
an unknown origin. It includes the previous transactions if the plan has them. Wallets of Ethereum and TRON read JSON
in the form of ethers and tronweb.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from wallet import addresses, secp256k1, slip132
from wallet.bip32 import ExtendedPublicKey
from wallet.chains import Chain
from wallet.descriptors import KeyOrigin
from wallet.errors import DerivationFailed
from wallet.paths import ACCOUNT_DEPTH, Path
from wallet.plans import building
from wallet.plans.errors import Fault, InvalidPlan, WrongKey
from wallet.plans.plan import Account, EthereumTerms, Holder, Plan, Spend, Transfer, TronTerms
from wallet.transactions import ethereum, psbt_roles, tron


@dataclass(frozen=True, slots=True)
class UnsignedFile:
    """One transaction of a plan, for another wallet."""

    name: str
    content: bytes = field(repr=False)


def unsigned_files(plan: Plan) -> Iterator[UnsignedFile]:
    """Write each transaction for its chain's wallets; Solana's are left out, since they are valid for only a minute.

    Raises: WrongKey if an account key leads to a different address; InvalidPlan with GAS_PAYER for gas from an
        address that no account key of the plan leads to; InvalidExtendedKey, InvalidAddress, DustOutput.
    """
    for position, planned in enumerate(plan.transactions, start=1):
        name = f"{position:0{len(str(len(plan.transactions)))}}-{planned.chain.value}"
        if isinstance(planned, Transfer) and planned.is_gas and not _is_below(plan, planned):
            raise InvalidPlan(Fault.GAS_PAYER, position)
        if isinstance(planned, Spend):
            origins = _origins(planned, plan.accounts.get(planned.chain), position)
            partial = psbt_roles.create(
                planned.chain,
                building.spending(planned),
                building.coins(planned),
                origins=origins,
                previous=plan.previous,
            )
            yield UnsignedFile(f"{name}.psbt", partial.serialise())
        elif isinstance(planned.terms, EthereumTerms):
            yield _json(name, _for_ethers(planned, building.on_ethereum(planned, planned.terms)))
        elif isinstance(planned.terms, TronTerms):
            yield _json(name, _for_tronweb(building.on_tron(planned, planned.terms)))


def _origins(spend: Spend, account: Account | None, position: int) -> dict[bytes, KeyOrigin]:
    """Find the public key of each input below the account key, with its origin."""
    if account is None:
        return {}
    key = slip132.account_key(spend.chain, account.key)
    origins = {}
    for holder in dict.fromkeys(spend.holders):
        public_key = _public_key(spend.chain, key, holder)
        if public_key is None:
            raise WrongKey(position)
        below = Path(holder.key.path.numbers[ACCOUNT_DEPTH:])
        origin = KeyOrigin(key.fingerprint, below)
        if account.fingerprint:
            origin = KeyOrigin(bytes.fromhex(account.fingerprint), holder.key.path)
        origins[secp256k1.compress(public_key)] = origin
    return origins


def _is_below(plan: Plan, gas: Transfer) -> bool:
    """Return whether the payer of gas is where the plan says. A wallet signs for each of its addresses, so that the
    path alone would let a plan call a customer's address the gas address.
    """
    account = plan.accounts.get(gas.chain)
    if account is None:
        return False
    return _public_key(gas.chain, slip132.account_key(gas.chain, account.key), gas.source) is not None


def _public_key(chain: Chain, account: ExtendedPublicKey, holder: Holder) -> bytes | None:
    """Derive the public key of an address below an account; None if it is of another address."""
    try:
        public_key = account.derive(Path(holder.key.path.numbers[ACCOUNT_DEPTH:])).public_key
    except DerivationFailed:  # a hardened step: the path does not pass through an account
        return None
    return public_key if addresses.from_public_key(chain, public_key) == holder.address else None


def _for_ethers(planned: Transfer, transaction: ethereum.Eip1559) -> dict[str, object]:
    return {
        "from": planned.source.address,
        "unsigned": f"0x{transaction.signing_payload().hex()}",
        "transaction": {
            "type": "0x2",
            "chainId": hex(transaction.chain_id),
            "nonce": hex(transaction.nonce),
            "to": transaction.to,
            "value": hex(transaction.value),
            "data": f"0x{transaction.data.hex()}",
            "gas": hex(transaction.gas_limit),
            "maxFeePerGas": hex(transaction.max_fee_per_gas),
            "maxPriorityFeePerGas": hex(transaction.max_priority_fee_per_gas),
        },
    }


def _for_tronweb(transaction: tron.Transaction) -> dict[str, object]:
    call = transaction.contract
    value: dict[str, object] = {"owner_address": _hex_account(call.owner)}
    if isinstance(call, tron.Transfer):
        value |= {"to_address": _hex_account(call.to), "amount": call.amount_sun}
    else:
        value |= {"contract_address": _hex_account(call.contract), "data": call.data.hex()}
    raw_data: dict[str, object] = {
        "contract": [{"parameter": {"value": value, "type_url": tron.TYPE_URL + call.name}, "type": call.name}],
        "ref_block_bytes": transaction.reference.height_bytes.hex(),
        "ref_block_hash": transaction.reference.id_bytes.hex(),
        "expiration": transaction.expiration_ms,
        "timestamp": transaction.timestamp_ms,
    }
    if transaction.fee_limit_sun:
        raw_data["fee_limit"] = transaction.fee_limit_sun
    return {
        "visible": False,
        "txID": transaction.txid,
        "raw_data": raw_data,
        "raw_data_hex": transaction.raw_data.hex(),
    }


def _hex_account(address: str) -> str:
    return f"{addresses.TRON_VERSION:02x}{addresses.validate(Chain.TRX, address).payload.hex()}"


def _json(name: str, body: dict[str, object]) -> UnsignedFile:
    return UnsignedFile(f"{name}.json", json.dumps(body, indent=2).encode("ascii"))
