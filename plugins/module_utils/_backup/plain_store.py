# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An object storage that is asked with the standard library alone: for hosts on which nothing was installed yet."""

from __future__ import annotations

import datetime
import email.utils
import hashlib
import hmac
import http.client
import ssl
import typing as t
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

from .._net import tls
from .errors import BackupError, Unreachable
from .settings import Storage
from .store import WITHOUT_LOCK, Exists, Written, explain
from .versions import Version

SECONDS = 10
# A storage copies by itself, and says nothing until it is done.
COPY_SECONDS = 900
_COPY_OF = "x-amz-meta-copy-of"


class Told(t.NamedTuple):
    """What a storage has answered; the names of its headers in small letters."""

    content: bytes
    headers: dict[str, str]


class PlainStore:
    """One bucket, with the errors of ObjectStore; nothing is tried twice.

    moment: of its last answer, by the storage's clock; None before, and where it does not say.
    """

    moment: datetime.datetime | None = None

    def __init__(self, storage: Storage, authority: str = "") -> None:
        """authority: in PEM, instead of those of the system."""
        self._storage = storage
        url = urllib.parse.urlsplit(storage.endpoint)
        self._endpoint = url.netloc
        self._host = url.netloc if storage.path_style else f"{storage.bucket}.{url.netloc}"
        self._root = f"/{storage.bucket}/" if storage.path_style else "/"
        try:
            context = tls.context(cadata=authority or None)
        except ssl.SSLError as error:
            raise BackupError(
                f"the authority of {storage.endpoint} cannot be used: {error} -> correct its ca"
            ) from None
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def keys(self, prefix: str) -> list[str]:
        found: list[str] = []
        query = {"list-type": "2", "prefix": prefix}
        while True:
            page = self._page(f"list {prefix}", query)
            named = [(_name(one), one.text or "") for one in page.iter()]
            found += [text for name, text in named if name == "Key"]
            following = dict(named).get("NextContinuationToken", "")
            if not following:
                return found
            query["continuation-token"] = following

    def buckets(self) -> list[str]:
        """The buckets that the account is shown: by some storages its own alone."""
        page = self._page("list the buckets", {}, in_bucket=False)
        named = [one for bucket in page.iter() if _name(bucket) == "Bucket" for one in bucket if _name(one) == "Name"]
        return [one.text or "" for one in named]

    def knows_rules(self) -> bool:
        """Whether it has lifecycle rules at all, whether or not the account may read them."""
        try:
            self._ask("read the lifecycle rules", "", {"lifecycle": ""})
        except BackupError as error:
            return "NotImplemented" not in str(error)
        return True

    def folders(self) -> list[str]:
        """What keys begin with, up to and with their first slash; the first thousand."""
        page = self._page("list what is", {"list-type": "2", "delimiter": "/"})
        return [text.text or "" for one in page if _name(one) == "CommonPrefixes" for text in one]

    def versions(self, prefix: str) -> list[Version]:
        """All versions of all objects and the markers that hide them, in the storage's order."""
        found: list[Version] = []
        query = {"versions": "", "prefix": prefix}
        while True:
            page = self._page(f"list versions of {prefix}", query)
            found += [_version(one) for one in page if _name(one) in ("Version", "DeleteMarker")]
            told = {_name(one): one.text or "" for one in page}
            if told.get("IsTruncated") != "true":
                return found
            query |= {"key-marker": told["NextKeyMarker"], "version-id-marker": told["NextVersionIdMarker"]}

    def get(self, key: str) -> bytes:
        return self._ask(f"read {key}", key, {})

    def put(self, key: str, content: bytes, only_new: bool = False) -> Written:
        answer = self._request(f"write {key}", key, {}, "PUT", content, {"If-None-Match": "*"} if only_new else {})
        return Written(answer.headers.get("x-amz-version-id", ""), self.moment)

    def put_new(self, key: str, content: bytes) -> bool:
        """Write an object that must not exist yet; False when it does."""
        try:
            self.put(key, content, only_new=True)
        except Exists:
            return False
        return True

    def copy(self, key: str, version: str) -> str:
        """Have a version of an object be its newest, which notes what it is a copy of; its version. Up to 5 GB."""
        source = f"{urllib.parse.quote(f'/{self._storage.bucket}/{key}')}?versionId={_quoted(version)}"
        conditions = {"x-amz-copy-source": source, "x-amz-metadata-directive": "REPLACE", _COPY_OF: version}
        what = f"copy version {version} of {key}"
        answer = self._request(what, key, {}, "PUT", conditions=conditions, seconds=COPY_SECONDS)
        if b"<Error" in answer.content:
            # It has begun to answer before it was done.
            raise explain(f"cannot {what} in {self._storage.where}", _refusal(500, answer.content))
        return answer.headers.get("x-amz-version-id", "")

    def copy_of(self, key: str, version: str) -> str:
        """The version that this one is a copy of; empty where it is none of ours."""
        answer = self._request(f"look at version {version} of {key}", key, {"versionId": version}, "HEAD")
        return answer.headers.get(_COPY_OF, "")

    def delete(self, key: str, version: str = "") -> str:
        """Hide an object, or remove one of its versions for good. Returns the version of the marker that hides it."""
        what = f"remove version {version} of {key}" if version else f"delete {key}"
        answer = self._request(what, key, {"versionId": version} if version else {}, "DELETE")
        return answer.headers.get("x-amz-version-id", "")

    def lock_days(self) -> int:
        """For how many days the bucket locks what is written into it; 0 without object lock or a default retention."""
        try:
            page = self._ask("read the object lock", "", {"object-lock": ""})
        except BackupError as error:
            if any(code in str(error) for code in WITHOUT_LOCK):
                return 0
            raise
        told = {one.tag.rpartition("}")[2]: one.text or "" for one in xml.etree.ElementTree.fromstring(page).iter()}
        return int(told.get("Days") or 365 * int(told.get("Years") or 0))

    def _page(self, what: str, query: t.Mapping[str, str], in_bucket: bool = True) -> xml.etree.ElementTree.Element:
        page = self._request(what, "", query, in_bucket=in_bucket).content
        try:
            return xml.etree.ElementTree.fromstring(page)
        except xml.etree.ElementTree.ParseError as error:
            raise Unreachable(f"cannot {what} in {self._storage.where}: {error}") from None

    def _ask(self, what: str, key: str, query: t.Mapping[str, str]) -> bytes:
        return self._request(what, key, query).content

    def _request(
        self, what: str, key: str, query: t.Mapping[str, str], method: str = "GET", content: bytes = b"",
        conditions: t.Mapping[str, str] | None = None, in_bucket: bool = True, seconds: int = SECONDS,
    ) -> Told:  # fmt: skip
        intent = f"cannot {what} in {self._storage.where}"
        host, root = (self._host, self._root) if in_bucket else (self._endpoint, "/")
        path, asked = root + urllib.parse.quote(key, safe="/-_.~"), encoded(query)
        moment = datetime.datetime.now(datetime.UTC)
        more = conditions or {}
        signed = {**more, **headers(self._storage, host, path, asked, moment, method, content, more)}
        body = content if method == "PUT" else None
        request = urllib.request.Request(f"https://{host}{path}?{asked}".rstrip("?"), body, signed, method=method)
        try:
            with self._opener.open(request, timeout=seconds) as answer:
                told = Told(bytes(answer.read()), {name.lower(): value for name, value in answer.headers.items()})
                date = told.headers.get("date", "")
                self.moment = email.utils.parsedate_to_datetime(date) if date else None
                return told
        except urllib.error.HTTPError as error:
            raise explain(intent, _refusal(error.code, error.read(4096))) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unreachable(f"{intent}: {getattr(error, 'reason', error)}") from None


def _name(element: xml.etree.ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _version(element: xml.etree.ElementTree.Element) -> Version:
    told = {_name(one): one.text or "" for one in element}
    modified = datetime.datetime.fromisoformat(told["LastModified"])
    latest, marker = told["IsLatest"] == "true", _name(element) == "DeleteMarker"
    return Version(told["Key"], told["VersionId"], modified, latest, marker, int(told.get("Size") or 0))


def _refusal(status: int, body: bytes) -> dict[str, t.Any]:
    """What the storage has answered, as boto3 tells it."""
    try:
        said = {one.tag.rpartition("}")[2]: one.text or "" for one in xml.etree.ElementTree.fromstring(body).iter()}
    except xml.etree.ElementTree.ParseError:
        said = {}
    told = {"Code": said.get("Code", ""), "Message": said.get("Message", "")}
    return {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": told}


def encoded(query: t.Mapping[str, str]) -> str:
    """A query as it is signed. Pure."""
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in query.items())
    return "&".join(f"{name}={value}" for name, value in pairs)


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def headers(
    storage: Storage, host: str, path: str, query: str, moment: datetime.datetime, method: str = "GET",
    content: bytes = b"", more: t.Mapping[str, str] | None = None,
) -> dict[str, str]:  # fmt: skip
    """The headers of a request, signed (AWS Signature Version 4). more: others, of which the storage's own are, too.

    Pure.
    """
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    checksum = hashlib.sha256(content).hexdigest()
    told = {"host": host, "x-amz-content-sha256": checksum, "x-amz-date": stamp}
    told = dict(
        sorted({**told, **{name: one for name, one in (more or {}).items() if name.startswith("x-amz-")}}.items())
    )
    names = ";".join(told)
    canonical = [method, path, query, *(f"{name}:{value}" for name, value in told.items()), "", names, checksum]
    scope = f"{stamp[:8]}/{storage.region}/s3/aws4_request"
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    key = f"AWS4{storage.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest]).encode(), "sha256").hex()
    credential = f"Credential={storage.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**told, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}
