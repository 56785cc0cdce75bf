"""`app.py version`: which Souk this is, and whether it fits your database."""

import click

from commands.shared import key_of, read_settings, told_plainly
from shop.version import VERSION
from storage.inspection import inspect, steps_missing
from storage.migrations import steps


@click.command()
@click.option("--check", is_flag=True, help="Check the database too, without changing it or using the network.")
def version(check: bool) -> None:
    """Print the version. With --check, also say whether this program fits the database."""
    click.echo(f"Souk {VERSION}")
    if check:
        _check()


def _check() -> None:
    found = read_settings()
    click.echo(f"Schema {len(steps())}")
    if not found.database_path.exists():
        click.echo(f"{found.database_path} does not exist yet: the first start creates it.")
        return
    with told_plainly(), inspect(found.database_path, key_of(found)) as file:
        missing, schema = steps_missing(file), file.schema
    if missing:
        copy = f"{found.database_path.name}.before-{schema + 1:04}"
        click.echo(f"{found.database_path} has schema {schema}: the next start upgrades it, after a copy to {copy}.")
    else:
        click.echo(f"{found.database_path} has this schema.")
