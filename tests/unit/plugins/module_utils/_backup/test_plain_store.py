from __future__ import annotations

import datetime
import io
import urllib.error
import urllib.parse

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import plain_store
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.plain_store import PlainStore
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.settings import Storage

# The examples of AWS's reference of Signature Version 4.
EXAMPLE = Storage(
    "https://s3.amazonaws.com", "us-east-1", "examplebucket", False, "",
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)  # fmt: skip
MOMENT = datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC)
PAGE = (
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{more}'
    "<Contents><Key>{key}</Key></Contents></ListBucketResult>"
)


def test_a_request_is_signed_as_the_reference_says():
    query = plain_store.encoded({"prefix": "J", "max-keys": "2"})
    signed = plain_store.headers(EXAMPLE, "examplebucket.s3.amazonaws.com", "/", query, MOMENT)
    assert signed["Authorization"].endswith(
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )


class Opener:
    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def open(self, request, timeout):
        self.asked.append(request.full_url)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return io.BytesIO(answer.encode())


def store(monkeypatch, *answers, path_style=True):
    found = PlainStore(Storage("https://s3.example:9000", "eu", "box", path_style, "", "key", "secret"))
    monkeypatch.setattr(found, "_opener", Opener(*answers))
    return found, found._opener


def refusal(status, code):
    body = io.BytesIO(f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())
    return urllib.error.HTTPError("", status, "", {}, body)


def test_a_list_goes_on_to_the_next_page(monkeypatch):
    more = "<NextContinuationToken>a+b/</NextContinuationToken>"
    asked, opener = store(monkeypatch, PAGE.format(more=more, key="s/1"), PAGE.format(more="", key="s/2"))
    assert asked.keys("s/") == ["s/1", "s/2"]
    assert opener.asked[0] == "https://s3.example:9000/box/?list-type=2&prefix=s%2F"
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(opener.asked[1]).query)["continuation-token"] == ["a+b/"]


@pytest.mark.parametrize(
    ("path_style", "url"), [(True, "https://s3.example:9000/box/s/a"), (False, "https://box.s3.example:9000/s/a")]
)
def test_a_bucket_is_named_in_the_path_or_in_the_host(monkeypatch, path_style, url):
    asked, opener = store(monkeypatch, "content", path_style=path_style)
    assert asked.get("s/a") == b"content"
    assert opener.asked == [url]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(403, "InvalidAccessKeyId"), Unreachable, "InvalidAccessKeyId -> check the keys"),
        (refusal(403, "RequestTimeTooSkewed"), Unreachable, "clock is off"),
        (refusal(404, "NoSuchBucket"), Unreachable, "no such bucket"),
        (refusal(400, "Odd"), BackupError, "Odd no"),
        (urllib.error.HTTPError("", 502, "", {}, io.BytesIO(b"<html>")), Unreachable, "502"),
        (urllib.error.URLError(TimeoutError("timed out")), Unreachable, "timed out"),
    ],
    ids=["keys", "clock", "bucket", "other", "no storage", "silent"],
)
def test_a_refusal_is_put_into_words(monkeypatch, answer, kind, words):
    asked, _ = store(monkeypatch, answer)
    with pytest.raises(kind, match=words):
        asked.get("s/a")


def test_an_answer_of_something_else_is_none_of_a_storage(monkeypatch):
    asked, _ = store(monkeypatch, "<html>welcome<br></html>")
    with pytest.raises(Unreachable, match="cannot list s/"):
        asked.keys("s/")


def test_an_authority_that_is_none_is_named():
    with pytest.raises(BackupError, match="correct its ca"):
        PlainStore(EXAMPLE, "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
