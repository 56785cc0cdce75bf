"""Run `python app.py` with unlimited announcement speed, so that a test reaches thousands of people in seconds."""

import os
from pathlib import Path

from commands.serving import run_shop
from locales import Languages
from shop.payments.assembly import Rhythm
from shop.settings.loading import load
from web.server import until_a_signal

if __name__ == "__main__":
    settings = load(os.environ, Path(".env"), languages=Languages.found().codes)
    with until_a_signal() as stack:
        run_shop(settings, stack, rhythm=Rhythm(announcements_a_second=10_000))
