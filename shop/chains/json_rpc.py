"""Speak JSON-RPC 2.0 to one server: single calls, and batches where the server takes them."""

from collections.abc import Sequence

from shop.chains.answers import JsonValue
from shop.chains.errors import BadAnswer, NotFound, RateLimited, Rejected
from shop.chains.servers import Provider

METHOD_NOT_FOUND = -32601
_LIMIT_WORDS = ("rate limit", "too many requests", "request limit", "quota", "capacity", "exceeded the limit")

Call = tuple[str, Sequence[object]]
"""A method and its parameters."""


class RpcError(BadAnswer):
    """The server answered with an error object; `text` is what it says, never shown to anybody."""

    def __init__(self, provider: str, code: int, text: str) -> None:
        super().__init__(provider, f"JSON-RPC error {code}")
        self.code = code
        self.text = text


class JsonRpc:
    """One server. `path` follows its base URL."""

    def __init__(self, provider: Provider, *, path: str = "") -> None:
        self.provider = provider
        self._path = path
        self._takes_batches = True

    def call(self, method: str, *params: object) -> JsonValue:
        """Ask one question; the result may be JSON's null.

        Raises:
            RpcError: the server answered with an error.
            ProviderError: it did not answer.
        """
        return self._result(self._post(_request(1, method, params)))

    def batch(self, calls: Sequence[Call]) -> list[JsonValue | RpcError]:
        """Ask several questions at once; each has its own result or error, in the order of the calls.

        Raises:
            ProviderError: no answer at all.
        """
        if self._takes_batches and len(calls) > 1:
            try:
                return self._batch(calls)
            except (RpcError, Rejected) as error:  # a lone error for a whole batch: this server takes none
                if isinstance(error, RpcError) and _is_limit(error):
                    raise RateLimited(self.provider.name, "too many questions") from None
                self._takes_batches = False
        return [self._one(method, params) for method, params in calls]

    def _one(self, method: str, params: Sequence[object]) -> JsonValue | RpcError:
        try:
            return self.call(method, *params)
        except RpcError as error:
            return error

    def _batch(self, calls: Sequence[Call]) -> list[JsonValue | RpcError]:
        reply = self._post([_request(number, *call) for number, call in enumerate(calls)])
        if not reply.is_list:
            self._result(reply)
            raise RpcError(self.provider.name, 0, "no list for a batch")
        found: dict[int, JsonValue | RpcError] = {}
        for item in reply.items():
            number = item.get("id")
            if number is None:
                raise RpcError(self.provider.name, 0, "an answer to nothing")
            try:
                found[number.integer] = self._result(item)
            except RpcError as error:
                found[number.integer] = error
        if set(found) != set(range(len(calls))):
            raise BadAnswer(self.provider.name, "a batch with answers missing")
        return [found[number] for number in range(len(calls))]

    def _post(self, body: object) -> JsonValue:
        try:
            return self.provider.post(self._path, body).json()
        except NotFound:
            raise RpcError(self.provider.name, METHOD_NOT_FOUND, "") from None
        except Rejected as error:  # some servers put the error object behind a 4xx
            answer = JsonValue.parse(error.body, provider=self.provider.name)
            if answer.is_list or not answer.is_object or answer.get("error") is None:
                raise
            return answer

    def _result(self, reply: JsonValue) -> JsonValue:
        error = reply.get("error")
        if error is None:
            return reply.member("result")
        if not error.is_object:
            raise RpcError(self.provider.name, 0, error.text if error.is_text else "")
        message, code = error.get("message"), error.get("code")
        found = RpcError(
            self.provider.name,
            0 if code is None else code.error_code,
            message.text[:500] if message is not None else "",
        )
        if found.code == 429:
            raise RateLimited(self.provider.name, "too many questions")
        raise found


def settled(answer: JsonValue | RpcError) -> JsonValue:
    """Take the answer out of a batch, or raise the error that is there instead."""
    if isinstance(answer, RpcError):
        if _is_limit(answer):
            raise RateLimited(answer.provider, "too many questions")
        raise answer
    return answer


def _is_limit(error: RpcError) -> bool:
    return any(word in error.text.lower() for word in _LIMIT_WORDS)


def _request(number: int, method: str, params: Sequence[object]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": list(params)}
