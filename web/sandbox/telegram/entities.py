"""Text with entities: how Telegram processes a text that a bot or a person sends, and how it is shown."""

import html
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from web.sandbox.telegram.errors import bad_request
from web.sandbox.telegram.markup import parse_html
from web.sandbox.wire import Json, utf16_length

SOLID = frozenset({"code", "pre", "text_link"})
"""Entities inside which Telegram detects no commands or links."""

MAX_ENTITIES = 100
_RENDERED = 4_096
_BLANKED = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")
_DROPPED = re.compile("[\r\u2028-\u202e\u030a\u0333\u033f]")
_DIRECTIONS = re.compile("[\u200e\u200f]+(?=[\u200e\u200f])")
_COMMAND = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?(?![\w/])")
_URL = re.compile(r"(?<![\w/])https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]", re.IGNORECASE)
_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}


def formatted(text: str, parse_mode: str, entities: Any) -> tuple[str, list[Json]]:
    """Turn what a bot sent into text and entities: markup parsed, cleaned, trimmed, commands and addresses found.

    Of entities Telegram keeps the first `MAX_ENTITIES`.

    Raises: BotApiError 400 for markup that does not parse and for modes other than HTML, which are left out here.
    """
    if parse_mode and parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    shown, found = parse_html(text) if parse_mode else (text, _given(entities))
    shown, found = trimmed(*cleaned(shown, found))
    return shown, with_detected(shown, found)[:MAX_ENTITIES]


def _given(entities: Any) -> list[Json]:
    if entities is None:
        return []
    if not isinstance(entities, list) or not all(_is_entity(entity) for entity in entities):
        raise bad_request("can't parse entities JSON object")
    return [dict(entity) for entity in entities if entity["length"] > 0]


def _is_entity(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(key), int) for key in ("offset", "length"))


def cleaned(text: str, entities: Sequence[Json]) -> tuple[str, list[Json]]:
    """Turn control characters into blanks, and remove what Telegram removes (tdlib, `clean_input_string`)."""
    text = _DIRECTIONS.sub(lambda match: "\u200c" * len(match[0]), _BLANKED.sub(" ", text))
    dropped = [utf16_length(text[: match.start()]) for match in _DROPPED.finditer(text)]
    kept = []
    for entity in entities:
        start, stop = entity["offset"], entity["offset"] + entity["length"]
        before, inside = sum(at < start for at in dropped), sum(start <= at < stop for at in dropped)
        if stop - start > inside:
            kept.append({**entity, "offset": start - before, "length": stop - start - inside})
    return _DROPPED.sub("", text), kept


def trimmed(text: str, entities: Sequence[Json]) -> tuple[str, list[Json]]:
    """Cut white space at both ends, as Telegram does, and move the entities along."""
    without_lead = text.lstrip()
    lead = utf16_length(text) - utf16_length(without_lead)
    kept_text = without_lead.rstrip()
    end = utf16_length(kept_text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return kept_text, kept


def with_detected(text: str, entities: list[Json]) -> list[Json]:
    """Add the commands and web addresses that Telegram finds automatically."""
    solid = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in SOLID]
    found = list(entities)
    for pattern, kind in ((_URL, "url"), (_COMMAND, "bot_command")):
        for match in pattern.finditer(text):
            offset = utf16_length(text[: match.start()])
            end = offset + utf16_length(match.group(0))
            if all(end <= start or offset >= stop for start, stop in solid):
                solid.append((offset, end))
                found.append({"type": kind, "offset": offset, "length": end - offset})
    return sorted(found, key=lambda entity: (entity["offset"], -entity["length"]))


def render_html(text: str, entities: Sequence[Json]) -> str:
    """Show text and entities as HTML that is safe to put into a page: everything escaped, with only our own tags."""
    return _rendered_once(text, json.dumps(entities))


@lru_cache(maxsize=_RENDERED)
def _rendered_once(text: str, written: str) -> str:
    """Render a message, cached because a chat is shown often and changes little in between."""
    entities = json.loads(written)
    return "".join(_rendered(text, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))))


def _rendered(text: str, entities: list[Json]) -> Iterator[str]:
    units = text.encode("utf-16-le", "surrogatepass")
    end = len(units) // 2
    ends = {min(entity["offset"] + entity["length"], end) for entity in entities}
    cuts = sorted({0, end} | ends | {min(entity["offset"], end) for entity in entities})
    opened: list[Json] = []
    to_come = deque(entities)
    for start, stop in pairwise(cuts):
        active = [entity for entity in opened if start < entity["offset"] + entity["length"]]
        while to_come and to_come[0]["offset"] <= start:
            entity = to_come.popleft()
            if entity["length"] > 0:
                active.append(entity)
        common = _common_prefix(opened, active)
        yield from (_tags(entity, units)[1] for entity in reversed(opened[common:]))
        piece = units[start * 2 : stop * 2].decode("utf-16-le", "replace")
        yield from (_tags(entity, units)[0] for entity in active[common:])
        yield html.escape(piece)
        opened = active
    yield from (_tags(entity, units)[1] for entity in reversed(opened))


def _common_prefix(first: list[Json], second: list[Json]) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one is not other:
            break
        count += 1
    return count


def _tags(entity: Json, units: bytes) -> tuple[str, str]:
    kind = entity["type"]
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>", f"</{_TAGS[kind]}>"
    if kind == "pre":
        language = html.escape(str(entity.get("language", "")))
        return f'<pre data-language="{language}"><code>', "</code></pre>"
    if kind == "spoiler":
        return '<span class="spoiler" tabindex="0">', "</span>"
    begin, end = entity["offset"] * 2, (entity["offset"] + entity["length"]) * 2
    content = units[begin:end].decode("utf-16-le", "replace")
    if kind == "bot_command":
        return f'<a class="command" href="#" data-command="{html.escape(content)}">', "</a>"
    link = str(entity.get("url", content)) if kind in {"url", "text_link"} else ""
    if re.match(r"(?:https?|tg|ton|mailto):", link, re.IGNORECASE):
        return f'<a href="{html.escape(link)}" target="_blank" rel="noopener noreferrer">', "</a>"
    return "<span>", "</span>"
