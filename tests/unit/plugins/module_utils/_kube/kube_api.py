"""Stand-ins of the client's packages, so that units need none of them; the real ones are in integration."""

from __future__ import annotations

import json
import types


class NoAnswer(Exception):
    """No connection."""


class ApiError(Exception):
    def __init__(self, status, reason="", body=None):
        self.status, self.reason, self.body = status, reason, body


class Lost(Exception):
    """A web socket that broke."""


class Pool:
    """What connections answer: a status and a document, or a text, by turns; an error is raised.

    A third of an answer is what it warns of, as its headers have it.
    """

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        self.connection_pool_kw = {"ca_certs": None}

    def request(self, method, url, **more):
        self.asked.append((method, url.removeprefix("https://api"), more))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, found, *warnings = answer
        return types.SimpleNamespace(
            status=status,
            data=(found if isinstance(found, str) else json.dumps(found)).encode(),
            headers=types.SimpleNamespace(getlist=lambda name: warnings if name == "Warning" else []),
        )

    def made(self):
        """What was done, without what was only read."""
        return [(method, path) for method, path, _ in self.asked if method != "GET"]


def packages(pool, stream=None):
    """stream: what an upgrade to a web socket answers, or raises."""

    def open_one(call, *words, **more):
        if isinstance(stream, Exception):
            raise stream
        return stream

    login = {"token": {"in": "header", "key": "authorization", "value": "Bearer t"}}
    configuration = types.SimpleNamespace(host="https://api", verify_ssl=True, auth_settings=lambda: login)
    made = types.SimpleNamespace(configuration=configuration, rest_client=types.SimpleNamespace(pool_manager=pool))
    core = types.SimpleNamespace(connect_get_namespaced_pod_exec=None, connect_get_namespaced_pod_portforward=None)
    return {
        "kubernetes.config": types.SimpleNamespace(new_client_from_config=lambda *_, **__: made),
        "kubernetes.client": types.SimpleNamespace(CoreV1Api=lambda _: core, ApiClient=lambda _: None),
        "kubernetes.client.exceptions": types.SimpleNamespace(ApiException=ApiError),
        "kubernetes.stream": types.SimpleNamespace(stream=open_one, portforward=open_one),
        "urllib3.exceptions": types.SimpleNamespace(HTTPError=NoAnswer),
        "websocket": types.SimpleNamespace(WebSocketException=Lost),
    }
