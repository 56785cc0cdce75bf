"""The pages are accurate: links resolve, tables match the code, commands and settings exist."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from click import Context

from app import cli
from shop.assets import ASSETS
from shop.chains.operators import operator_of
from shop.settings.model import PUBLIC, Settings, name_of
from tests import pictures
from wallet.chains import Chain

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NETWORKS = {
    Chain.BTC: "Bitcoin",
    Chain.LTC: "Litecoin",
    Chain.SOL: "Solana",
    Chain.TRX: "TRON",
    Chain.ETH: "Ethereum",
}


def prose(page: Path) -> str:
    """Return a page's text without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes from a page's headings."""
    found = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme in {"http", "https"}, link
            continue
        target = (page.parent / parts.path).resolve() if parts.path else page
        is_there = target.exists() and target.is_relative_to(ROOT)
        if not is_there or (parts.fragment and parts.fragment not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = (urlsplit(link) for link in LINK.findall(prose(page)))
        waiting += [(page.parent / link.path).resolve() for link in links if link.path and not link.scheme]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= reached


def test_every_command_that_a_page_names_exists() -> None:
    named = {
        (page.name, command)
        for page in PAGES
        if page.name != "CHANGELOG.md"
        for command in re.findall(r"app\.py ([a-z][a-z-]+)", page.read_text("utf-8"))
    }
    assert named
    commands = set(cli.list_commands(Context(cli)))
    assert {(page, command) for page, command in named if command not in commands} == set()
    table = (ROOT / "docs/operate.md").read_text("utf-8").partition("## Commands")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z-]+)[ `]", table)) >= commands


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text("utf-8"), re.M)}
    assert named <= targets


def rule_of(chain: Chain) -> str:
    rules = Settings.model_fields[f"{name_of(chain)}_finality"].default
    return rules[0] if len(set(rules)) == 1 else " / ".join(rules)


def hosts_of(*urls: str) -> list[str]:
    return [str(urlsplit(url).hostname) for url in urls]


def test_the_table_of_coins_agrees_with_the_code() -> None:
    wanted = {
        (
            f"{asset.name.partition(' (')[0]} ({asset.ticker})",
            NETWORKS[asset.chain],
            rule_of(asset.chain),
            f"{asset.format(asset.least_units)} {asset.ticker}",
            f"{asset.format(asset.dust_units)} {asset.ticker}",
            ", ".join(hosts_of(*PUBLIC.servers[asset.chain])),
        )
        for asset in ASSETS.values()
    }
    text = (ROOT / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert set(rows[1:]) == wanted
    assert "up to 50 / 1,000 / above" in text
    assert Settings.model_fields["finality_limits"].default == (50, 1000)


def test_the_default_servers_are_those_that_the_page_about_trust_names_and_of_several_operators() -> None:
    table = (ROOT / "docs/trust.md").read_text("utf-8").partition("### Who is asked")[2].partition("\n### ")[0]
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \| .+? \|$", table, re.MULTILINE))
    for chain, urls in PUBLIC.servers.items():
        asked = [*hosts_of(*urls), *(hosts_of(*PUBLIC.ltc_blockbook_urls) if chain is Chain.LTC else ())]
        assert re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", rows[NETWORKS[chain]]) == asked
        assert len({operator_of(host) for host in asked}) >= 2, chain


def test_the_pictures_are_the_recorded_ones() -> None:
    known = json.loads(pictures.SHOWN.read_text("utf-8"))
    assert [*known] == [scene.name for scene in pictures.SCENES]
    for name, picture in known.items():
        assert pictures.digest(pictures.FOLDER / f"{name}.png") == picture["sha256"], f"{name}: make pictures"
        assert f"docs/pictures/{name}.png" in (ROOT / "README.md").read_text("utf-8")


def test_every_command_says_what_it_does() -> None:
    context = Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None and command.name == name
        assert command.help, name
