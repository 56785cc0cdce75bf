"""The code is structured as `docs/architecture.md` says."""

import ast
import functools
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from shop.settings.model import Settings

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("commands", "wallet", "storage", "shop", "bot_handlers", "web", "locales")
MODULES = sorted([ROOT / "app.py", *(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))])
TOP_LEVEL = {
    *ROOMS, "app.py", "tests", "docs", ".ci", "Makefile", "Dockerfile", "docker-compose.yml", "Caddyfile",
    "souk.service", "as-service", "install-libraries", "public-url", "pyproject.toml", "requirements.txt",
    "requirements-dev.txt", "constraints.txt", ".env.example", ".editorconfig", ".gitignore", ".dockerignore",
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE",
}  # fmt: skip
HOMES = {
    "telebot": ("bot_handlers/",),
    "peewee": ("storage/",),
    "sqlcipher3": ("storage/",),
    "flask": ("web/", "commands/serving.py"),
    "waitress": ("web/",),
    "requests": ("shop/chains/",),
    "schedule": ("shop/jobs.py",),
    "prometheus_client": ("shop/metrics.py",),
    "ecdsa": ("wallet/",),
    "coincurve": ("wallet/",),
    "base58": ("wallet/",),
    "nacl": ("wallet/",),
    "mnemonic": ("wallet/",),
    "Crypto": ("wallet/",),
    "argon2": ("storage/",),
    "babel": ("locales/",),
    "dotenv": ("shop/settings/sources.py",),
    "pyotp": ("shop/administration/second_factor.py",),
    "segno": ("bot_handlers/screens/",),
    "matplotlib": ("bot_handlers/screens/charts.py",),
    "urllib3": (
        *("bot_handlers/telegram/transport.py", "shop/chains/exchanges.py", "shop/chains/http.py"),
        "web/sandbox/",
    ),
}
SURPRISES_END_AT = ["bot_handlers/updates/bots.py", "bot_handlers/updates/boundary.py", "shop/jobs.py"]
MAX_MODULE_LINES = 450
MIN_MODULE_LINES = 40
MAX_FUNCTION_LINES = 40
SHORT = {
    "app.py": "the command line; what each command needs is loaded when it is called",
    "bot_handlers/telegram/roster.py": "everything below the handlers shares it",
    "shop/chains/operators.py": "one rule: who runs a server",
    "shop/administration/notification_group.py": "one rule: a group that gets another id is followed",
    "bot_handlers/callbacks/account.py": "every subject of the bot has its callbacks",
    "bot_handlers/routes/stars.py": "what one way to pay adds",
    "bot_handlers/callbacks/held_goods.py": "every subject of the bot has its callbacks",
    "bot_handlers/handlers/held_goods.py": "every subject of the bot has its handlers",
    "bot_handlers/screens/held_goods.py": "every subject of the bot has its screens",
    "shop/support/workload.py": "the counts of the admins' menu, from three subjects",
    "bot_handlers/callbacks/top_ups.py": "every subject of the bot has its callbacks",
    "shop/audit.py": "Context holds it, so it stands below the audit log that owners read",
    "shop/pictures.py": "the catalogue, announcements and the menu share it",
    "shop/tunnels.py": "one server's answer, read once",
    "storage/models/secrets.py": "one table",
    "storage/models/totals.py": "one query, for monitors",
    "wallet/transactions/erc20.py": "one standard",
    "wallet/contracts.py": "a table, which the coins of the shop and the checks of addresses share",
    "wallet/core_dumps.py": "one rule of the process, for the shop and for `python -m wallet`",
    "wallet/wif.py": "one standard",
    "commands/checkpoints.py": "one command",
    "commands/people.py": "two commands about one person",
    "commands/version.py": "one command",
    "commands/words.py": "one command",
    "shop/version.py": "one word, in one place",
    "bot_handlers/routes/table.py": "puts the routes together",
    "web/app_factory.py": "puts the routes together",
    "web/metrics.py": "one route",
    "shop/payments/fair_queue.py": "watches and sweeps share it",
    "shop/payments/moved.py": "what an earlier shop left: its addresses and their keys",
    "shop/payments/providers.py": "a table: one row for each payment provider",
    "web/service_manager.py": "one protocol of systemd's",
    "web/sandbox/chains/callbacks.py": "one set of routes",
    "web/sandbox/chains/errors.py": "what every emulated node answers with",
    "web/sandbox/errors.py": "errors of the whole sandbox",
    "web/sandbox/examples.py": "example files",
    "web/sandbox/goods.py": "example goods",
    "web/sandbox/telegram/errors.py": "errors of the emulated Telegram",
    "web/sandbox/wire.py": "shared by both emulators",
}
"""Modules below `MIN_MODULE_LINES`, each with the reason why it is separate."""


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@functools.cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """List a module's nodes; read once for all tests of this file."""
    return tuple(ast.walk(ast.parse(file.read_text("utf-8"))))


@pytest.fixture(scope="module", autouse=True)
def forget() -> Iterator[None]:
    """Forget what was read, which takes many megabytes."""
    yield
    nodes.cache_clear()


@functools.cache
def imported(file: Path) -> frozenset[str]:
    """Return the top-level packages that a module imports, anywhere in it; read once for all libraries."""
    found = set()
    for node in nodes(file):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def test_the_rooms_import_each_other_in_one_direction() -> None:
    # Run in its own process, because it reconfigures logging, which would silence the loggers of other tests.
    check = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    checked = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_one_home(library: str) -> None:
    users = [name(file) for file in MODULES if library in imported(file)]
    assert users, "a library that nobody imports needs no home"
    assert [user for user in users if not user.startswith(HOMES[library])] == []


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {name(file): len(file.read_text("utf-8").splitlines()) for file in MODULES}
    assert {file: lines for file, lines in lengths.items() if lines > MAX_MODULE_LINES} == {}


def test_no_module_is_a_fragment() -> None:
    lengths = {name(file): len(file.read_text("utf-8").splitlines()) for file in MODULES if file.stem != "__init__"}
    assert {file for file, lines in lengths.items() if lines < MIN_MODULE_LINES} == set(SHORT)


def test_each_subject_of_the_bot_has_one_name_in_every_layer() -> None:
    handlers, screens, callbacks = (
        {file.stem for file in MODULES if file.parent == ROOT / "bot_handlers" / layer}
        for layer in ("handlers", "screens", "callbacks")
    )
    assert handlers == callbacks
    assert screens == handlers | {"screen", "refusals", "charts", "imports"}


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines - len((ast.get_docstring(function, clean=False) or "").splitlines())


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for file in MODULES:
        for node in nodes(file):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > MAX_FUNCTION_LINES:
                long[f"{name(file)}:{node.name}"] = length(node)
    assert long == {}


def test_exception_is_caught_in_only_three_places() -> None:
    found = []
    for file in MODULES:
        for node in nodes(file):
            if isinstance(node, ast.ExceptHandler):
                caught = ast.unparse(node.type) if node.type else "everything"
                raises_again = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
                if re.search(r"\b(Exception|BaseException)\b|everything", caught) and not raises_again:
                    found.append(name(file))
    assert found == SURPRISES_END_AT


def test_the_program_contains_no_asserts() -> None:
    assert [name(file) for file in MODULES if any(isinstance(node, ast.Assert) for node in nodes(file))] == []


PROSE = (
    *("app.py", "commands/", "shop/", "wallet/", "storage/", "web/", "locales/", "bot_handlers/"),
    *("docs/", "README.md", "CONTRIBUTING.md", "SECURITY.md"),
)
"""Folders and documentation pages whose prose has been reviewed: add one when it has."""
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PRONOUN = re.compile(r"(?<![a-z])(he|his|him|himself)(?![a-z])", re.IGNORECASE)


def prose(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments and strings of a module with a pronoun, or a page's lines, with their line numbers."""
    if file.suffix == ".md":
        yield from enumerate(file.read_text("utf-8").splitlines(), start=1)
        return
    with tokenize.open(file) as source:
        text = source.read()
    if PRONOUN.search(text):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type != tokenize.NAME:
                yield token.start[0], token.string


def test_tests_refer_to_people_as_they() -> None:
    found = [
        f"{name(file)}:{number}: {line.strip()[:60]}"
        for file in TESTS
        if file != Path(__file__)
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1)
        if PRONOUN.search(line)
    ]
    assert found == []


def test_people_are_referred_to_as_they() -> None:
    found = [
        f"{name(file)}:{line}: {text.strip()[:60]}"
        for file in (*MODULES, *PAGES)
        if name(file).startswith(PROSE)
        for line, text in prose(file)
        if PRONOUN.search(text)
    ]
    assert found == []


OF_LIBRARIES = {
    "_replace": "a named tuple's, documented so",
    "_meta": "what peewee knows of a model, documented so",
    "_map": "the connections of a waitress server",
    "_getframe": "who called, without the price of a traceback",
}
PRIVATE_IN_TESTS = {
    ("tests/raw_sql.py", "_engine"): "the one place where tests go behind the shop's back, to its database",
    ("tests/plans.py", "_SqlCipher"): "every statement of every connection goes through it",
    ("tests/storage/test_connections.py", "_opened"): "SQLite keeps the files of closed connections open",
    ("tests/bench/simulation.py", "_session"): "months of simulated time leave no room for sockets",
    ("tests/e2e/day.py", "_session"): "a simulated day leaves no room for sockets",
    ("tests/bot_handlers/stage.py", "_in_hand"): "one letter is sent and no other",
    ("tests/bot_handlers/stage.py", "_reports"): "one letter is sent and no other",
    ("tests/bot_handlers/stage.py", "_send"): "one letter is sent and no other",
    ("tests/bot_handlers/letters/test_bots.py", "_reports"): "a report comes late, between two letters",
    ("tests/bot_handlers/letters/test_announcer.py", "_hand"): "in the middle of one recipient",
    ("tests/bot_handlers/letters/test_announcer.py", "_write_down"): "in the middle of one recipient",
    ("tests/bot_handlers/telegram/test_courier.py", "_lanes"): "what is forgotten shows nowhere else",
    ("tests/bot_handlers/telegram/test_courier.py", "_later"): "what is planned twice shows nowhere else",
    ("tests/wallet/test_secp256k1.py", "_table"): "when it is built shows in time alone",
}
"""The program's private names that a test uses, each with its reason. Look for a public way before you add one."""


MAYBE_PRIVATE = re.compile(r"(?<!\bself\.)(?<!\bcls\.)\b_[^_\W]|\.\s*(?:self|cls)\._")
"""Most tests have no such name; only the others are parsed."""


def private_names_of_others(file: Path) -> Iterator[str]:
    text = file.read_text("utf-8")
    for node in ast.walk(ast.parse(text)) if MAYBE_PRIVATE.search(text) else ():
        if isinstance(node, ast.Attribute):
            of = node.value
            if not (isinstance(of, ast.Name) and of.id in ("self", "cls")):
                yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)


def test_tests_go_through_the_front_door() -> None:
    found = {
        (name(file), each)
        for file in TESTS
        for each in private_names_of_others(file)
        if re.match(r"_[^_]", each) and each not in OF_LIBRARIES
    }
    assert found == set(PRIVATE_IN_TESTS)


SHOP = [file for file in MODULES if name(file).startswith("shop/")]
NOT_MONEY = {"shop/chains/http.py"}
"""Connection timeouts are not money."""


SHARED_NAMES = {
    "NotFound": "HTTP's word for a server's answer, and what a customer is told",
    "Receipt": "Ethereum's word for what a transaction did, and what a customer bought",
}
"""Names that two classes of the shop may have: each is the usual word in its own field."""


def test_no_generated_file_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a clone: nothing says which files belong to the project")
    kept = {file.partition("/")[0] for file in listed.stdout.rstrip("\0").split("\0")}
    assert kept == TOP_LEVEL
    assert not [file for file in listed.stdout.split("\0") if file.endswith((".key", ".crt", ".pem", ".db", ".log"))]


def test_no_two_classes_of_the_shop_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for file in SHOP:
        for node in nodes(file):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name(file))
    assert {each for each, files in places.items() if len(files) > 1} == set(SHARED_NAMES)


@pytest.mark.parametrize("file", SHOP, ids=name)
def test_no_float_division_or_rounding_comes_near_money(file: Path) -> None:
    offences = []
    for node in nodes(file):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "round"):
            offences.append(f"{node.func.id}() in line {node.lineno}")
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            offences.append(f"/ in line {node.lineno}")
    assert offences == []


def default_of(field: str) -> str:
    """Return a setting's default as the docs write it."""
    value = Settings.model_fields[field].get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, tuple | list):
        value = ", ".join(str(each) for each in value)
    if hasattr(value, "items"):
        value = ", ".join(f"{key}={each}" for key, each in value.items())
    return f"`{value}`" if value is not None and str(value) else "–"


def rows_of(page: str) -> list[tuple[str, ...]]:
    """Return the rows of a page's tables of settings."""
    return re.findall(r"^\| `([A-Z0-9_]+)` \| (.*?) \| (.*) \|$", (ROOT / page).read_text("utf-8"), re.M)


def row_of(field: str) -> tuple[str, ...]:
    """Return a setting's row as a table should have it."""
    return field.upper(), default_of(field), Settings.model_fields[field].description or ""


def test_the_page_of_settings_agrees_with_the_code() -> None:
    assert sorted(rows_of("docs/settings.md")) == sorted(row_of(field) for field in Settings.model_fields)


def test_the_readme_shows_the_six_settings_that_matter() -> None:
    shown = rows_of("README.md")
    assert len(shown) == 6
    assert shown == [row_of(name.lower()) for name, _, _ in shown]


def test_the_example_env_file_names_only_settings() -> None:
    names = re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.M)
    assert names
    assert [each for each in names if each.lower() not in Settings.model_fields] == []
