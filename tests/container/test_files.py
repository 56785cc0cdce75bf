"""The deployment files: the compose file, the scripts, and the page about licences."""

import importlib.metadata
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from tests.container.engine import OUTSIDE_ADDRESS, REQUIRED
from tests.e2e.driver import ROOT
from tests.patience import DEADLINE_S

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SHOP, CADDY = COMPOSE["services"]["souk"], COMPOSE["services"]["caddy"]
SCRIPTS = (
    "public-url",
    "as-service",
    "install-libraries",
    "tests/container/install",
    "tests/nodes/install",
    "tests/install-browser",
    ".ci/run",
)


def test_a_shop_that_polls_publishes_nothing() -> None:
    assert "ports" not in SHOP
    assert "container_name" not in SHOP
    assert CADDY["profiles"] == ["webhook"]
    assert CADDY["ports"] == ["80:80", "443:443"]


def test_every_service_has_limits_and_few_privileges() -> None:
    for service in (SHOP, CADDY):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
        assert re.search(r"[0-9]+m\b", service["mem_limit"])
        assert service["stop_grace_period"] == "20s"
    assert SHOP["tmpfs"] == ["/tmp:size=64m,mode=1777"]
    assert SHOP["healthcheck"]["test"][0] == "CMD"


def test_caddy_does_not_wait_for_a_shop_that_is_unhealthy_without_it() -> None:
    assert CADDY["depends_on"] == {"souk": {"condition": "service_started"}}


def values(node: Any) -> Iterator[Any]:
    """Yield every environment value in the file."""
    for service in node["services"].values():
        yield from service.get("environment", {}).values()


def test_environment_values_are_text_and_images_are_pinned() -> None:
    assert all(isinstance(value, str) for value in values(COMPOSE))
    assert re.fullmatch(r"caddy:2-alpine@sha256:[0-9a-f]{64}", CADDY["image"])


@pytest.mark.skipif(not REQUIRED and shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", SCRIPTS)
def test_shellcheck_has_nothing_to_say(script: str) -> None:
    checked = subprocess.run(["shellcheck", str(ROOT / script)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("unshare") is None, reason="needs a network of its own (root)")
@pytest.mark.parametrize(
    ("addresses", "url"),
    [
        ([OUTSIDE_ADDRESS], "https://192-0-2-7.sslip.io"),
        (["10.0.0.3", "172.20.1.1", "100.64.0.9", "192.168.1.2", "198.51.100.20"], "https://198-51-100-20.sslip.io"),
        (["10.0.0.3", "172.31.1.1", "127.0.0.9"], ""),
        ([], ""),
    ],
)
def test_a_server_without_a_domain_finds_its_own_name(addresses: list[str], url: str) -> None:
    named = " && ".join(f"ip address add {each}/32 dev lo scope global" for each in addresses) or "true"
    command = ["unshare", "--net", "sh", "-c", f"{named} && ip link set lo up && {ROOT}/public-url"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert told.stdout.strip() == url
    assert (told.returncode, "set PUBLIC_URL yourself" in told.stderr) == ((0, False) if url else (1, True))


def brought_along(name: str, found: set[str]) -> set[str]:
    """Return the libraries that a library needs, including itself, as installed here."""
    normal = normalized(name)
    if normal not in found:
        found.add(normal)
        for line in importlib.metadata.distribution(name).requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                brought_along(needed.name, found)
    return found


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_page_about_licences_names_every_library() -> None:
    page = (ROOT / "docs/licences.md").read_text()
    table = " ".join(re.findall(r"^\| [^|]+ \| (.*) \|$", page, re.MULTILINE))
    named = {normalized(word) for word in re.findall(r"[\w.-]+", table)}
    found: set[str] = set()
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        if line[:1].isalpha():
            brought_along(Requirement(line.partition("#")[0].strip()).name, found)
    assert found - named == set()
