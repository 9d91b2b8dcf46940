"""Keys of the databases' bucket that its owner has issued and revoked, as the storage itself sees them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Run
from objects import NAMESPACE, World

from plugins.module_utils._backup.plain_store import PlainStore
from plugins.module_utils._backup.settings import Storage
from plugins.modules import metal_database_storage_keys as module
from plugins.plugin_utils._pki import certificate

sys.path += [str(ROOT / "tests" / suite) for suite in ("integration/object_storage", "contract/sidecar")]

import front
import gateway

NAME, BUCKET = "ipam-db", "metal-stack"
SECRET = "a-secret-of-forty-characters-or-so-is-used"
Given = dict[str, Any]


class Bucket:
    """Of an account, whose keys are the account itself here."""

    def __init__(self, server: front.Front, users: Path, ca: str) -> None:
        self._server, self._ca = server, ca
        known = {name: {"access": name, "secret": SECRET, "role": "user"} for name in ("former", "new")}
        users.write_text(json.dumps({"accessAccounts": known}))
        root = Storage(self.url, gateway.REGION, BUCKET, True, "", **gateway.KEYS)
        PlainStore(root, ca).put("", b"")
        self._own("former")

    @property
    def url(self) -> str:
        return self._server.url

    def hand_over(self) -> None:
        """Have the bucket be the new account's, and the former one be let in yet."""
        rights = {
            "Effect": "Allow", "Principal": {"AWS": ["former", "new"]}, "Action": ["s3:*"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }  # fmt: skip
        self._own("new")
        root = Storage(self.url, gateway.REGION, BUCKET, True, "", **gateway.KEYS)
        policy = json.dumps({"Version": "2012-10-17", "Statement": [rights]}).encode()
        PlainStore(root, self._ca)._request("set a policy", "", {"policy": ""}, "PUT", policy)

    def revoke(self) -> None:
        self._administer("delete-user", "--access", "former")

    def _own(self, owner: str) -> None:
        self._administer("change-bucket-owner", "--bucket", BUCKET, "--owner", owner)

    def _administer(self, *words: str) -> None:
        environment = {
            **os.environ, "ADMIN_ACCESS_KEY_ID": gateway.KEYS["access_key"], "ADMIN_REGION": gateway.REGION,
            "ADMIN_SECRET_ACCESS_KEY": gateway.KEYS["secret_key"], "ADMIN_ENDPOINT_URL": f"http://127.0.0.1:{self._server.behind}",
        }  # fmt: skip
        subprocess.run(
            [gateway.program(), "admin", *words], env=environment, check=True, stdout=subprocess.PIPE, timeout=30
        )

    def given(self, account: str) -> Given:
        where = {"endpoint": self.url, "region": gateway.REGION, "bucket": BUCKET, "ca": self._ca}
        return {**where, "access_key": account, "secret_key": SECRET}


@pytest.fixture
def bucket(network: None, tmp_path: Path) -> Iterator[Bucket]:
    issued = gateway.issue(tmp_path, certificate.Subject((), ("127.0.0.1",)))
    (tmp_path / "iam").mkdir()
    with (
        gateway.running(tmp_path, {"VGW_IAM_DIR": str(tmp_path / "iam")}) as port,
        front.serving(port, issued) as server,
    ):
        yield Bucket(server, tmp_path / "iam/users.json", issued.authority.read_text())


@pytest.fixture
def act(run: Run, world: World, bucket: Bucket) -> Iterator[Callable[..., dict[str, Any]]]:
    """Run the module with the keys of an account, beside a database that has those of the former one."""
    deployed = f"backup-restore-sidecar-backup-provider-config-{NAME}"
    values = {"endpoint": bucket.url, "bucketName": BUCKET, "accessKey": "former", "secretKey": SECRET}
    data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
    world.core.create_namespaced_secret(NAMESPACE, {"metadata": {"name": deployed}, "data": data})

    def asked(account: str, **more: Any) -> dict[str, Any]:
        return run(module, storage=bucket.given(account), databases=[NAME], **more)

    yield asked
    for one in world.core.list_namespaced_secret(NAMESPACE).items:
        world.core.delete_namespaced_secret(one.metadata.name, NAMESPACE)


def test_former_keys_of_the_databases_are_accepted_until_they_are_revoked(
    act: Callable[..., dict[str, Any]], bucket: Bucket
) -> None:
    assert act("former", state="known")["different"] == []
    # The bucket is not its own yet.
    assert act("new", state="kept")["failed"]
    assert act("new", state="known")["kept"] == 0
    bucket.hand_over()
    assert act("new", state="kept")["changed"] and not act("new", state="kept")["changed"]
    told = act("new", state="refused")
    assert told["accepted"] == ["delete", "list", "list versions", "read", "write"] and not told["changed"]
    assert "lets a former key delete, list" in act("new", state="refused", required=True)["msg"]
    bucket.revoke()
    told = act("new", state="refused", required=True)
    assert (told.get("accepted"), told["changed"], told["kept"]) == ([], True, 0), told


def test_wrong_keys_reach_no_database(act: Callable[..., dict[str, Any]]) -> None:
    assert act("stranger", state="kept")["failed"] and act("stranger", state="known")["kept"] == 0
