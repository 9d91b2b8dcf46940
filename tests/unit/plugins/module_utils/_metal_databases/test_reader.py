from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import entries, reader
from in_cluster import CLAIM

IMAGE = "sidecar:1"


def made(**spec):
    return reader.manifest("ipam-db", "/data/postgres", IMAGE, 60, CLAIM["metadata"], spec)


def test_it_sees_the_volume_and_cannot_change_it():
    spec = made()["spec"]
    (container,), (volume,) = spec["containers"], spec["volumes"]
    assert container["image"] == IMAGE and container["command"] == entries.command("/data/postgres")
    assert container["volumeMounts"] == [{"name": "data", "mountPath": "/data", "readOnly": True}]
    assert volume["persistentVolumeClaim"] == {"claimName": "ipam-db-ipam-db-0", "readOnly": True}
    assert spec["automountServiceAccountToken"] is False


def test_it_ends_and_goes_also_when_nobody_removes_it():
    found = made()
    assert found["spec"]["activeDeadlineSeconds"] == 60 and found["spec"]["restartPolicy"] == "Never"
    (owner,) = found["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("PersistentVolumeClaim", "ipam-db-ipam-db-0", "u1")


def test_it_runs_where_the_pod_of_the_database_is():
    like = {"nodeName": "n1", "tolerations": [{"key": "a"}], "imagePullSecrets": [{"name": "b"}]}
    spec = made(**like, containers=["not ours"], serviceAccountName="not ours")["spec"]
    assert spec.items() >= like.items() and "serviceAccountName" not in spec
    assert not made()["spec"].keys() & like.keys()


@pytest.mark.parametrize(
    ("security", "added"),
    [
        ({"runAsUser": 999, "fsGroup": 999}, None),
        ({"fsGroup": 999}, ["DAC_READ_SEARCH"]),
        (None, ["DAC_READ_SEARCH"]),
    ],
)
def test_it_is_the_user_of_the_database_or_one_who_reads_what_belongs_to_others(security, added):
    spec = made(securityContext=security)["spec"]
    confined = spec["containers"][0]["securityContext"]
    assert spec["securityContext"] == (security or {}) and confined["allowPrivilegeEscalation"] is False
    assert confined["capabilities"]["drop"] == ["ALL"] and confined["capabilities"].get("add") == added
