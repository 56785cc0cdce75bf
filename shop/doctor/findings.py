"""One line of an examination: what was checked, its state, and the cure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """A level of health. The numbers are the exit codes of monitoring plug-ins (Nagios Plugin Development
    Guidelines).
    """

    OK = 0
    WARNING = 1
    FAILURE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding about one subject; `cure` says what to do, and is empty only if all is well."""

    subject: str
    verdict: Level
    text: str
    cure: str = ""

    def as_json(self) -> dict[str, str]:
        """Write it for a program."""
        return {
            "subject": self.subject,
            "verdict": self.verdict.name.lower(),
            "text": self.text,
            "cure": self.cure,
        }


def ok(subject: str, text: str) -> Finding:
    """All is well."""
    return Finding(subject, Level.OK, text)


def warning(subject: str, text: str, cure: str) -> Finding:
    """The shop works, but something should be done."""
    return Finding(subject, Level.WARNING, text, cure)


def failure(subject: str, text: str, cure: str) -> Finding:
    """Something does not work."""
    return Finding(subject, Level.FAILURE, text, cure)


def worst(found: Iterable[Finding]) -> Level:
    """Sum up an examination."""
    return Level(max((each.verdict.value for each in found), default=0))
