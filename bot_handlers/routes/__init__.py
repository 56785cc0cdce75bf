"""Every button and every dialog step of the shop, with the right it needs and the handler it leads to.

`table` puts them together; `customers`, `admins`, `steps` and `stars` hold the rows, `handlers` is what they lead to.
"""
