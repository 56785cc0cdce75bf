"""The Bot API's refusals."""

from http import HTTPStatus

BLOCKED = "Forbidden: bot was blocked by the user"
METHOD_NOT_FOUND = "Not Found: method not found"


class BotApiError(Exception):
    """Refuse a method call with `{"ok": false, "error_code": code, "description": …}` and status `code`."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code = int(code)
        self.description = description
        self.retry_after = retry_after


def bad_request(text: str) -> BotApiError:
    """Build a 400, by far the most common refusal."""
    return BotApiError(HTTPStatus.BAD_REQUEST, f"Bad Request: {text}")


def blocked() -> BotApiError:
    """Build the 403 for a user who blocked the bot."""
    return BotApiError(HTTPStatus.FORBIDDEN, BLOCKED)


def too_many_requests(wait_s: int) -> BotApiError:
    """Build the 429 for a bot that sends too fast."""
    return BotApiError(HTTPStatus.TOO_MANY_REQUESTS, f"Too Many Requests: retry after {wait_s}", retry_after=wait_s)


def method_not_found() -> BotApiError:
    """Build the 404 for an unknown method."""
    return BotApiError(HTTPStatus.NOT_FOUND, METHOD_NOT_FOUND)
