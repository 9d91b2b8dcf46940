"""Objects that tests of the course itself use: partitions, which both APIs know alike, and images."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.ownership import MANAGER
from metalstack.api.v2 import common_pb2, partition_pb2

__all__ = ["MANAGER", "image", "partition", "put_partition", "touch"]


def partition(name: str = "fra", **fields: Any) -> dict[str, Any]:
    boot = {"image_url": f"https://img/{name}/initrd", "kernel_url": f"https://img/{name}/kernel"}
    return {"id": name, "boot_configuration": boot, **fields}


def image(name: str = "ubuntu-24.04", **fields: Any) -> dict[str, Any]:
    return {"id": name, "url": f"https://img/{name}", "features": ["machine"], **fields}


def put_partition(server: Any, name: str = "fra", description: str = "", **labels: str) -> None:
    """As somebody else made it."""
    if server.version == "v1":
        boot = {"imageurl": "https://img/i", "kernelurl": "https://img/k", "commandline": ""}
        row: Any = {
            "id": name,
            "description": description,
            "labels": labels,
            "bootconfig": boot,
            "mgmtserviceaddress": "",
            "dns_servers": [],
            "ntp_servers": [],
        }
    else:
        row = partition_pb2.Partition(
            id=name,
            description=description,
            meta=common_pb2.Meta(labels=common_pb2.Labels(labels=labels)),
            boot_configuration={"image_url": "https://img/i", "kernel_url": "https://img/k"},
        )
    server.tables["partition"].put(row)


def touch(server: Any, name: str = "fra", description: str = "theirs") -> None:
    """Somebody else changes it."""
    table = server.tables["partition"]
    row = table.rows[name]
    if server.version == "v1":
        row["description"] = description
    else:
        row.description = description
    table.touch(row)


def description(server: Any, name: str = "fra") -> str:
    row = server.tables["partition"].rows[name]
    return str(row["description"] if server.version == "v1" else row.description)


def labels(server: Any, name: str = "fra") -> dict[str, str]:
    row = server.tables["partition"].rows[name]
    return dict(row["labels"] if server.version == "v1" else row.meta.labels.labels)
