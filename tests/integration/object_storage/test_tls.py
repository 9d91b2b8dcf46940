"""An endpoint speaks TLS with a certificate of its own authority, and nothing else."""

from __future__ import annotations

import http.client

import pytest
from botocore.exceptions import BotoCoreError, SSLError
from endpoint import Endpoint


def test_the_authority_of_another_endpoint_is_not_believed(first: Endpoint, second: Endpoint) -> None:
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        first.client("reader", ca=second.ca).list_objects_v2(Bucket=first.bucket)


def test_plain_http_is_not_answered(endpoint: Endpoint) -> None:
    plain = endpoint.client("reader", url=endpoint.url.replace("https:", "http:"))
    with pytest.raises(BotoCoreError):
        plain.list_objects_v2(Bucket=endpoint.bucket)
    connection = http.client.HTTPConnection(endpoint.url.removeprefix("https://"), timeout=10)
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        connection.request("GET", "/")
        connection.getresponse()
