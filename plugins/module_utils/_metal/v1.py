# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to API v1 (metal-api) by the SDK `metal-python`. Knows no Ansible.

Bodies and answers are plain values as in the API's description; the SDK's models would refuse fields that they do not
know yet.
"""

from __future__ import annotations

import contextlib
import json
import time
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import credentials, library, retry
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import (
    BadInput,
    Conflict,
    Forbidden,
    MetalError,
    NoSuchApi,
    NotFound,
    Refused,
    ServerFailed,
    Unauthenticated,
    Unreachable,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, Endpoint
from ansible_collections.metalstack.autonomous.plugins.module_utils._net import tls

# The texts by which a server says that the object is not the one that it was (datastore/rethinkdb.go, and
# masterdata-api's datastore/postgres.go). An update of a partition gives them with the status of bad input.
MODIFIED = ("was changed from another", "was already modified", "optimistic lock error")
# A user that is known and lacks a group or tenant; every other 403 means that the user is not known.
LACKS_RIGHT = ("you are not member in one of", "not allowed")


class ClientV1:
    """One API server."""

    def __init__(
        self, endpoint: Endpoint, sleep: retry.Sleep = time.sleep, clock: credentials.Clock = credentials.utc
    ) -> None:
        self._endpoint = endpoint
        self._sleep = sleep
        self._clock = clock
        self._driver: t.Any = None

    def read(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """A request that changes nothing, such as a GET or a POST to ``…/find``; it gets several attempts."""
        return retry.reading(lambda: self.call(method, path, body), self._sleep)

    def call(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """The answer's JSON. ``path`` begins with ``/v1/``; a query may follow."""
        rest, urllib3 = library.load(V1, "metal_python.rest"), library.load(V1, "urllib3")
        timeout = self._endpoint.timeout
        try:
            answer = self._client().call_api(
                path,
                method,
                body=body,
                header_params={"Accept": "application/json"},
                response_type="object",
                auth_settings=["jwt"] if self._endpoint.token else [],
                _return_http_data_only=True,
                _request_timeout=(timeout, timeout),
            )
        except rest.ApiException as error:
            raise self._error(f"{method} {self._endpoint.url}{path}", error) from error
        except urllib3.exceptions.TimeoutError as error:
            raise Unreachable(
                f"{method} {self._endpoint.url}{path}: no answer within {timeout:g} s (api_timeout)"
            ) from error
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(f"{method} {self._endpoint.url}{path}: {error}") from error
        if isinstance(answer, str) and answer:
            # The SDK gives what is no JSON as a text; API v1 has no answer that is one.
            raise NoSuchApi(
                f"{method} {self._endpoint.url}{path}: expected JSON, found other text; is api_url that of API v1?"
            )
        return answer

    def _client(self) -> t.Any:
        """The SDK's, with the time-outs, authorities and retries of ours: its own are fixed."""
        if self._driver is None:
            endpoint = self._endpoint
            try:
                trusting = tls.context(cafile=endpoint.ca_path)
            except OSError as error:
                raise BadInput([f"ca_path {endpoint.ca_path}: expected a file with certificates: {error}"]) from error
            driver = library.load(V1, "metal_python.driver").Driver(
                endpoint.url, endpoint.token, endpoint.hmac, endpoint.hmac_user
            )
            # Where DEBUG=1 is set the SDK would print every header, the credentials among them.
            driver.config.debug = False
            pool = driver.client.rest_client.pool_manager.connection_pool_kw
            pool["ca_certs"] = endpoint.ca_path
            pool["ssl_context"] = trusting
            pool["retries"] = False
            self._driver = driver
        return self._driver.client

    def _error(self, what: str, error: t.Any) -> MetalError:
        status = error.status
        if not status:
            return Unreachable(f"{what}: {error.reason}")
        message, of_api = _message(error.body)
        text = f"{what}: {message or error.reason} (HTTP {status})"
        if any(mark in message for mark in MODIFIED):
            return Conflict(text)
        if status in (401, 403) and not of_api:
            return NoSuchApi(f"{text}; expected an answer of API v1 itself; is api_url that of API v1?")
        if status == 401 or (status == 403 and not any(mark in message for mark in LACKS_RIGHT)):
            return Unauthenticated(f"{text}; {self._about(message, error.headers)}")
        if status == 404:
            if of_api:
                return NotFound(text)
            return NoSuchApi(f"{text}; is api_url that of API v1, with the path that it may have?")
        if status >= 500:
            return ServerFailed(text)
        return {403: Forbidden, 409: Conflict}.get(status, Refused)(text)

    def _about(self, message: str, headers: t.Mapping[str, str] | None) -> str:
        now = self._clock()
        if self._endpoint.token:
            return credentials.about_token(self._endpoint.token, now)
        return credentials.about_hmac(message, (headers or {}).get("Date"), now)


def _message(body: t.Any) -> tuple[str, bool]:
    """Of the API's error object; the text itself, and false, from whatever else answers."""
    with contextlib.suppress(TypeError, ValueError, KeyError):
        said = json.loads(body)
        return str(said["message"]), "statuscode" in said
    return str(body or "").strip()[:200], False
