"""`app.py checkpoints`: where the header chains of the next release start."""

import sys
import time

import click

from commands.shared import read_settings
from shop.chains.http import HttpClient
from shop.chains.proof.proposals import proposals
from shop.chains.registry import Registry
from shop.version import VERSION


@click.command()
def checkpoints() -> None:
    """Propose checkpoints for the next release. There is one for each chain whose payments headers prove."""
    found, http = read_settings(), HttpClient(version=VERSION)
    registry = Registry(found.providers, http=http, clock=time.time, folder=found.database_path.parent)
    paragraphs, complete = proposals(registry.proof_clients, clock=time.time)
    click.echo("\n".join(paragraphs))
    sys.exit(0 if complete else 1)
