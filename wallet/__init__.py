"""Keys and addresses of five chains: bytes and strings in, bytes and strings out. Nothing here reads or writes.

    from wallet.addresses import validate
    from wallet.chains import Chain
    from wallet.keyring import HotKeyring

    HotKeyring(mnemonic).address_of(Chain.BTC, customer_index).address
    validate(Chain.LTC, text_from_a_person).text

One module per standard: bip39 bip32 slip132 slip10 bip85 paths (BIP-44, BIP-84) bech32 base58check. They build on
secp256k1 and hashes; on top of them are chains (the table) addresses accounts keyring sealing. `errors` lists the
refusals.
"""
