"""Pictures of categories, products and menu screens: PNG or JPEG, recognised by their first bytes."""

import hashlib

from storage.models import Picture

MAX_PICTURE_BYTES = 5 * 1024 * 1024
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",  # PNG specification, 5.2
    b"\xff\xd8\xff": "image/jpeg",  # ITU-T T.81, B.1.1.3: start of image, then a marker
}


def media_type(content: bytes) -> str | None:
    """Return the media type of a picture; None if it is not one that the shop shows."""
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)


def keep_picture(content: bytes, *, now: int) -> int:
    """Store a picture; return its id. Needs an open transaction.

    Raises:
        ValueError: not a picture that the shop shows.
    """
    kind = media_type(content)
    if kind is None or len(content) > MAX_PICTURE_BYTES:
        raise ValueError("not a picture")
    digest = hashlib.blake2b(content, digest_size=16).digest()
    return Picture.ensure(content, media_type=kind, digest=digest, now=now)
