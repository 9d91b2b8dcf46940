"""Which VictoriaMetrics keeps a host's metrics."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import stores


@pytest.mark.parametrize(
    ("running", "found"),
    [
        (["/usr/bin/victoria-metrics", "/usr/bin/vmalert"], {"victoria-metrics": ["1.112.0+ds1-2"]}),
        # Those of a cluster while one of them is updated; Debian's package is there for its companions.
        (
            [
                "/opt/vmstorage/v1.112.0-cluster/vmstorage",
                *(f"/opt/vminsert/v1.11{minor}.0-cluster/vminsert" for minor in (3, 2)),
                "/opt/kube-vip/v1.2.2/kube-vip",
                "/usr/bin/vmalert",
            ],
            {"vmstorage": ["v1.112.0-cluster"], "vminsert": ["v1.112.0-cluster", "v1.113.0-cluster"]},
        ),
        (["/usr/bin/vmalert"], {}),
    ],
    ids=["Debian's", "a cluster's", "none that runs"],
)
def test_a_store_that_runs_has_a_version(running: list[str], found: dict[str, list[str]]) -> None:
    assert stores.versions(running, {"victoria-metrics": "1.112.0+ds1-2"}.__getitem__) == found
