"""A server in front of the honest emulators that changes some of their answers."""

import io
import json
from collections.abc import Callable

from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request, Response

PREFIX = "/liar"


class Liar:
    """A WSGI application: the honest one answers requests below `/liar`, and then the answer is changed.

    `change` gets the request (parsed JSON, or None) and the answer, and returns the answer to give instead: a JSON
    value, or a whole `Response`.
    """

    def __init__(self, honest: Callable, change: Callable) -> None:
        self._honest = honest
        self.change = change
        self.questions = []

    def wsgi_app(self, environ, start_response):
        path = environ["PATH_INFO"]
        if not path.startswith(PREFIX):
            return self._honest(environ, start_response)
        sent = Request(environ).get_data()
        question = json.loads(sent) if sent else None
        self.questions.append(question)
        passed_on = {**environ, "PATH_INFO": path.removeprefix(PREFIX), "wsgi.input": io.BytesIO(sent)}
        parts, status, headers = run_wsgi_app(self._honest, passed_on)
        body = b"".join(parts)
        try:
            told = self.change(question, json.loads(body))
        except ValueError:
            told = Response(body, status=status, headers=headers)
        if not isinstance(told, Response):
            told = Response(json.dumps(told), mimetype="application/json")
        return told(environ, start_response)


def each(change: Callable) -> Callable:
    """Extend a change of single calls and their results to batches."""

    def everywhere(question, answer):
        if not isinstance(question, list):
            return change(question, answer)
        calls = {call["id"]: call for call in question}
        return [change(calls[reply["id"]], reply) for reply in answer]

    return everywhere
