"""The chains' own transactions, built from a plan; those read back are compared with it.

A planned transaction has only one form, so a transaction signed elsewhere can be compared with it completely.
"""

from typing import TypeAlias

from wallet import base58check
from wallet.addresses import script_pubkey
from wallet.chains import Chain
from wallet.plans.plan import EthereumTerms, PlannedTransaction, SolanaTerms, Spend, Transfer, TronTerms
from wallet.transactions import bitcoin, erc20, ethereum, policy, solana, solana_programs, tron
from wallet.transactions.bitcoin import Input, OutPoint, Output
from wallet.transactions.errors import InvalidTransaction, Malformed
from wallet.transactions.p2wpkh import Coin
from wallet.transactions.policy import REPLACEABLE

Built: TypeAlias = bitcoin.Transaction | ethereum.Eip1559 | tron.Transaction | solana.Message
NO_BLOCKHASH = base58check.encode_plain(bytes(solana.BLOCKHASH_BYTES))


def build(planned: PlannedTransaction, *, blockhash: str = NO_BLOCKHASH) -> Built:
    """Make the unsigned transaction; only Solana's needs a blockhash.

    Raises: InvalidAddress, NotPayable, DustOutput, InvalidTransaction.
    """
    if isinstance(planned, Spend):
        return spending(planned)
    if isinstance(planned.terms, EthereumTerms):
        return on_ethereum(planned, planned.terms)
    if isinstance(planned.terms, TronTerms):
        return on_tron(planned, planned.terms)
    return on_solana(planned, planned.terms, blockhash=blockhash)


def spending(planned: Spend) -> bitcoin.Transaction:
    """Make a transaction of BTC or LTC: all inputs, replaceable (BIP-125), to one output.

    Raises: InvalidAddress, NotPayable, DustOutput.
    """
    inputs = tuple([Input(OutPoint(each.txid, each.index), sequence=REPLACEABLE) for each in planned.inputs])
    return bitcoin.Transaction(inputs, (policy.payment(planned.chain, planned.to, planned.units),))


def coins(spend: Spend) -> list[Coin]:
    """List the outputs that a transaction of BTC or LTC spends, in the order of its inputs.

    Raises: InvalidAddress.
    """
    return [
        Coin(OutPoint(each.txid, each.index), Output(each.units, script_pubkey(spend.chain, each.holder.address)))
        for each in spend.inputs
    ]


def on_ethereum(planned: Transfer, terms: EthereumTerms) -> ethereum.Eip1559:
    """Make a transaction of Ethereum: ether, or a call of the token's contract (EIP-1559, ERC-20).

    Raises: InvalidAddress, InvalidTransaction.
    """
    is_token = bool(planned.contract)
    return ethereum.Eip1559(
        chain_id=terms.chain_id,
        nonce=terms.nonce,
        max_priority_fee_per_gas=terms.max_priority_fee_per_gas,
        max_fee_per_gas=terms.max_fee_per_gas,
        gas_limit=terms.gas_limit,
        to=planned.contract or planned.to,
        value=0 if is_token else planned.units,
        data=erc20.transfer_call(Chain.ETH, planned.to, planned.units) if is_token else b"",
    )


def on_tron(planned: Transfer, terms: TronTerms) -> tron.Transaction:
    """Make a transaction of TRON: TRX, or a call of the token's contract.

    Raises: InvalidAddress, InvalidTransaction.
    """
    owner, contract = planned.source.address, planned.contract
    call: tron.Contract
    if contract:
        data = erc20.transfer_call(Chain.TRX, planned.to, planned.units)
        call = tron.Trigger(owner=owner, contract=contract, data=data)
    else:
        call = tron.Transfer(owner=owner, to=planned.to, amount_sun=planned.units)
    return tron.Transaction(
        contract=call,
        reference=terms.reference,
        expiration_ms=terms.expiration_ms,
        timestamp_ms=terms.timestamp_ms,
        fee_limit_sun=terms.fee_limit_sun,
    )


def on_solana(planned: Transfer, terms: SolanaTerms, *, blockhash: str) -> solana.Message:
    """Make a message of Solana: a transfer of SOL. The shop does not credit its tokens, so they are not planned here.

    Raises: InvalidAddress, InvalidTransaction.
    """
    if planned.contract:
        raise InvalidTransaction(Chain.SOL, Malformed.TYPE)
    bid = []
    if terms.unit_limit or terms.unit_price_micro_lamports:
        bid = solana_programs.compute_budget(
            unit_limit=terms.unit_limit, unit_price_micro_lamports=terms.unit_price_micro_lamports
        )
    source = planned.source.address
    transfer = solana_programs.system_transfer(source, planned.to, planned.units)
    return solana.compile_message([*bid, transfer], fee_payer=source, blockhash=blockhash)
