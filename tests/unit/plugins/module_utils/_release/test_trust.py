"""A signature is looked for wherever cosign may have put it, whatever a registry says of its lists."""

from __future__ import annotations

import io
import json
import urllib.error
from email.message import Message
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import (
    ANONYMOUS,
    Registry,
    digest_of,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.trust import SIGNATURE, SIMPLE_TYPE, Trust

# Made with cosign v3.1.3 and a key that was thrown away.
SIGNED = json.loads((Path(__file__).parent / "signed.json").read_text())
DIGEST = SIGNED["digest"]
PAYLOAD = SIGNED["payload"].encode()
REPOSITORY = "registry.example.org/releases"


class Answer(io.BytesIO):
    headers = Message()


class Written:
    """A transport that answers by the end of the URL, and else that there is nothing; a number is an error."""

    def __init__(self, **answers):
        self._answers = answers

    def open(self, url, headers, secret_headers):
        kind = "referrers" if "/referrers/" in url else "signature" if url.endswith(".sig") else "payload"
        answer = self._answers.get(kind, 404) if "/manifests/" not in url or kind == "signature" else 404
        if isinstance(answer, int):
            raise urllib.error.HTTPError(url, answer, "refused", Message(), None)
        return Answer(answer)


def signature(*signatures):
    layers = [
        {"mediaType": SIMPLE_TYPE, "digest": digest_of(PAYLOAD), "annotations": {SIGNATURE: one}} for one in signatures
    ]
    return json.dumps({"layers": layers}).encode()


def check(**answers):
    registry = Registry(REPOSITORY, Written(**answers))
    return Trust(key=SIGNED["key"]).check("the release", registry, REPOSITORY, DIGEST, ANONYMOUS)


@pytest.mark.parametrize("referrers", [404, 429, 400, 405, 406, b"<html>", b'{"errors": []}'])
def test_a_signature_is_found_without_a_list_of_referrers(referrers):
    assert check(referrers=referrers, signature=signature(SIGNED["signature"]), payload=PAYLOAD) == "key"


@pytest.mark.parametrize(
    ("referrers", "expected"),
    [
        (404, r"has no signature of cosign for it\. A mirror"),
        (429, r"has no signature of cosign for it, as far as it can be listed \(.*429.*\)\. A mirror"),
        (b"<html>", r"has no signature of cosign for it, as far as it can be listed \(.* is no JSON.*\)\. A mirror"),
    ],
)
def test_why_no_signature_was_listed_is_told(referrers, expected):
    with pytest.raises(ReleaseError, match=expected):
        check(referrers=referrers)


def test_a_signature_that_is_no_base64_hides_none_behind_it():
    assert check(signature=signature("AA\u00e4A", SIGNED["signature"]), payload=PAYLOAD) == "key"


def test_a_list_that_can_not_be_had_makes_no_other_signature_valid():
    with pytest.raises(ReleaseError, match=r"is not signed by the key.*is no base64.*429"):
        check(referrers=429, signature=signature("AA\u00e4A"), payload=PAYLOAD)
