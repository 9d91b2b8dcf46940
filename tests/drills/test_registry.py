"""The registry of the site: nodes take images from that of their own host, and from another one when it is lost."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alerts import fires, resolves, watch
from cluster import TREE, Cluster, lab, wait_until
from playbook import play
from scenario import measured, scenario

KEPT = ("-e", json.dumps({"site_registry": True}))
UNITS = "metalstack-registry.service metalstack-registry-kept.service metalstack-registry-kept-read.service"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG, LAYER = "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"
# A registry that is nowhere, so that what is pulled in its name can have come from the site's own alone.
NOWHERE = "images.invalid"
LEFT = (
    "ls -d /etc/metalstack-registry /etc/systemd/system/metalstack-registry*.service 2>/dev/null;"
    " ss -Hltn 'sport = :5000'"
)

pytestmark = pytest.mark.long

# The collection's own client brings the image, inside the lab's network.
PUSH = """
import sys; sys.path.insert(0, {tree!r})
import json, tempfile
from pathlib import Path
from ansible.utils.collection_loader import _collection_finder
_collection_finder._AnsibleCollectionFinder(paths=[{tree!r} + "/.ansible/collections"])._install()
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import Access
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.target import Target
given = json.load(sys.stdin)
target = Target(given["url"], Access(username="writer", password=given["password"]), given["ca"], 30.0, print)
for digest, path in given["blobs"].items():
    target.put_blob(given["repository"], digest, Path(path))
target.put_manifest(given["repository"], given["tag"], given["manifest"].encode(), given["kind"])
"""


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def image(directory: Path, tag: str) -> dict[str, Any]:
    """An image with one file that nobody else has."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        member = tarfile.TarInfo("of-this-drill")
        member.size = len(tag)
        tar.addfile(member, io.BytesIO(tag.encode()))
    layer = buffer.getvalue()
    root = {"type": "layers", "diff_ids": [digest_of(layer)]}
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": root}).encode()
    blobs, described = {}, []
    for kind, content in ((CONFIG, config), (LAYER, layer)):
        digest = digest_of(content)
        (directory / digest).write_bytes(content)
        blobs[digest] = str(directory / digest)
        described.append({"mediaType": kind, "digest": digest, "size": len(content)})
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:]}
    return {"blobs": blobs, "manifest": json.dumps(document), "kind": MANIFEST, "tag": tag}


def push(cluster: Cluster, host: str, directory: Path, tag: str) -> str:
    """Bring an image to the registry of a host, and return what it is called."""
    ca = cluster.site["site_ca"]
    given = {
        **image(directory, tag),
        "url": f"https://{address(cluster, host)}:5000",
        "password": cluster.site["site_registry_writer_password"],
        "ca": ca[ca.index("-----BEGIN CERTIFICATE") :],
        "repository": f"{NOWHERE}/drill/image",
    }
    lab("exec", "--", sys.executable, "-c", PUSH.format(tree=str(TREE)), stdin=json.dumps(given))
    return f"{NOWHERE}/drill/image:{tag}"


def address(cluster: Cluster, host: str) -> str:
    known = cluster.kubectl(host, f"get node {host}")["status"]["addresses"]
    return str(next(one["address"] for one in known if one["type"] == "InternalIP"))


def pulls(cluster: Cluster, host: str, name: str) -> bool:
    """Whether the node takes the image through the mirrors of its own registries.yaml, as kubelet has it do."""
    cluster.on(host, f"k3s kubectl delete pod drill-{host} --ignore-not-found --wait=true --timeout=30s", check=False)
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"drill-{host}", "namespace": "default"},
        "spec": {
            "nodeName": host,
            "restartPolicy": "Never",
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "image", "image": name, "imagePullPolicy": "Always", "command": ["/none"]}],
        },
    }
    cluster.apply(host, json.dumps(pod))

    def pulled() -> bool:
        events = cluster.kubectl(host, f"get events --field-selector involvedObject.name=drill-{host}")["items"]
        return any(one["reason"] == "Pulled" and name in one["message"] for one in events)

    try:
        wait_until(f"{host} has {name}", pulled, timeout=90)
    except AssertionError:
        return False
    finally:
        cluster.on(host, f"k3s kubectl delete pod drill-{host} --ignore-not-found --wait=false", check=False)
    return True


@pytest.fixture(scope="module")
def kept(cluster: Cluster) -> Iterator[Cluster]:
    """The lab's site with a registry on each server, and as it was afterwards."""
    assert play("bootstrap", *KEPT, "--check").succeeded().changed()
    play("bootstrap", *KEPT, timeout=1800).succeeded()
    assert play("bootstrap", *KEPT).succeeded().changed() == 0
    watch()
    yield cluster
    play("bootstrap", timeout=1800).succeeded()
    assert {cluster.on(host, LEFT, check=False).strip() for host in cluster.servers} == {""}


@scenario(
    id="R1",
    title="The registry of a host is lost, or all of them are",
    initial_cluster="none: nodes take their images from the next registry; what runs goes on without any",
    target_cluster="none",
    end_users="none",
    detection="the alerts; while all are lost, pods whose image their node does not have wait (ImagePullBackOff)",
    remedy="start `metalstack-registry` and `metalstack-registry-kept` there, or run the playbook `bootstrap`, which"
    " brings it back and loads what the mirror has. What was pushed to a host that is lost comes back with the playbook"
    " `restore` and `restore_component=registry_<host>`",
)
def test_a_node_whose_registry_is_lost_takes_images_from_another_one(kept: Cluster, tmp_path: Path) -> None:
    first, second, *_rest = kept.servers
    name = push(kept, first, tmp_path, "one")
    push(kept, second, tmp_path, "one")
    assert pulls(kept, first, name)
    kept.on(first, f"systemctl stop {UNITS}")
    try:
        begun = push(kept, second, tmp_path, "two")
        took = wait_until("the node takes it from another host", lambda: pulls(kept, first, begun), timeout=180)
        measured("R1", "until a node has an image of another host's registry", took)
        fires(kept, "RegistryDown", first)
        for host in kept.servers[1:]:
            kept.on(host, f"systemctl stop {UNITS}")
        # The cluster needs none of them to go on, nor to start.
        kept.on(second, "systemctl restart k3s.service", timeout=300)
        wait_until("the server is ready without a registry", lambda: kept.ready(second, second), timeout=180)
        fires(kept, "RegistriesDown")
    finally:
        play("bootstrap", *KEPT, timeout=1800).succeeded()
    resolves(kept, "RegistriesDown")
    resolves(kept, "RegistryDown", first)
    assert pulls(kept, first, name)


def test_what_was_killed_comes_back_by_itself_and_a_collection_takes_nothing_that_is_named(
    kept: Cluster, tmp_path: Path
) -> None:
    host = kept.servers[0]
    name = push(kept, host, tmp_path, "three")
    kept.on(host, f"systemctl kill --signal=KILL {UNITS}; sleep 5")
    assert pulls(kept, host, name)
    kept.on(host, "systemctl start metalstack-registry-collect.service", timeout=300)
    states = kept.on(host, "systemctl is-active metalstack-registry-kept.service metalstack-registry-collect.timer")
    assert states.split() == ["active", "active"]
    assert pulls(kept, host, name)
    assert play("bootstrap", *KEPT).succeeded().changed() == 0
