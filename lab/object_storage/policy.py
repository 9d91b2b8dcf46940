"""Who may do what in the bucket. A policy that is there decides alone: what it does not allow is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.object_storage.keys import Keys, pairs

LIST = ("s3:ListBucket", "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:GetBucketObjectLockConfiguration")
LIST_VERSIONS = ("s3:ListBucketVersions",)
LIST_UPLOADS = ("s3:ListBucketMultipartUploads",)
READ = ("s3:GetObject", "s3:GetObjectAttributes", "s3:GetObjectRetention", "s3:GetObjectLegalHold")
READ_VERSIONS = ("s3:GetObjectVersion", "s3:GetObjectVersionAttributes")
# Without s3:DeleteObjectVersion a deletion hides an object and loses nothing.
WRITE = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
# To write what is locked from the start, and to extend a lock; only s3:BypassGovernanceRetention, which nobody has,
# would shorten one.
LOCK = ("s3:PutObjectRetention",)


def policy(bucket: str, keys: Keys) -> dict[str, Any]:
    def allow(account: str, on_bucket: Sequence[str], on_objects: Sequence[str]) -> list[dict[str, Any]]:
        principal = {"AWS": [pair["access_key"] for pair in pairs(keys, account)]}
        rights = ((f"arn:aws:s3:::{bucket}", on_bucket), (f"arn:aws:s3:::{bucket}/*", on_objects))
        return [
            {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": [resource]}
            for resource, actions in rights
        ]

    return {
        "Version": "2012-10-17",
        "Statement": [
            *allow("writer", [*LIST, *LIST_UPLOADS], [*READ, *WRITE, *LOCK]),
            *allow("reader", [*LIST, *LIST_VERSIONS], [*READ, *READ_VERSIONS]),
            *allow(
                "pruner",
                [*LIST, *LIST_VERSIONS, *LIST_UPLOADS],
                [*READ, *READ_VERSIONS, *WRITE, *LOCK, "s3:DeleteObjectVersion"],
            ),
        ],
    }
