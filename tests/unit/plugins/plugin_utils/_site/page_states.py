"""States of a site, good and bad, as the page gets them."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._site import (
    program_status,
    services,
    status,
    version_status,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site import (
    test_backup_status as backups,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site import (
    test_monitoring_status as monitoring,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site import (
    test_program_status as programs,
)
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site import test_services as names
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site import test_status as cluster
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import site

KNOWN = ("v1.35.4+k3s1", "v1.36.3+k3s1")


def state(
    hosts: dict[str, t.Any],
    dns: dict[str, t.Any],
    time: dict[str, t.Any],
    alerts: dict[str, t.Any] | None,
    wanted: str,
) -> dict[str, t.Any]:
    """Put together what the action plugin puts together; without alerts nobody monitors the site."""
    watched = alerts is not None
    ours = site(site_object_storage=backups.LOCKED, site_monitoring=watched, site_grafana=watched)
    described = status.describe(ours, hosts)
    parts = {"k3s": 2, "powerdns": 1, **({} if alerts is None else {"metrics": 1})}
    sets = [backups.one_set("s1", 4000), backups.one_set("s2", 400, **parts)]
    found = {"server1": backups.host(sets=sets)} if hosts else {}
    return {
        **described,
        **services.describe(ours, hosts, dns, time, found, alerts or {}),
        "versions": version_status.describe(described["hosts"], wanted, KNOWN),
        "programs": program_status.describe(
            ours, hosts, dns, alerts or {}, programs.grafana(*hosts) if watched else {}
        ),
    }


def good() -> dict[str, t.Any]:
    hosts = cluster.found()
    hosts["server1"]["system"]["addresses"]["eth0"].append("198.51.100.9")
    return state(
        hosts,
        names.dns(),
        names.time(),
        monitoring.found("Soon", "DnsServerDown", silenced=("DnsServerDown",)),
        "v1.35.4+k3s1",
    )


def unmonitored() -> dict[str, t.Any]:
    """Return the site that is well of somebody who has other means to watch it."""
    hosts = cluster.found()
    hosts["server1"]["system"]["addresses"]["eth0"].append("198.51.100.9")
    return state(hosts, names.dns(), names.time(), None, "v1.35.4+k3s1")


def bad() -> dict[str, t.Any]:
    """Return a site whose second server died while it was to be upgraded."""
    hosts = cluster.seen_of_all(1, ready="Unknown", voter="False")
    del hosts["server2"]
    hosts["server3"]["programs"]["kube-vip"] = ["v1.2.1"]
    alerts = names.without(monitoring.found("DnsServerDown", "HostDown", "Homemade"), "server2")
    times = names.without(names.time(), "server2")
    return state(hosts, names.changed_zone("example.org."), times, alerts, "v1.36.3+k3s1")


def unknown() -> dict[str, t.Any]:
    """Return a site of which nobody answers."""
    return state({}, {}, {}, {}, "v1.35.4+k3s1")
