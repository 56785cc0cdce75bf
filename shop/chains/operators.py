"""Who runs a server: two names of one company count as one witness."""

import ipaddress

_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
"""Second-level labels of country domains under which names are registered, as in `example.co.uk`."""
_SAME = {
    "allnodes.com": "publicnode.com",
    "tron.network": "trongrid.io",
    "tronstack.io": "trongrid.io",
}
"""Other domains of a company, mapped to the one that stands for it."""


def operator_of(server: str) -> str:
    """Name the operator of a server: its registrable domain, or the host itself if it has none.

    `server` is a host, or the name of a `Provider` ("host (label)"). A rule of thumb replaces the Public Suffix List:
    where it is wrong, it takes two operators for one, which can only credit less.
    """
    host = server.partition(" ")[0].rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        labels = host.split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    domain = ".".join(labels[-3:] if country else labels[-2:])
    return _SAME.get(domain, domain)
