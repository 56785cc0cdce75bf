"""Errors that an emulated node answers with."""


class NodeError(Exception):
    """An error object of JSON-RPC."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
