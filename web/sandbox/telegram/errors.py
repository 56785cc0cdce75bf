"""The Bot API's refusals."""

from http import HTTPStatus

BLOCKED = "Forbidden: bot was blocked by the user"
METHOD_NOT_FOUND = "Not Found: method not found"


class BotApiError(Exception):
    """A refused call, answered with `{"ok": false, "error_code": code, "description": …}` and HTTP status `code`."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = int(code)
        self.description = description
        self.retry_after = retry_after


def bad_request(text: str) -> BotApiError:
    """Make a 400, as most refusals are."""
    return BotApiError(HTTPStatus.BAD_REQUEST, f"Bad Request: {text}")


def blocked() -> BotApiError:
    """Make the 403 for a person who blocked the bot."""
    return BotApiError(HTTPStatus.FORBIDDEN, BLOCKED)


def too_many_requests(wait_s: int) -> BotApiError:
    """Make the 429 for a bot that is too fast."""
    return BotApiError(HTTPStatus.TOO_MANY_REQUESTS, f"Too Many Requests: retry after {wait_s}", retry_after=wait_s)


def method_not_found() -> BotApiError:
    """Make the 404 for a method that this server does not know."""
    return BotApiError(HTTPStatus.NOT_FOUND, METHOD_NOT_FOUND)
