# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An object storage that is read with the standard library alone: for hosts on which nothing was installed yet."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import http.client
import ssl
import typing as t
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

from .errors import BackupError, Unreachable
from .settings import Storage
from .store import explain

SECONDS = 10
NO_BODY = hashlib.sha256(b"").hexdigest()


class PlainStore:
    """One bucket, with the errors of ObjectStore; nothing is tried twice."""

    def __init__(self, storage: Storage, authority: str = "") -> None:
        """authority: in PEM, instead of those of the system."""
        self._storage = storage
        url = urllib.parse.urlsplit(storage.endpoint)
        self._host = url.netloc if storage.path_style else f"{storage.bucket}.{url.netloc}"
        self._root = f"/{storage.bucket}/" if storage.path_style else "/"
        try:
            context = ssl.create_default_context(cadata=authority or None)
        except ssl.SSLError as error:
            raise BackupError(
                f"the authority of {storage.endpoint} cannot be used: {error} -> correct its ca"
            ) from None
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))

    def keys(self, prefix: str) -> list[str]:
        found: list[str] = []
        query = {"list-type": "2", "prefix": prefix}
        while True:
            page = self._ask(f"list {prefix}", "", query)
            try:
                named = [
                    (one.tag.rpartition("}")[2], one.text or "")
                    for one in xml.etree.ElementTree.fromstring(page).iter()
                ]
            except xml.etree.ElementTree.ParseError as error:
                raise Unreachable(f"cannot list {prefix} in {self._storage.where}: {error}") from None
            found += [text for name, text in named if name == "Key"]
            following = dict(named).get("NextContinuationToken", "")
            if not following:
                return found
            query["continuation-token"] = following

    def get(self, key: str) -> bytes:
        return self._ask(f"read {key}", key, {})

    def _ask(self, what: str, key: str, query: t.Mapping[str, str]) -> bytes:
        intent = f"cannot {what} in {self._storage.where}"
        path, asked = self._root + urllib.parse.quote(key, safe="/-_.~"), encoded(query)
        signed = headers(self._storage, self._host, path, asked, datetime.datetime.now(datetime.UTC))
        request = urllib.request.Request(f"https://{self._host}{path}?{asked}".rstrip("?"), headers=signed)
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise explain(intent, _refusal(error.code, error.read(4096))) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unreachable(f"{intent}: {getattr(error, 'reason', error)}") from None


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


def headers(storage: Storage, host: str, path: str, query: str, moment: datetime.datetime) -> dict[str, str]:
    """The headers of a GET without a body, signed (AWS Signature Version 4). Pure."""
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    told = {"host": host, "x-amz-content-sha256": NO_BODY, "x-amz-date": stamp}
    names = ";".join(told)
    canonical = ["GET", path, query, *(f"{name}:{value}" for name, value in told.items()), "", names, NO_BODY]
    scope = f"{stamp[:8]}/{storage.region}/s3/aws4_request"
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    key = f"AWS4{storage.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, "\n".join(["AWS4-HMAC-SHA256", stamp, scope, digest]).encode(), "sha256").hex()
    credential = f"Credential={storage.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**told, "Authorization": f"AWS4-HMAC-SHA256 {credential}"}
