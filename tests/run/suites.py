"""What the tests consist of: one line a suite, in the order in which they start."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import counts

# What is built takes the whole machine. Then suites that share nothing run side by side, those with a lab of their own
# among them, and beside these the suites of the one lab, one by one and with their output on the terminal.
BUILD, SIDE_BY_SIDE, LAB = range(3)


@dataclass(frozen=True)
class Suite:
    """A command, the targets that it belongs to, and how to read its result."""

    name: str
    command: str
    targets: tuple[str, ...]
    parser: counts.Parser = counts.plain
    stage: int = SIDE_BY_SIDE
    timeout: int = 1800

    @property
    def shown(self) -> bool:
        return self.stage != SIDE_BY_SIDE


CHECK = ("check", "test")
PLUGINS = ".ansible/collections/ansible_collections/metalstack/autonomous/plugins"
MOLECULE = "python -m lab exec -- molecule test -s"
# Suites of their own: one needs hosts that were wiped, one adds a host, one looks through what all others have left.
APART = (
    "backup_guards",
    "interrupt",
    "agents",
    "bgp",
    "quorum",
    "quorum_backed",
    "backups",
    "restore",
    "restore_killed",
    "restore_component",
    "garden_state",
    "dns_outside",
    "secrets",
    "nospace",
    "learner",
    "disk_full",
    "upgrade_minor",
    "upgrade_botched",
    "replace_node",
    "new_name",
    "second_site",
    "encryption_keys",
    "token",
    "agent_token",
    "backup_keys",
    "dns_keys",
    "authority",
    "certificates",
    "patch_hosts",
    "agents_rolling",
    "monitoring",
    "monitoring_alerts",
    "status_page",
    "registry",
    "shown_site",
    "monitoring_cluster",
    "metal_stack",
    "offline",
    "acme_ca",
    "runner",
)
DRILLS = " ".join(
    ["pytest -q --durations=8 tests/drills", *(f"--ignore tests/drills/test_{name}.py" for name in APART)]
)
# Drills wait for the alerts about what they do, unless LAB_MONITORED=0. Those of `make test` do without: its time is
# short, and three hosts that are measured every ten seconds leave little of two processors. So do those that measure
# what a site bears beside its changes, but for the single drills there that wait for alerts (alerts.watched_for).
WATCHED = f"env LAB_MONITORED={os.environ.get('LAB_MONITORED') or '1'}"
RESTORE = "pytest -q -s --durations=8 tests/drills/test_backups.py tests/drills/test_restore.py"
# `make test` has to end within an hour and a half on two cores that have built everything before.
SHORT = "-m 'not long'"

# Drills that hang on what k3s does, which are run once more with the minor version before.
ROTATION = Suite(
    "rotation",
    f"{WATCHED} pytest -q -s --durations=8 tests/drills/test_encryption_keys.py tests/drills/test_token.py"
    " tests/drills/test_agent_token.py"
    " tests/drills/test_backup_keys.py"
    " tests/drills/test_dns_keys.py"
    " tests/drills/test_authority.py"
    " tests/drills/test_certificates.py",
    ("drill",),
    counts.pytest,
    stage=LAB,
    timeout=7800,
)
REPLACE_NODE = Suite(
    "replace-node",
    f"{WATCHED} pytest -q -s --durations=8 tests/drills/test_replace_node.py",
    ("drill",),
    counts.pytest,
    stage=LAB,
    timeout=5400,
)
SECOND_SITE = Suite(
    "second-site",
    "pytest -q -s --durations=8 tests/drills/test_second_site.py",
    ("drill",),
    counts.pytest,
    stage=LAB,
    timeout=3600,
)
PATCH_HOSTS = Suite(
    "patch-hosts",
    "pytest -q -s --durations=8 tests/drills/test_patch_hosts.py",
    ("drill",),
    counts.pytest,
    stage=LAB,
    timeout=3600,
)
OLDER = "python tests/run/older.py"
OLDER_TARGETS = ("drill", "drill-older")
BOOTSTRAP = "python -m lab exec -- ansible-playbook -i inventories/lab playbooks/bootstrap.yml"


def on_older(suite: Suite) -> Suite:
    """The same suite on a lab of the minor version of k3s before."""
    return replace(suite, name=f"{suite.name}-older", command=f"{OLDER} {suite.command}", targets=OLDER_TARGETS)


SUITES = (
    # With an empty cache this builds the hosts' image and every program, which takes half an hour on two cores.
    # Fresh: what a run that was killed has left, hosts of an object storage among them, is another site.
    Suite("lab-up", "python -m lab up --fresh", ("test", "drill"), stage=BUILD, timeout=3600),
    # Side by side, the long ones first: some wait more than they work.
    Suite("contract", "pytest -q tests/contract/k3s", ("test", "drill"), counts.pytest, timeout=2700),
    Suite(
        "object-storage",
        f"python tests/run/apart.py tests/integration/object_storage {SHORT}",
        ("test",),
        counts.pytest,
        timeout=2700,
    ),
    Suite(
        "object-storage-all",
        "python tests/run/apart.py tests/integration/object_storage",
        ("drill",),
        counts.pytest,
        timeout=3600,
    ),
    # Two real API servers. With METAL_ROLES also metal-stack's own roles.
    Suite("metal-stack", "pytest -q tests/integration/metal_stack", ("test",), counts.pytest, timeout=2700),
    # Six real servers; with an empty cache their three Debian releases are fetched first, half a minute each.
    Suite(
        "pdns",
        "pytest -q tests/integration/pdns --ignore tests/integration/pdns/test_catalog.py",
        ("test",),
        counts.pytest,
        timeout=2700,
    ),
    Suite("pdns-catalog", "pytest -q tests/integration/pdns/test_catalog.py", ("test",), counts.pytest, timeout=2700),
    # A real API server; metal-api and the devices are stand-ins.
    Suite("metal-partition", "pytest -q tests/integration/metal_partition", ("test",), counts.pytest, timeout=2700),
    # The real gardener-apiserver; gardenlet is a stand-in. With an empty cache it is built first, five minutes.
    Suite("gardener", "pytest -q tests/integration/gardener", ("test",), counts.pytest, timeout=2700),
    # A real API server with Gardener's own definitions and the operator's own chart; the operator is a stand-in. With
    # an empty cache helm is built first, three minutes.
    Suite("garden", f"pytest -q tests/integration/garden {SHORT}", ("test",), counts.pytest, timeout=2700),
    Suite("garden-all", "pytest -q tests/integration/garden", ("drill",), counts.pytest, timeout=3600),
    # The role with an API server and databases, from the first deployment to the loss of all and back; on metal-stack's
    # own sidecar where LAB_BRS_BINARY names it. With an empty cache a Debian release is fetched first, half a minute.
    Suite(
        "metal-stack-restore",
        f"pytest -q tests/integration/metal_stack_restore {SHORT}",
        ("test",),
        counts.pytest,
        timeout=2700,
    ),
    Suite(
        "metal-stack-restore-all",
        "pytest -q --durations=8 tests/integration/metal_stack_restore",
        ("drill",),
        counts.pytest,
        timeout=3600,
    ),
    Suite("init", "pytest -q tests/integration/init", ("test",), counts.pytest),
    # On metal-stack's own sidecar where LAB_BRS_BINARY names it, else on the model.
    Suite(
        "contract-sidecar",
        "python tests/run/apart.py tests/contract/sidecar",
        ("test", "drill"),
        counts.pytest,
        timeout=2700,
    ),
    Suite("chrony", "pytest -q tests/integration/chrony", ("test",), counts.pytest),
    Suite("victoria-metrics", "pytest -q tests/integration/victoria_metrics", ("test",), counts.pytest),
    # Both servers of metal-stack as stand-ins.
    Suite("metal", "pytest -q tests/integration/metal", ("test",), counts.pytest),
    # A real kube-apiserver and real databases; the kubelet is a stand-in, and so is RethinkDB. With an empty cache a
    # Debian release is fetched first, half a minute.
    Suite("metal-database", "pytest -q tests/integration/metal_database", ("test",), counts.pytest, timeout=2700),
    Suite("alerts", "pytest -q tests/integration/alerts", ("test",), counts.pytest),
    Suite("sanity-2.18", "python tests/core/sanity.py 2.18 3.11 3.12 3.13", ("check",)),
    Suite("sanity-2.19", "python tests/core/sanity.py 2.19 3.11 3.12 3.13", CHECK),
    Suite("sanity-2.21", "python tests/core/sanity.py 2.21 3.12 3.13", ("check",)),
    Suite("ansible-lint", "ansible-lint -q --offline", CHECK),
    Suite("units-2.18", "python tests/core/units.py 2.18 3.11 3.12 3.13", CHECK, counts.pytest),
    Suite("units-2.19", "python tests/core/units.py 2.19 3.11 3.12 3.13", CHECK, counts.pytest),
    Suite("units-2.21", "python tests/core/units.py 2.21 3.12", ("check",), counts.pytest),
    Suite("units-2.21-newest", "python tests/core/units.py 2.21 3.13", CHECK, counts.pytest),
    Suite("parity", "pytest -q tests/check", CHECK, counts.pytest),
    Suite("types-strict", f"mypy --strict {PLUGINS}/module_utils", CHECK),
    Suite("types", f"mypy {PLUGINS} lab tools tests/run tests/core", CHECK),
    # Their helpers are found as pytest finds them.
    Suite("types-drills", "env MYPYPATH=tests/drills mypy tests/drills", CHECK),
    Suite("docs", "antsibull-docs lint-collection-docs --plugin-docs --disallow-unknown-collection-refs .", CHECK),
    Suite("yamllint", "yamllint --strict .", CHECK),
    Suite("changelog", "antsibull-changelog lint", CHECK),
    # Debian's own apt, on an archive on loopback and in a host of its own. With an empty cache a Debian release is
    # fetched first, half a minute.
    Suite("mirror", "pytest -q tests/integration/mirror", ("test",), counts.pytest, timeout=2700),
    # Debian's own registry and nginx. With an empty cache a Debian release is fetched first, a minute.
    Suite(
        "container-registry", "pytest -q tests/integration/container_registry", ("test",), counts.pytest, timeout=2700
    ),
    # Debian's own lego, pebble and PowerDNS, which mostly wait. With an empty cache step-ca is built first, four
    # minutes, and two Debian releases are fetched, half a minute each.
    Suite("acme-ca", "pytest -q tests/integration/acme_ca", ("test",), counts.pytest, timeout=2700),
    # A real gitlab-runner in a host of its own, and gitlab-ci-local. With an empty cache the runner is built first, and
    # both are fetched with a Debian release, five minutes in all.
    Suite("gitlab-runner", "pytest -q tests/integration/gitlab_runner", ("test",), counts.pytest, timeout=2700),
    Suite("artifact", "pytest -q tests/integration/artifact", ("test",), counts.pytest),
    # With an empty cache a registry is fetched and cosign is built first, which takes six minutes.
    Suite("release", "pytest -q tests/integration/release", ("test",), counts.pytest),
    Suite("validate", "pytest -q tests/integration/validate", ("test",), counts.pytest),
    # With an empty cache a browser is fetched first, which takes two minutes.
    Suite("status-page", "pytest -q tests/integration/status_page", ("test",), counts.pytest),
    Suite("ruff", "ruff check --quiet", CHECK),
    Suite("format", "ruff format --check --quiet", CHECK),
    # One by one, beside those above.
    Suite("molecule-chrony", f"{MOLECULE} chrony", ("drill",), counts.molecule, stage=LAB),
    Suite("molecule-powerdns", f"{MOLECULE} powerdns", ("drill",), counts.molecule, stage=LAB),
    Suite("molecule-resolver", f"{MOLECULE} dns_resolver", ("drill",), counts.molecule, stage=LAB),
    Suite("molecule-default", f"{MOLECULE} default", ("test", "drill"), counts.molecule, stage=LAB),
    Suite("drills", f"{DRILLS} {SHORT}", ("test",), counts.pytest, stage=LAB, timeout=3600),
    Suite("drills-all", f"{WATCHED} {DRILLS}", ("drill",), counts.pytest, stage=LAB, timeout=7200),
    Suite("molecule-interrupted", f"{MOLECULE} interrupted", ("drill",), counts.molecule, stage=LAB, timeout=1800),
    Suite("molecule-single", f"{MOLECULE} single_node", ("test", "drill"), counts.molecule, stage=LAB),
    Suite("molecule-grow", f"{MOLECULE} grow", ("drill",), counts.molecule, stage=LAB, timeout=1200),
    Suite(
        "agents",
        "pytest -q tests/drills/test_agents.py tests/drills/test_bgp.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=1800,
    ),
    Suite(
        "etcd",
        f"{WATCHED} pytest -q -s tests/drills/test_nospace.py tests/drills/test_learner.py"
        " tests/drills/test_disk_full.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite(
        "quorum",
        f"{WATCHED} pytest -q -s tests/drills/test_quorum.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite("restore", f"{RESTORE} {SHORT}", ("test",), counts.pytest, stage=LAB, timeout=2700),
    Suite("restore-all", f"{WATCHED} {RESTORE}", ("drill",), counts.pytest, stage=LAB, timeout=7200),
    Suite(
        "restore-more",
        f"{WATCHED} pytest -q -s tests/drills/test_restore_component.py tests/drills/test_restore_killed.py"
        " tests/drills/test_garden_state.py"
        " tests/drills/test_quorum_backed.py tests/drills/test_dns_outside.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=7200,
    ),
    ROTATION,
    Suite(
        "monitoring", "pytest -q -s tests/drills/test_monitoring.py", ("drill",), counts.pytest, stage=LAB, timeout=5400
    ),
    Suite(
        "monitoring-alerts",
        "pytest -q -s tests/drills/test_monitoring_alerts.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    # Skipped without LAB_VM_CLUSTER_DIR.
    Suite(
        "monitoring-cluster",
        "pytest -q -s tests/drills/test_monitoring_cluster.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite(
        "page",
        f"{WATCHED} pytest -q -s tests/drills/test_status_page.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=3600,
    ),
    Suite(
        "registry",
        f"{WATCHED} pytest -q -s --durations=8 tests/drills/test_registry.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite(
        "runner",
        "pytest -q -s tests/drills/test_runner.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite(
        "acme-ca-site",
        f"{WATCHED} pytest -q -s tests/drills/test_acme_ca.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite(
        "backup-guards",
        f"{WATCHED} pytest -q -s tests/drills/test_backup_guards.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite(
        "upgrade",
        "pytest -q -s --durations=8 tests/drills/test_upgrade_minor.py tests/drills/test_upgrade_botched.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=7200,
    ),
    REPLACE_NODE,
    Suite(
        "metal-stack-site",
        "pytest -q -s --durations=8 tests/drills/test_metal_stack.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=3600,
    ),
    Suite("secrets", "pytest -q tests/drills/test_secrets.py", ("test", "drill"), counts.pytest, stage=LAB),
    # From here on each has hosts of its own, and whatever was there goes.
    Suite("new-name", "pytest -q -s tests/drills/test_new_name.py", ("drill",), counts.pytest, stage=LAB),
    SECOND_SITE,
    Suite(
        "shown-site",
        "pytest -q -s --durations=8 tests/drills/test_shown_site.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    PATCH_HOSTS,
    # It takes an archive of Debian, and with an empty cache an image of its own is built first, two minutes.
    Suite(
        "offline",
        "pytest -q -s --durations=8 tests/drills/test_offline.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=5400,
    ),
    Suite(
        "agents-rolling",
        "pytest -q -s --durations=8 tests/drills/test_agents_rolling.py",
        ("drill",),
        counts.pytest,
        stage=LAB,
        timeout=3600,
    ),
    # As `python tests/run drill-older` alone. The cluster is there before it is backed up, as in the row above.
    Suite("lab-up-older", f"{OLDER} python -m lab up --fresh", OLDER_TARGETS, stage=LAB, timeout=3600),
    Suite("bootstrap-older", f"{OLDER} {BOOTSTRAP}", OLDER_TARGETS, stage=LAB),
    *(on_older(suite) for suite in (ROTATION, REPLACE_NODE, SECOND_SITE, PATCH_HOSTS)),
    Suite("lab-down", "python -m lab down", ("test", *OLDER_TARGETS), stage=LAB),
    Suite("bench", "python -m bench", ("bench",), stage=LAB, timeout=7200),
    # Each ends by itself before its limit, with as many rounds as there was time for (BENCH_ROUNDS, BENCH_MINUTES).
    Suite("bench-backup", "python -m bench.backup", ("bench",), stage=LAB, timeout=7200),
    Suite("bench-gate", "python -m bench.gate", ("bench",), stage=LAB, timeout=14400),
    Suite("bench-restore", "python -m bench.restore", ("bench",), stage=LAB, timeout=7200),
    Suite("bench-quorum", "python -m bench.quorum", ("bench",), stage=LAB, timeout=7200),
    Suite("bench-replace", "python -m bench.replace", ("bench",), stage=LAB, timeout=7200),
    Suite("bench-upgrade", "python -m bench.upgrade", ("bench",), stage=LAB, timeout=7200),
    Suite("bench-zones", "python -m bench.zones", ("bench",), stage=LAB, timeout=3600),
    Suite("bench-monitoring", "python -m bench.monitoring", ("bench",), stage=LAB, timeout=7200),
)
