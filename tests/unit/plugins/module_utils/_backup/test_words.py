"""What others say, in words that help."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import restic, store
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import (
    BackupError,
    Damaged,
    Unreachable,
)


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
        # What 0.14 and 0.18 have said of files that were altered, cut short, overwritten or taken away.
        ("ignoring error for /data: decrypting blob e97c failed: ciphertext verification failed\n"
         "Fatal: There were 2 errors\n", Damaged, "blob e97c failed"),
        ('{"message_type":"error","error":{"message":"decrypting blob \\u003ctree/51bfc1df\\u003e from be87dee5 failed:'
         ' ciphertext verification failed"},"during":"restore"}\n{"message_type":"exit_error","code":1,"message":'
         '"Fatal: There were 2 errors"}\n', Damaged, "from be87dee5"),
        ("Load(<data/be87dee5af>, 247, 1907) failed: The requested range is not satisfiable\n", Damaged, "be87dee5af"),
        ("Load(<data/be87dee5af>, 247, 1907) failed: The specified key does not exist.\n", Damaged, "be87dee5af"),
        ('{"message_type":"exit_error","message":"LoadRaw(\\u003cindex/cb50a6b232\\u003e): invalid data returned"}',
         Damaged, "cb50a6b232"),
        ('{"message_type":"error","error":{"message":"id 2e12fe not found in repository"}}', Damaged, "2e12fe"),
        ("Fatal: config or key 8948 is damaged: ciphertext verification failed\n", Damaged, "8948"),
        ("Fatal: config cannot be loaded: trying to decrypt invalid data: ciphertext too short\n", Damaged, "short"),
        ("config file has zero size, invalid repository?\nmain.open\n", Damaged, "zero size"),
        # Who was cut off has not seen all of it.
        ("Load(<data/be>) returned error, retrying: connection reset by peer\n"
         "ignoring error for /: ciphertext verification failed\n", Unreachable, ""),
        ("ignoring error for /data: write /scratch/x: no space left on device\nFatal: There were 1 errors\n",
         BackupError, "1 errors"),
        ("Fatal: repository does not exist: unable to open config file: Stat: The specified key does not exist.\n",
         BackupError, "there is no repository"),
        ("", BackupError, "no word"),
    ],
)  # fmt: skip
def test_failures_of_restic(output, kind, words):
    error = restic.explain("restic backup", output)
    assert type(error) is kind
    assert words in str(error)
