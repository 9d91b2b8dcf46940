"""What makes a host an endpoint, beside versitygw itself: files on its disk. Reads nothing but its sources here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lab import build, object_storage
from lab.object_storage.keys import ACCOUNTS, Keys, pairs
from lab.object_storage.policy import policy
from lab.topology import Host

UNIT = "object-storage.service"
# Below /var/lib, on a disk of its own.
DATA = "objects"
SOURCES = Path(__file__).parent
CONFIGURATION = "etc/lab/object-storage"


@dataclass(frozen=True)
class File:
    path: str
    text: str
    mode: int = 0o644


def files(host: Host, keys: Keys) -> list[File]:
    unit = (SOURCES / UNIT).read_text().replace("@VERSION@", build.BUILDS["versitygw"].version)
    return [
        File(f"{CONFIGURATION}/env", environment(host, keys), 0o600),
        File(f"{CONFIGURATION}/ca.pem", keys["ca"]),
        File(f"{CONFIGURATION}/tls.crt", keys["certificate"]),
        File(f"{CONFIGURATION}/tls.key", keys["private_key"], 0o600),
        *accounts(keys),
        File("usr/local/lib/lab/setup_bucket.py", (SOURCES / "setup_bucket.py").read_text()),
        File(f"etc/systemd/system/{UNIT}", unit),
        File(f"etc/systemd/system/multi-user.target.d/{UNIT}.conf", f"[Unit]\nWants={UNIT}\n"),
    ]


def accounts(keys: Keys) -> list[File]:
    """Who there is, and who may do what."""
    return [
        File(f"{CONFIGURATION}/policy.json", json.dumps(policy(object_storage.BUCKET, keys)), 0o600),
        File(f"{CONFIGURATION}/iam/users.json", json.dumps(users(keys)), 0o600),
    ]


def environment(host: Host, keys: Keys) -> str:
    """For the unit: versitygw takes its root account from here, so that no command line holds it."""
    variables = {
        "ROOT_ACCESS_KEY_ID": keys["root"]["access_key"],
        "ROOT_SECRET_ACCESS_KEY": keys["root"]["secret_key"],
        "VGW_PORT": f":{object_storage.PORT}",
        "VGW_REGION": object_storage.region(host),
        "VGW_CERT": f"/{CONFIGURATION}/tls.crt",
        "VGW_KEY": f"/{CONFIGURATION}/tls.key",
        # Without, a refused write now and then ends the connection before its answer is read.
        "VGW_KEEP_ALIVE": "true",
        "VGW_IAM_DIR": f"/{CONFIGURATION}/iam",
        "VGW_VERSIONING_DIR": f"/var/lib/{DATA}/versions",
        "LAB_DATA": f"/var/lib/{DATA}/current",
        "LAB_ENDPOINT": object_storage.endpoint(host),
        "LAB_CA": f"/{CONFIGURATION}/ca.pem",
        "LAB_BUCKET": object_storage.BUCKET,
        "LAB_POLICY": f"/{CONFIGURATION}/policy.json",
    }
    return "".join(f"{name}={value}\n" for name, value in variables.items())


def users(keys: Keys) -> dict[str, object]:
    """The accounts beside root, as versitygw keeps them; as mere users they may what the policy allows."""
    return {
        "accessAccounts": {
            pair["access_key"]: {"access": pair["access_key"], "secret": pair["secret_key"], "role": "user"}
            for name in ACCOUNTS
            if name != "root"
            for pair in pairs(keys, name)
        }
    }
