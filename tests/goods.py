"""Goods in Souk's own format, for tests in every room."""

import base64
import json
import struct
import zlib
from typing import Any


def png(color: int = 200, side: int = 8) -> bytes:
    """Build a real picture (PNG specification) in one shade of grey."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes([color]) * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def file_item(name: str, content: bytes) -> dict[str, str]:
    return {"file_name": name, "base64": encoded(content)}


def product(name: str = "Key", price: Any = "10.00", **more: Any) -> dict[str, Any]:
    return {"path": ["Games", "Keys"], "name": name, "price": price} | more


def own(*products: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"souk": 1, "products": list(products)} | more).encode()


EVERY_KIND = (
    product("Unique text", deliverable="unique_text", items=["KEY<1>&", "KEY-2", "KEY-3"]),
    product(
        "Unique file",
        deliverable="unique_file",
        items=[file_item(f"map-{n}.bin", b"\0map %d" % n) for n in (1, 2, 3)],
    ),
    product("Shared text", deliverable="shared_text", items=["https://courses.example/?a=1&b=<2>"]),
    product("Shared file", deliverable="shared_file", items=[file_item("book.pdf", b"%PDF-1.7 book")]),
    product("Made to order", deliverable="made_to_order"),
)
