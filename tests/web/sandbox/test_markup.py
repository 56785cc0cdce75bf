"""Telegram's HTML into text and entities, and back into HTML for the page."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.sandbox.telegram.entities import formatted, render_html
from web.sandbox.telegram.errors import BotApiError
from web.sandbox.telegram.markup import parse_html

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))


@given(TEXTS)
def test_an_escaped_text_is_shown_unchanged(text: str) -> None:
    assert parse_html(html.escape(text, quote=False)) == (text, [])


@given(TEXTS, TEXTS, st.sampled_from(["b", "i", "u", "s", "code", "pre", "tg-spoiler", "blockquote"]))
def test_an_escaped_text_in_a_tag_is_one_entity_in_utf16_units(before: str, inside: str, tag: str) -> None:
    text, entities = parse_html(f"{html.escape(before)}<{tag}>{html.escape(inside)}</{tag}>")
    assert text == before + inside
    units = text.encode("utf-16-le")
    covered = [units[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le") for e in entities]
    assert covered == ([inside] if inside else [])


@given(
    TEXTS, st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30), st.sampled_from(["bold", "code", "italic"])))
)
def test_rendering_shows_the_text_and_closes_every_tag(text: str, spans: list[tuple[int, int, str]]) -> None:
    text = "".join(c for c in text if ord(c) < 0x10000)
    entities = [{"type": kind, "offset": offset, "length": length} for offset, length, kind in spans]
    rendered = render_html(text, entities)
    assert html.unescape(re.sub(r"<[^>]+>", "", rendered)) == html.unescape(html.escape(text))
    assert rendered.count("<b>") == rendered.count("</b>")


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("<B>x</B>", "x", [("bold", 0, 1)]),
        ("<b>x</>", "x", [("bold", 0, 1)]),
        ("😀<code>y</code>", "😀y", [("code", 2, 1)]),
        ("<span class='tg-spoiler'>z</span>", "z", [("spoiler", 0, 1)]),
        ("<b></b>z", "z", []),
        ("&lt;&gt;&amp;&quot;&#65;&#x42;&nbsp;&copy", '<>&"AB&nbsp;&copy', []),
        ("a & b &", "a & b &", []),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
    ],
)
def test_markup_becomes_entities(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    shown, found = parse_html(source)
    assert (shown, [(e["type"], e["offset"], e["length"]) for e in found]) == (text, entities)


def test_code_in_pre_is_one_block_with_its_language() -> None:
    _, entities = parse_html('<pre><code class="language-python">x = 1</code></pre>')
    assert entities == [{"type": "pre", "offset": 0, "length": 5, "language": "python"}]


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.com", "https://example.com/"),
        ("https://example.com/a?b=1&amp;c=2", "https://example.com/a?b=1&c=2"),
        ("tg://user?id=1", "tg://user?id=1"),
        ("bitcoin:bc1qxyz?amount=1", None),
        ("javascript:alert(1)", None),
    ],
)
def test_only_addresses_that_telegram_knows_become_links(address: str, kept: str | None) -> None:
    text, entities = parse_html(f'<a href="{address}">here</a>')
    assert text == "here"
    assert [entity["url"] for entity in entities] == ([kept] if kept else [])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ä<q>x</q>", 'Unsupported start tag "q" at byte offset 2'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("1 <2", "Unclosed start tag at byte offset 2"),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a ="x">y</a>', 'Empty attribute name in the tag "a" at byte offset 0'),
    ],
)
def test_markup_that_does_not_parse_is_refused_with_the_servers_words(source: str, words: str) -> None:
    with pytest.raises(BotApiError) as refused:
        parse_html(source)
    assert refused.value.description == f"Bad Request: can't parse entities: {words}"


def test_ends_are_trimmed_and_entities_shift_along() -> None:
    text, entities = formatted("\n <b> shop </b> \n", "HTML", None)
    assert text == "shop"
    assert entities == [{"type": "bold", "offset": 0, "length": 4}]


def test_control_characters_become_spaces_and_dropped_ones_shift_entities() -> None:
    text, entities = formatted("a\tb\x07\r\u202e<b>c\u030ad</b>\u2028<i>e</i>\n<u>\u0333</u>f", "HTML", None)
    assert text == "a b cde\nf"
    assert [(e["type"], e["offset"], e["length"]) for e in entities] == [("bold", 4, 2), ("italic", 6, 1)]


def test_only_the_first_hundred_entities_are_kept() -> None:
    text, entities = formatted("".join(f"<code>{n:03}</code> " for n in range(150)), "HTML", None)
    assert text.endswith("149")
    assert [entity["offset"] for entity in entities] == [4 * n for n in range(100)]


def test_commands_and_addresses_are_found_outside_of_code() -> None:
    text, entities = formatted("/start https://a.example/x. <code>/no</code>", "HTML", None)
    assert [(e["type"], e["offset"], e["length"]) for e in entities] == [
        ("bot_command", 0, 6),
        ("url", 7, 19),
        ("code", 28, 3),
    ]
    assert text == "/start https://a.example/x. /no"


def test_rendered_html_is_safe() -> None:
    text = '<img src=x onerror="alert(1)">'
    link = {"type": "text_link", "offset": 0, "length": 4, "url": "javascript:alert(1)"}
    rendered = render_html(text, [link])
    assert "<img" not in rendered
    assert "javascript" not in rendered


def test_overlapping_entities_are_nested_for_the_page() -> None:
    bold = {"type": "bold", "offset": 0, "length": 2}
    italic = {"type": "italic", "offset": 1, "length": 2}
    assert render_html("abc", [bold, italic]) == "<b>a<i>b</i></b><i>c</i>"
