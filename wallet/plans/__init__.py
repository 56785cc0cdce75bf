"""Plans: the transactions to make, in a file that a machine without a network checks and signs.

    file = plan.write(Plan(...))                                      where the chains are known, and no key has to be
    back = write_signed(sign_plan(reading.read(file), Keys(...), now=now))                        where the keys are
    read_signed(back)                                            where the chains are known: compared, and then sent

`plan` holds the values and writes them, `reading` reads a file, `checks` says what may be signed, `keys` finds the
private keys, `building` makes the chains' transactions, `signing` signs them, `signed` compares what comes back.
"""
