"""Convert Telegram's HTML (`parse_mode=HTML`) into text and entities.

Follows the server's own parser (tdlib, `td/telegram/MessageEntity.cpp`, `parse_html`), including its error texts. Not
supported: custom emoji, and splitting entities that may not overlap.
"""

import re
from dataclasses import dataclass

from web.sandbox.telegram.errors import BotApiError, bad_request
from web.sandbox.wire import Json, utf16_length

TYPE_OF_TAG = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
}
NAMED_REFERENCES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

_PLAIN = re.compile(r"[^<&]+")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,10})|([A-Za-z]+));?")
_SPACES = re.compile(r"[ \t\n\r\f\v]*")
_NAME = re.compile(r"[^ \t\n\r\f\v>]*")
_ATTRIBUTE_NAME = re.compile(r"[^ \t\n\r\f\v=>]*")
_TOKEN = re.compile(r"[A-Za-z0-9.\-]*(?=[ \t\n\r\f\v>]|$)")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_LINK = re.compile(
    r"(?:https?://[^\s/]+|tg://\S|ton://\S|mailto:\S+@|[\w-]+(?:\.[\w-]+)+(?:[/?#:]|$))", re.IGNORECASE
)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Parse the markup into the displayed text and its entities, in UTF-16 units.

    Raises: BotApiError 400 `can't parse entities: …` with the server's words and UTF-8 byte offset.
    """
    return _Parser(source).parse()


def decode_references(text: str) -> str:
    """Replace the references that Telegram knows, four names and any number; leave others unchanged."""
    return _REFERENCE.sub(_decoded, text)


def _decoded(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name is not None:
        return NAMED_REFERENCES.get(name, match.group(0))
    code = int(hexadecimal, 16) if hexadecimal is not None else int(decimal)
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return match.group(0)
    return chr(code)


@dataclass(frozen=True, slots=True)
class _OpenTag:
    name: str
    argument: str
    offset: int
    first_piece: int


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.pieces: list[str] = []
        self.offset = 0
        self.open: list[_OpenTag] = []
        self.entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        while self.position < len(self.source):
            if self.source[self.position] == "<":
                self._tag()
            else:
                self._text()
        if self.open:
            name = self.open[-1].name
            raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{name}\"")
        return "".join(self.pieces), _tidied(self.entities)

    def _text(self) -> None:
        match = _PLAIN.match(self.source, self.position) or _REFERENCE.match(self.source, self.position)
        piece = match.group(0) if match else self.source[self.position]
        self.position += len(piece)
        shown = decode_references(piece)
        self.pieces.append(shown)
        self.offset += utf16_length(shown)

    def _tag(self) -> None:
        begin = self.position
        self.position += 1
        if self.source.startswith("/", self.position):
            self._end_tag(begin)
        else:
            self._start_tag(begin)

    def _start_tag(self, begin: int) -> None:
        name = self._take(_NAME).lower()
        if self._at_end():
            raise self._error("Unclosed start tag", begin)
        if name not in TYPE_OF_TAG:
            raise self._error(f'Unsupported start tag "{name}"', begin)
        argument = ""
        while True:
            self._take(_SPACES)
            if self._at_end():
                raise self._error("Unclosed start tag", begin)
            if self.source[self.position] == ">":
                break
            attribute, value = self._attribute(name, begin)
            argument = _argument(name, attribute, value) or argument
        self.position += 1
        if name == "span" and argument != "spoiler":
            raise self._error('Tag "span" must have class "tg-spoiler"', begin)
        self.open.append(_OpenTag(name, argument, self.offset, len(self.pieces)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        attribute = self._take(_ATTRIBUTE_NAME)
        if not attribute:
            raise self._error(f'Empty attribute name in the tag "{tag}"', begin)
        self._take(_SPACES)
        if not self.source.startswith("=", self.position):
            return attribute, ""
        self.position += 1
        self._take(_SPACES)
        if self._at_end():
            raise self._error("Unclosed start tag", begin)
        if self.source[self.position] in "\"'":
            quoted = _QUOTED.match(self.source, self.position)
            if quoted is None:
                raise self._error("Unclosed start tag", begin)
            self.position = quoted.end()
            return attribute, decode_references(quoted.group(1) or quoted.group(2) or "")
        token = _TOKEN.match(self.source, self.position)
        if token is None:
            raise self._error("Unexpected end of name token", self.position)
        self.position = token.end()
        return attribute, token.group(0).lower()

    def _end_tag(self, begin: int) -> None:
        if not self.open:
            raise self._error("Unexpected end tag", begin)
        self.position += 1
        name = self._take(_NAME).lower()
        self._take(_SPACES)
        if self._at_end() or self.source[self.position] != ">":
            raise self._error("Unclosed end tag", begin)
        self.position += 1
        opened = self.open.pop()
        if name not in {"", opened.name}:
            found = f'expected "</{opened.name}>", found "</{name}>"'
            raise self._error("Unmatched end tag", begin, f", {found}")
        if self.offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _OpenTag) -> None:
        entity: Json = {
            "type": TYPE_OF_TAG[opened.name],
            "offset": opened.offset,
            "length": self.offset - opened.offset,
        }
        if opened.name == "a":
            url = valid_link(opened.argument or "".join(self.pieces[opened.first_piece :]))
            if url is None:
                return
            entity["url"] = url
        elif opened.name in {"code", "pre"} and opened.argument:
            entity["language"] = opened.argument
        elif opened.name == "blockquote" and opened.argument:
            entity["type"] = "expandable_blockquote"
        self.entities.append(entity)

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.position)
        if match is None:
            return ""
        self.position = match.end()
        return match.group(0)

    def _at_end(self) -> bool:
        return self.position >= len(self.source)

    def _error(self, text: str, position: int, rest: str = "") -> BotApiError:
        offset = len(self.source[:position].encode("utf-8", "surrogatepass"))
        return bad_request(f"can't parse entities: {text} at byte offset {offset}{rest}")


def _argument(tag: str, attribute: str, value: str) -> str:
    if tag == "a" and attribute == "href":
        return value
    if tag == "code" and attribute == "class" and value.startswith("language-"):
        return value.removeprefix("language-")
    if tag == "span" and attribute == "class" and value.startswith("tg-"):
        return value.removeprefix("tg-")
    if tag == "blockquote" and attribute == "expandable":
        return "expandable"
    return ""


def _tidied(entities: list[Json]) -> list[Json]:
    """Sort entities; merge `<pre><code class="language-x">` into one, as a language means nothing outside `pre`."""
    spans = {(entity["offset"], entity["length"]): entity for entity in entities if entity["type"] == "pre"}
    kept = []
    for entity in entities:
        if entity["type"] == "code":
            language = entity.pop("language", None)
            surrounding = spans.get((entity["offset"], entity["length"]))
            if surrounding is not None:
                if language:
                    surrounding["language"] = language
                continue
        kept.append(entity)
    return sorted(kept, key=lambda entity: (entity["offset"], -entity["length"]))


def valid_link(url: str) -> str | None:
    """Return the address as Telegram keeps it; None for one that it silently does not link."""
    url = url.strip()
    if not _LINK.match(url):
        return None
    if "://" not in url and not url.lower().startswith("mailto:"):
        url = f"http://{url}"
    scheme, separator, rest = url.partition("://")
    if scheme.lower() in {"http", "https"} and not re.search(r"[/?#]", rest):
        return f"{scheme}{separator}{rest}/"
    return url
