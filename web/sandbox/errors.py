"""Refusals of the sandbox: a sentence for the person using the page, and the HTTP status that goes with it."""

from http import HTTPStatus

from shop.errors.refusals import OperatorError


class SandboxError(OperatorError):
    """A refused request to the sandbox's own API, or saved state that cannot be read.

    Shown as `{"error": sentence}` with `status`. The shop never sees it: the emulated servers answer in the words of
    the servers they imitate.
    """

    def __init__(self, sentence: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = int(status)
