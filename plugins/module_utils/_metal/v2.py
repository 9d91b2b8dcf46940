# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls of API v2 (metal-apiserver) by the SDK `metal-stack-api`. Knows no Ansible.

Requests and answers are plain values in the form of protobuf's JSON, with the names of the .proto files.
"""

from __future__ import annotations

import re
import time
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import credentials, library, retry
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import (
    BadInput,
    Busy,
    Conflict,
    Forbidden,
    MetalError,
    NoSuchApi,
    NotFound,
    Refused,
    ServerFailed,
    Throttled,
    Unauthenticated,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V2, Endpoint

Message = dict[str, t.Any]
# Codes of Connect by their name on the wire; metal-apiserver's errorutil says which it gives for what.
ERRORS: dict[str, type[MetalError]] = {
    "not_found": NotFound,
    "already_exists": Conflict,
    "aborted": Conflict,
    "unauthenticated": Unauthenticated,
    "permission_denied": Forbidden,
    "unavailable": Unreachable,
    "deadline_exceeded": Unreachable,
    "internal": ServerFailed,
    "unknown": ServerFailed,
    "data_loss": ServerFailed,
    "unimplemented": NoSuchApi,
    "resource_exhausted": Throttled,
}
# The server behind it that keeps projects and tenants says so with the code of a failed precondition.
LOCKED = "optimistic lock error"
# metal-apiserver (pkg/rate-limiter): by default 100 calls of a token a minute; newer ones let admin tokens pass.
BUSY = "rate limit"


class ClientV2:
    """One API server; a connection is made with the first call."""

    def __init__(
        self,
        endpoint: Endpoint,
        sleep: retry.Sleep = time.sleep,
        clock: credentials.Clock = credentials.utc,
        tell: retry.Tell = lambda text: None,
    ) -> None:
        """tell: is told when a call has to wait."""
        self._endpoint = endpoint
        self._sleep = sleep
        self._clock = clock
        self._tell = tell
        self._http: t.Any = None

    def read(self, package: str, kind: str, method: str, request: Message | None = None) -> Message:
        """A call that changes nothing; it gets several attempts."""
        return retry.reading(lambda: self.call(package, kind, method, request), self._sleep)

    def call(self, package: str, kind: str, method: str, request: Message | None = None) -> Message:
        """Such as ``("admin", "partition", "Update", {...})``: metalstack.admin.v2.PartitionService/Update.

        Waits while the server takes no more calls in this minute.
        """
        return retry.patient(lambda: self.once(package, kind, method, request), self._sleep, self._tell)

    def once(self, package: str, kind: str, method: str, request: Message | None = None) -> Message:
        """The same, and nothing is waited for."""
        sdk = _sdk()
        service, message = self._message(package, kind, method, request or {})
        client_class = getattr(library.load(V2, f"metalstack.{package}.v2.{kind}_connect"), f"{service}ClientSync")
        client = client_class(self._endpoint.url, http_client=self._client())
        headers = {"Authorization": f"Bearer {self._endpoint.token}"} if self._endpoint.token else {}
        try:
            answer = getattr(client, _snake(method))(message, headers=headers)
        except sdk.errors.ConnectError as error:
            raise self._error(f"{service}/{method}", error.code.value, error.message) from error
        return t.cast(Message, sdk.json_format.MessageToDict(answer, preserving_proto_field_name=True))

    def problems(self, package: str, kind: str, method: str, request: Message) -> list[str]:
        """What the API's own rules (protovalidate) have against a request, without sending it."""
        protovalidate = library.load(V2, "protovalidate")
        try:
            _service, message = self._message(package, kind, method, request)
            protovalidate.validate(message)
        except BadInput as error:
            return error.problems
        except protovalidate.ValidationError as error:
            return [f"{_path(one.proto.field)}: {one.proto.message}" for one in error.violations]
        return []

    def _message(self, package: str, kind: str, method: str, request: Message) -> tuple[str, t.Any]:
        sdk = _sdk()
        module = library.load(V2, f"metalstack.{package}.v2.{kind}_pb2")
        service = next(iter(module.DESCRIPTOR.services_by_name.values()))
        message = sdk.message_factory.GetMessageClass(service.methods_by_name[method].input_type)()
        try:
            sdk.json_format.ParseDict(request, message)
        except sdk.json_format.ParseError as error:
            raise BadInput([str(error)]) from error
        return service.name, message

    def _client(self) -> t.Any:
        if self._http is None:
            pyqwest = library.load(V2, "pyqwest")
            authorities = None
            if self._endpoint.ca_path:
                try:
                    authorities = Path(self._endpoint.ca_path).read_bytes()
                except OSError as error:
                    raise BadInput([f"ca_path {self._endpoint.ca_path}: {error.strerror}"]) from error
            self._http = pyqwest.SyncClient(
                transport=pyqwest.SyncHTTPTransport(
                    http_version=pyqwest.HTTPVersion.HTTP2, timeout=self._endpoint.timeout, tls_ca_cert=authorities
                )
            )
        return self._http

    def _error(self, what: str, code: str, message: str) -> MetalError:
        text = f"{what} at {self._endpoint.url}: {message} ({code})"
        if code == "unauthenticated" and self._endpoint.token:
            text += f"; {credentials.about_token(self._endpoint.token, self._clock())}"
        elif code == "permission_denied":
            text += "; reading needs a token of an admin role, writing one of the admin role editor"
        elif code == "unimplemented":
            text += "; is api_url that of API v2, and is the server new enough?"
        elif code == "deadline_exceeded":
            text += f"; no answer within {self._endpoint.timeout:g} s (api_timeout)"
        if LOCKED in message:
            return Conflict(text)
        if code == "resource_exhausted" and BUSY in message:
            return Busy(text)
        return ERRORS.get(code, Refused)(text)


class _Sdk(t.NamedTuple):
    errors: t.Any
    json_format: t.Any
    message_factory: t.Any


def _sdk() -> _Sdk:
    return _Sdk(
        library.load(V2, "connectrpc.errors"),
        library.load(V2, "google.protobuf.json_format"),
        library.load(V2, "google.protobuf.message_factory"),
    )


def _snake(method: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", method).lower()


def _path(field: t.Any) -> str:
    """``size.constraints[0].min`` of a violation's field path."""
    steps = []
    for element in field.elements:
        subscript = element.subscript
        shown = "" if subscript is None else f"[{subscript.value}]"
        steps.append(f"{element.field_name}{shown}")
    return ".".join(steps) or "the request"
