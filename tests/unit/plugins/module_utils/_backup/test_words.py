"""What others say, in words that help."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import restic, store
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "AccessDenied", store.Forbidden, "check the keys"),
        (403, "SignatureDoesNotMatch", store.Forbidden, "check the keys"),
        (403, "RequestTimeTooSkewed", Unreachable, "clock is off"),
        (404, "NoSuchBucket", Unreachable, "no such bucket"),
        (404, "NoSuchKey", BackupError, "NoSuchKey"),
        (412, "PreconditionFailed", store.Exists, "it exists"),
        (409, "ConditionalRequestConflict", store.Exists, "it exists"),
        (503, "SlowDown", Unreachable, "SlowDown"),
        (500, "", Unreachable, "500"),
    ],
)
def test_refusals_of_the_object_storage(status, code, kind, words):
    error = store.explain("cannot read x", {"ResponseMetadata": {"HTTPStatusCode": status}, "Error": {"Code": code}})
    assert type(error) is kind
    assert words in str(error)


@pytest.mark.parametrize(
    ("output", "kind", "words"),
    [
        ("Fatal: wrong password or no key found\n", restic.WrongPassword, "the backup password does not open it"),
        ("Fatal: unable to open config file: Stat: The specified key does not exist.\n"
         "Is there a repository at the following location?\n", BackupError, "there is no repository"),
        ("unable to create lock in backend: repository is already locked by PID 7 on h by root\n",
         restic.Locked, "run it again in half an hour"),
        ("client.MakeBucket: Access Denied.\n", Unreachable, "refuses the key"),
        ("dial tcp 192.0.2.1:443: connect: connection refused\n", Unreachable, "connection refused"),
        ("something else\nlast words\n", BackupError, "last words"),
        ("", BackupError, "no word"),
    ],
)  # fmt: skip
def test_failures_of_restic(output, kind, words):
    error = restic.explain("restic backup", output)
    assert type(error) is kind
    assert words in str(error)
