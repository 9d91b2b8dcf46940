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
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version

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
        self.answers, self.asked, self.requests = list(answers), [], []

    def open(self, request, timeout):
        self.asked.append(request.full_url)
        self.requests.append((request.get_method(), request.data, request.get_header("If-none-match")))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        found = io.BytesIO(answer.encode())
        found.headers = {"Date": "Fri, 27 Nov 2026 06:00:00 GMT", "X-Amz-Version-Id": "v1"}
        return found


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


def test_an_object_is_written_and_a_version_of_it_removed(monkeypatch):
    asked, opener = store(monkeypatch, "", "", "")
    written = asked.put("s/a", b"content")
    assert (written.version, written.date.isoformat()) == ("v1", "2026-11-27T06:00:00+00:00")
    assert asked.moment == written.date
    assert asked.delete("s/a") == "v1"
    asked.delete("s/a", "v1")
    assert [request[:2] for request in opener.requests] == [("PUT", b"content"), ("DELETE", None), ("DELETE", None)]
    assert opener.asked[-1] == "https://s3.example:9000/box/s/a?versionId=v1"


def test_a_version_is_copied_by_the_storage_and_what_it_is_a_copy_of_is_signed_with_it(monkeypatch):
    asked, opener = store(monkeypatch, "<CopyObjectResult/>")
    told = []
    opens = opener.open
    monkeypatch.setattr(
        opener, "open", lambda request, timeout: told.append((request, timeout)) or opens(request, timeout)
    )
    assert asked.copy("s/a b", "v+0") == "v1"
    ((request, timeout),) = told
    assert opener.requests[0][:2] == ("PUT", b"") and timeout == plain_store.COPY_SECONDS
    assert request.get_header("X-amz-copy-source") == "/box/s/a%20b?versionId=v%2B0"
    assert request.get_header("X-amz-meta-copy-of") == "v+0"
    signed = "host;x-amz-content-sha256;x-amz-copy-source;x-amz-date;x-amz-meta-copy-of;x-amz-metadata-directive"
    assert f"SignedHeaders={signed}," in request.get_header("Authorization")


def test_a_copy_that_fails_after_it_was_begun_to_be_answered_is_none(monkeypatch):
    asked, _ = store(monkeypatch, "<Error><Code>InternalError</Code></Error>")
    with pytest.raises(Unreachable, match=r"cannot copy version v0 of s/a .*: InternalError"):
        asked.copy("s/a", "v0")


@pytest.mark.parametrize(("headers", "of"), [({"X-Amz-Meta-Copy-Of": "v0"}, "v0"), ({}, "")])
def test_what_a_version_is_a_copy_of_is_told(monkeypatch, headers, of):
    asked, opener = store(monkeypatch, "")
    opens = opener.open

    def answered(request, timeout):
        found = opens(request, timeout)
        found.headers = headers
        return found

    monkeypatch.setattr(opener, "open", answered)
    assert asked.copy_of("s/a", "v1") == of
    assert opener.requests[0][0] == "HEAD" and opener.asked == ["https://s3.example:9000/box/s/a?versionId=v1"]


def test_an_object_that_exists_is_not_written_again(monkeypatch):
    asked, opener = store(monkeypatch, "", refusal(412, "PreconditionFailed"))
    assert asked.put_new("s/a", b"one") and not asked.put_new("s/a", b"another")
    assert [request[2] for request in opener.requests] == ["*", "*"]


@pytest.mark.parametrize(
    ("answer", "days"),
    [
        ("<O><Rule><DefaultRetention><Mode>G</Mode><Days>14</Days></DefaultRetention></Rule></O>", 14),
        ("<O><Rule><DefaultRetention><Years>1</Years></DefaultRetention></Rule></O>", 365),
        ("<O><ObjectLockEnabled>Enabled</ObjectLockEnabled></O>", 0),
        (refusal(404, "ObjectLockConfigurationNotFoundError"), 0),
    ],
    ids=["days", "years", "no default", "no lock"],
)
def test_for_how_long_a_bucket_locks_is_told(monkeypatch, answer, days):
    asked, opener = store(monkeypatch, answer)
    assert asked.lock_days() == days
    assert opener.asked == ["https://s3.example:9000/box/?object-lock="]


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


PAGE_OF_VERSIONS = """<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{more}
<Version><Key>s/a</Key><VersionId>v{number}</VersionId><IsLatest>{latest}</IsLatest>
<LastModified>2026-11-29T11:00:00.000Z</LastModified><Size>7</Size></Version>
<DeleteMarker><Key>s/b</Key><VersionId>m{number}</VersionId><IsLatest>true</IsLatest>
<LastModified>2026-11-29T11:00:00Z</LastModified></DeleteMarker></ListVersionsResult>"""
MORE = "<IsTruncated>true</IsTruncated><NextKeyMarker>s/a</NextKeyMarker><NextVersionIdMarker>v+1</NextVersionIdMarker>"


def test_versions_are_listed_page_by_page(monkeypatch):
    asked, opener = store(
        monkeypatch,
        PAGE_OF_VERSIONS.format(more=MORE, number=1, latest="true"),
        PAGE_OF_VERSIONS.format(more="<IsTruncated>false</IsTruncated>", number=2, latest="false"),
    )
    noon = datetime.datetime(2026, 11, 29, 11, tzinfo=datetime.UTC)
    assert asked.versions("s") == [
        Version("s/a", "v1", noon, True, False, 7),
        Version("s/b", "m1", noon, True, True, 0),
        Version("s/a", "v2", noon, False, False, 7),
        Version("s/b", "m2", noon, True, True, 0),
    ]
    assert opener.asked[0] == "https://s3.example:9000/box/?prefix=s&versions="
    following = urllib.parse.parse_qs(urllib.parse.urlsplit(opener.asked[1]).query)
    assert (following["key-marker"], following["version-id-marker"]) == (["s/a"], ["v+1"])


def test_what_is_no_list_is_no_empty_one(monkeypatch):
    asked, _ = store(monkeypatch, "<html><br>", "<html><br>")
    for ask in (asked.keys, asked.versions):
        with pytest.raises(Unreachable, match="cannot list"):
            ask("s")


@pytest.mark.parametrize("path_style", [True, False])
def test_the_buckets_that_the_account_is_shown_are_asked_of_the_endpoint(monkeypatch, path_style):
    page = (
        "<ListAllMyBucketsResult><Owner><DisplayName>me</DisplayName></Owner><Buckets><Bucket><Name>one</Name></Bucket>"
        "<Bucket><Name>two</Name></Bucket></Buckets></ListAllMyBucketsResult>"
    )
    asked, opener = store(monkeypatch, page, path_style=path_style)
    assert asked.buckets() == ["one", "two"]
    assert opener.asked == ["https://s3.example:9000/"]


def test_what_keys_begin_with_is_told(monkeypatch):
    page = (
        "<R><Prefix></Prefix><CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><Contents><Key>b</Key></Contents></R>"
    )
    asked, opener = store(monkeypatch, page)
    assert asked.folders() == ["a/"]
    assert "delimiter=%2F" in opener.asked[0]


@pytest.mark.parametrize(
    ("answer", "knows"),
    [
        ("<LifecycleConfiguration/>", True),
        (refusal(404, "NoSuchLifecycleConfiguration"), True),
        (refusal(403, "AccessDenied"), True),
        (refusal(501, "NotImplemented"), False),
    ],
    ids=["rules", "none", "not for us", "unknown"],
)
def test_whether_there_are_lifecycle_rules_is_told(monkeypatch, answer, knows):
    asked, _ = store(monkeypatch, answer)
    assert asked.knows_rules() is knows
