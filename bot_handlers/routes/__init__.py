"""Every button and every dialog step of the shop, with the right it takes and the handler it leads to.

`table` puts them together; `customers`, `admins` and `steps` hold the rows, `handlers` what they lead to.
"""
