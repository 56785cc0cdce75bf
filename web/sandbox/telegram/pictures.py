"""The size of a real PNG or JPEG, read from its own structure; anything else is not a picture."""

import struct
import zlib

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


def picture_size(content: bytes) -> tuple[int, int] | None:
    """Return (width, height) in pixels, or None if it is neither a complete PNG nor a JPEG."""
    if content.startswith(PNG_SIGNATURE):
        return _png_size(content)
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg_size(content)
    return None


def _png_size(content: bytes) -> tuple[int, int] | None:
    """Walk the chunks (PNG, section 5.3): each has a length, a type, its bytes and their CRC-32."""
    position, size, has_pixels = len(PNG_SIGNATURE), None, False
    while position + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            return None
        if zlib.crc32(content[position + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return None
        if kind == b"IHDR" and length == 13:
            size = struct.unpack_from(">II", content, position + 8)
        has_pixels = has_pixels or kind == b"IDAT"
        if kind == b"IEND":
            return size if size and has_pixels and all(size) else None
        position = end + 4
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    """Walk the segments (JPEG, annex B) to the frame header, which has the size."""
    position = 2
    while position + 9 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker in JPEG_BARE:
            position += 2
            continue
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", content, position + 5)
            return (width, height) if width and height else None
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    return None
