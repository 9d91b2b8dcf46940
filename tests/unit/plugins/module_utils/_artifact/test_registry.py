"""How a registry is asked, against answers that are written down."""

from __future__ import annotations

import base64
import io
import json
import urllib.error
from email.message import Message

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import registry
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.files import ChecksumError
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import (
    Access,
    ImageError,
    Registry,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.transport import NotFound, Unreachable

BASE = "https://registry.example.org/v2/tools/vip"
LOGIN = Access(username="somebody", password="secret")
BASIC = f"Basic {base64.b64encode(b'somebody:secret').decode()}"
CONTENT = b'{"layers": []}'
DIGEST = registry.digest_of(CONTENT)


class Answer(io.BytesIO):
    def __init__(self, content=b"", **headers):
        super().__init__(content)
        self.headers = Message()
        for name, value in headers.items():
            self.headers[name.replace("_", "-")] = value


class Script:
    """A transport that gives the written answers, and keeps what was asked."""

    def __init__(self, *answers):
        self._answers, self.asked = list(answers), []

    def open(self, url, headers, secret_headers):
        self.asked.append((url, secret_headers.get("Authorization", "")))
        code, answer = self._answers.pop(0)
        if code != 200:
            raise urllib.error.HTTPError(url, code, "refused", answer.headers, None)
        return answer


def ok(content=CONTENT, **headers):
    return 200, Answer(content if isinstance(content, bytes) else json.dumps(content).encode(), **headers)


def error(code, **headers):
    return code, Answer(**headers)


def asked(script, access=registry.ANONYMOUS, image="registry.example.org/tools/vip"):
    return Registry(image, script, access)


@pytest.mark.parametrize(
    ("image", "access", "url"),
    [
        ("registry.example.org/vip", registry.ANONYMOUS, "https://registry.example.org/v2/vip/manifests/v1"),
        ("registry.example.org/vip", Access(plain_http=True), "http://registry.example.org/v2/vip/manifests/v1"),
        ("127.0.0.1:5000/vip", registry.ANONYMOUS, "http://127.0.0.1:5000/v2/vip/manifests/v1"),
    ],
)
def test_http_is_for_loopback_and_for_those_that_say_so(image, access, url):
    script = Script(ok())
    asked(script, access, image).manifest("v1")
    assert script.asked == [(url, "")]


def test_a_login_is_sent_only_when_it_is_asked_for():
    script = Script(error(401, WWW_Authenticate='Basic realm="mirror"'), ok(), ok())
    repository = asked(script, LOGIN)
    repository.manifest("v1")
    repository.manifest("v2")
    assert [authorization for _url, authorization in script.asked] == ["", BASIC, BASIC]


def test_a_token_is_fetched_with_the_login():
    challenge = 'Bearer realm="https://auth.example.org/token",service="s",scope="repository:tools/vip:pull"'
    script = Script(error(401, WWW_Authenticate=challenge), ok({"token": "abc"}), ok())
    asked(script, LOGIN).manifest("v1")
    assert script.asked[1:] == [
        ("https://auth.example.org/token?service=s&scope=repository:tools/vip:pull", BASIC),
        (f"{BASE}/manifests/v1", "Bearer abc"),
    ]


TOKEN = 'Bearer realm="https://auth.example.org/token"'


@pytest.mark.parametrize(
    ("challenge", "answer", "expected"),
    [
        (TOKEN, b"<html>", "token of https://auth.example.org/token is no JSON"),
        (TOKEN, [], "token of https://auth.example.org/token is no JSON object"),
        (TOKEN, {}, "has neither token nor access_token"),
        (TOKEN, {"token": 5}, "has neither token nor access_token"),
        (TOKEN, {"token": "a" * 200}, "token of https://auth.example.org/token is no JSON"),
        ("Bearer scope=all", {}, "has no realm that is a URL"),
        ('Bearer realm="/token"', {}, "has no realm that is a URL"),
        ('Bearer realm="file:///etc/passwd"', {}, "has no realm that is a URL"),
    ],
)
def test_an_answer_without_a_token_is_told(monkeypatch, challenge, answer, expected):
    monkeypatch.setattr(registry, "MOST_BYTES", 100)
    with pytest.raises(ImageError, match=expected):
        asked(Script(error(401, WWW_Authenticate=challenge), ok(answer))).manifest("v1")


@pytest.mark.parametrize(
    ("access", "answers", "requests"),
    [
        (registry.ANONYMOUS, [error(401, WWW_Authenticate='Basic realm="mirror"')], 1),
        (LOGIN, [error(401, WWW_Authenticate='Basic realm="mirror"')] * 2, 2),
        (LOGIN, [error(401, WWW_Authenticate="Negotiate")], 1),
        (LOGIN, [error(403)], 1),
        (LOGIN, [error(500)], 1),
    ],
)
def test_a_refusal_is_told_after_one_login(access, answers, requests):
    script = Script(*answers)
    with pytest.raises(Unreachable, match=r"registry\.example\.org/tools/vip v1: HTTP Error"):
        asked(script, access).manifest("v1")
    assert len(script.asked) == requests


def test_what_is_not_there_is_told_apart():
    with pytest.raises(NotFound):
        asked(Script(error(404))).manifest("v1")


@pytest.mark.parametrize("read", ["manifest", "small_blob"])
def test_content_of_another_digest_is_refused(read):
    assert getattr(asked(Script(ok())), read)(DIGEST) == CONTENT
    with pytest.raises(ChecksumError, match="is not what was pinned"):
        getattr(asked(Script(ok(b"other"))), read)(DIGEST)


def test_more_than_a_manifest_may_have_is_not_read(monkeypatch):
    monkeypatch.setattr(registry, "MOST_BYTES", len(CONTENT) - 1)
    with pytest.raises(ImageError, match="has more than"):
        asked(Script(ok())).manifest("v1")


@pytest.mark.parametrize("content", [b"text", b"[]", b'"text"'])
def test_what_is_no_manifest_is_told(content):
    with pytest.raises(ImageError, match="is no JSON"):
        asked(Script(ok(content))).document("v1")


ENTRY = {"digest": DIGEST, "artifactType": "a"}


@pytest.mark.parametrize(
    ("answers", "found", "problem"),
    [
        ([ok({"manifests": [ENTRY]})], [ENTRY], ""),
        ([error(404), ok({"manifests": [ENTRY]})], [ENTRY], ""),
        ([error(404), error(404)], [], ""),
        ([ok({"manifests": None})], [], ""),
        ([ok({"manifests": [{}, "text", {"digest": "sha256:1"}, ENTRY]})], [ENTRY], ""),
        # As ghcr.io does, after a redirect.
        ([error(429), ok({"manifests": [ENTRY]})], [ENTRY], "429"),
        ([error(429), error(404)], [], "429"),
        ([error(400), error(404)], [], "400"),
        ([error(405), error(404)], [], "405"),
        ([error(406), error(404)], [], "406"),
        ([ok(b"<html>"), ok({"manifests": [ENTRY]})], [ENTRY], "is no JSON"),
        ([ok(b"<html>"), error(404)], [], "is no JSON"),
        ([ok({"errors": []}), ok({"manifests": [ENTRY]})], [ENTRY], "is no index"),
        ([error(404), ok(b"<html>")], [], "is no JSON"),
    ],
)
def test_referrers_are_found_by_the_api_or_else_by_the_tag(answers, found, problem):
    script = Script(*answers)
    referrers = asked(script).referrers(DIGEST)
    assert referrers.listed == found
    assert [problem in text for text in referrers.problems] == ([True] if problem else [])
    urls = [f"{BASE}/referrers/{DIGEST}", f"{BASE}/manifests/{DIGEST.replace(':', '-')}"]
    assert [url for url, _authorization in script.asked] == urls[: len(answers)]


def test_a_tag_that_can_not_be_asked_for_is_told():
    with pytest.raises(Unreachable, match="500"):
        asked(Script(error(429), error(500))).referrers(DIGEST)


@pytest.mark.parametrize(
    "link",
    [
        "/v2/tools/vip/tags/list?n=1000&last=v1",
        "list?n=1000&last=v1",
        f"{BASE}/tags/list?n=1000&last=v1",
        f"{BASE}/tags/list?n=1000&last=v1".replace("https", "http"),
    ],
)
def test_tags_are_read_page_by_page(link):
    following = f'<{link}>; rel="next"'
    script = Script(ok({"tags": ["v1"]}, Link=following), ok({"tags": ["v2"]}))
    assert asked(script).tags() == ["v1", "v2"]
    assert script.asked[1][0] == f"{BASE}/tags/list?n=1000&last=v1"


@pytest.mark.parametrize("link", ["https://elsewhere.example.org/", "//elsewhere.example.org/"])
def test_a_next_page_at_another_server_is_told_and_not_asked(link):
    script = Script(ok({"tags": ["v1"]}, Link=f'<{link}>; rel="next"'))
    with pytest.raises(ImageError, match=r"has its next page at elsewhere\.example\.org"):
        asked(script, LOGIN).tags()
    assert len(script.asked) == 1
