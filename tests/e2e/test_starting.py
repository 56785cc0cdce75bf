"""What starts where: a shop where a shop is meant, a sandbox for this machine only unless more is said."""

from pathlib import Path

import requests

from tests.e2e.driver import Program


def refused(*arguments: str, cwd: Path, **environ: str) -> tuple[int, str]:
    """Run a command that cannot start; its exit code and its words."""
    program = Program(*arguments, cwd=cwd, **environ)
    _, errors = program.process.communicate(timeout=30)
    return program.process.returncode, errors


def test_a_shop_without_a_token_says_what_is_missing_and_is_no_sandbox(tmp_path: Path) -> None:
    code, errors = refused("serve", cwd=tmp_path)
    assert code == 2
    assert errors.startswith("TOKEN is missing")
    assert errors.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_for_other_machines_has_to_be_meant(tmp_path: Path) -> None:
    for arguments in ((), ("sandbox",)):
        code, errors = refused(*arguments, cwd=tmp_path, WEBAPP_HOST="0.0.0.0")
        assert (code, "--public" in errors, errors.count("\n")) == (1, True, 1)


def test_a_public_sandbox_is_opened_by_its_address_and_by_no_other_name(tmp_path: Path) -> None:
    for arguments, environ in ((("sandbox", "--public"), {}), (("sandbox",), {"SANDBOX_PUBLIC": "1"})):
        program = Program(*arguments, cwd=tmp_path, WEBAPP_HOST="0.0.0.0", **environ)
        address = program.address()
        assert address.startswith("http://127.0.0.1:")
        assert requests.get(address, headers={"Host": "192.0.2.7:8080"}, timeout=10).status_code == 200
        assert requests.get(address, headers={"Host": "shop.example"}, timeout=10).status_code == 403
        assert program.stop()[0] == 0
