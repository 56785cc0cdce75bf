"""Speaks JSON-RPC 2.0 to one server: single calls, and batches as large as the server allows."""

import re
from collections.abc import Callable, Sequence

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, RateLimited, Rejected, Unavailable
from shop.chains.servers import Provider

METHOD_NOT_FOUND = -32601
_INVALID_REQUEST = -32600
_PARSE_ERROR = -32700
_NO_LISTS = frozenset({METHOD_NOT_FOUND, _INVALID_REQUEST, _PARSE_ERROR})
"""Error codes of servers that do not support batches (JSON-RPC 2.0, section 5.1)."""
_UNDONE = ("response too large", "request timed out")
"""What go-ethereum says in place of the calls of a batch that it did not get to (`rpc/errors.go`)."""
_LARGEST_BATCH = 50
_NAMED_SIZE = re.compile(r"(?:more than|at most|maximum|max|limit|up to)\D{0,20}(\d{1,4})")
_LIMIT_WORDS = (
    *("rate limit", "too many requests", "request limit", "frequency limit"),
    *("daily usage", "quota", "capacity"),
)

Call = tuple[str, Sequence[object]]
"""A method and its parameters."""


class RpcError(BadAnswer):
    """The server answered with an error object; `text` is what it says, never shown."""

    def __init__(self, provider: str, code: int, text: str) -> None:
        super().__init__(provider, f"JSON-RPC error {code}")
        self.code = code
        self.text = text


class JsonRpc:
    """One server. `path` follows its base URL. `first` is called before each request, and may raise ProviderError."""

    def __init__(self, provider: Provider, *, path: str = "", first: Callable[[], None] = lambda: None) -> None:
        self.provider = provider
        self._path = path
        self._first = first
        self._most_calls = _LARGEST_BATCH

    def call(self, method: str, *params: object) -> JsonValue:
        """Make one call; the result may be JSON's null.

        Raises:
            RpcError: the server answered with an error.
            ProviderError: it did not answer.
        """
        return self._result(self._post(_request(1, method, params)))

    def batch(self, calls: Sequence[Call]) -> list[JsonValue | RpcError]:
        """Make several calls at once; each has its own result or error, in the order of the calls.

        Raises:
            ProviderError: no answer at all.
        """
        found: list[JsonValue | RpcError] = []
        most = self._most_calls
        while len(found) < len(calls):
            some = calls[len(found) : len(found) + most]
            if len(some) == 1:
                found.append(self._one(*some[0]))
                continue
            try:
                found += self._batch(some)
            except (RpcError, Rejected) as error:  # a lone error for a whole batch
                most = self._smaller(error, len(some))
        return found

    def _smaller(self, error: RpcError | Rejected, tried: int) -> int:
        """Return how many calls to batch after a batch was refused.

        A refusal of batches is remembered. Anything else may be temporary: this time, the calls are made one by one.
        """
        text = error_text(error)
        if "batch" in text:
            named = [int(number) for number in _NAMED_SIZE.findall(text)]
            self._most_calls = max((number for number in named if 0 < number < tried), default=tried // 2)
            return self._most_calls
        if isinstance(error, Rejected) or error.code in _NO_LISTS:
            self._most_calls = 1
        return 1

    def _one(self, method: str, params: Sequence[object]) -> JsonValue | RpcError:
        try:
            return self.call(method, *params)
        except RpcError as error:
            return error

    def _batch(self, calls: Sequence[Call]) -> list[JsonValue | RpcError]:
        reply = self._post([_request(number, *call) for number, call in enumerate(calls)])
        if not reply.is_list:
            self._result(reply)
            raise RpcError(self.provider.name, _INVALID_REQUEST, "not a list of answers")
        found: dict[int, JsonValue | RpcError] = {}
        for item in reply.items():
            number = item.get("id")
            if number is None:
                self._result(item)
                raise RpcError(self.provider.name, _INVALID_REQUEST, "an answer to no request")
            try:
                found[number.integer] = self._result(item)
            except RpcError as error:
                found[number.integer] = error
        if set(found) != set(range(len(calls))):
            raise BadAnswer(self.provider.name, "a batch with answers missing")
        return [found[number] for number in range(len(calls))]

    def _post(self, body: object) -> JsonValue:
        self._first()
        try:
            return self.provider.post(self._path, body).json()
        except NotFound:
            raise RpcError(self.provider.name, METHOD_NOT_FOUND, "") from None
        except (Rejected, Unavailable) as error:  # some servers send the error object with status 4xx or 500
            behind = self._error_object(error.body)
            if behind is not None:
                return behind
            if isinstance(error, Rejected) and _is_limit(error_text(error)):
                raise RateLimited(self.provider.name, "too many requests") from None
            raise

    def _error_object(self, body: bytes) -> JsonValue | None:
        try:
            answer = JsonValue.parse(body, provider=self.provider.name)
        except BadAnswer:
            return None
        error = answer.get("error") if answer.is_object else None
        return answer if error is not None and error.is_object else None

    def _result(self, reply: JsonValue) -> JsonValue:
        error = reply.get("error") or reply.get("Error")  # TronGrid, for errors before the node sees the request
        if error is None:
            return reply.member("result")
        if not error.is_object:
            found = RpcError(self.provider.name, 0, _text(error))
        else:
            code = error.get("code")
            found = RpcError(self.provider.name, 0 if code is None else code.error_code, _text(error.get("message")))
        if found.code == 429 or _is_limit(error_text(found)):
            raise RateLimited(self.provider.name, "too many requests")
        raise found


def settled(answer: JsonValue | RpcError) -> JsonValue:
    """Take an answer out of a batch, or raise the error that is there instead."""
    if isinstance(answer, RpcError):
        raise answer
    return answer


def is_undone(answer: JsonValue | RpcError) -> bool:
    """Return whether a server stopped before this call of a batch, because the answer grew too large or took too
    long.
    """
    return isinstance(answer, RpcError) and any(words in error_text(answer) for words in _UNDONE)


def error_text(error: RpcError | Rejected) -> str:
    """Read what a server said about an error, in small letters, to look for words in it."""
    text = error.text if isinstance(error, RpcError) else error.body.decode("utf-8", "replace")
    return text.lower()


def _text(answer: JsonValue | None) -> str:
    return answer.text[:500] if answer is not None and answer.is_text else ""


def _is_limit(text: str) -> bool:
    return "batch" not in text and any(word in text for word in _LIMIT_WORDS)


def _request(number: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
