#!/usr/bin/env python3
"""Write docs/alerts.md out of the rules; --check changes nothing and fails when it is not what would be written."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
PAGE = ROOT / "docs/alerts.md"
SCENARIOS = ROOT / "docs/failure-scenarios"

# Scenarios that no metric tells, and why.
UNTOLD = {
    "B10": "what was done after a set is known to those alone who were not restored; `status` names what is held",
    "C4": "whoever has a copy of the token of the servers asks as they do",
    "C5": "a copy of the backup password opens what was copied with it, elsewhere",
    "C6": "the object storage's own log of accesses knows who used the key, which we cannot read",
    "C8": "whoever has a copy of a key of the DNS asks as its owner does",
    "D4": "that names would be missing in a restore is known before from the inventory alone: `validate`, V37",
    "G1": "nothing of the site waits for the runner: GitLab shows it as offline, and whoever starts a job sees it wait",
    "G2": "it is GitLab that is lost, not a part of the site; who works with it sees that",
    "N9": "a lost cluster is told by the alerts of N6; that no set of it is left knows whoever would restore it",
}
# Alerts that no drill waits for, and why; their rules are tested all the same (tests/integration/alerts).
UNDRILLED = {
    **dict.fromkeys(
        (
            "ApiTokensLost",
            "DatabaseBackupOverdue",
            "DatabaseBackupStorageUnreachable",
            "DatabaseBackupSuspect",
            "DatabaseBackupsDeleted",
            "DatabaseEmptied",
            "DatabaseHoldsLess",
            "DatabaseNotCounted",
            "DatabaseNotFound",
            "DatabaseNotSaved",
            "DatabaseWaits",
        ),
        "drills of metal-stack's databases need no lab, and so no site that watches itself",
    ),
    **dict.fromkeys(
        ("AcmeCertificateNotRenewed", "AcmeCertificateRefused"),
        "a certificate that is not renewed is told of after hours and days; that it is not had is drilled",
    ),
    "BackupNotRehearsed": "a fortnight without a rehearsal is more than a drill has",
    "BackupOfOtherCluster": "hosts with other data than the storage's are refused, which is drilled, so that no drill"
    " brings about what the alert tells",
    "BackupPasswordNotEscrowed": "it is patient for a day, half an hour in the lab; `status` tells at once",
    "EtcdClustersDiffer": "a server with data of before a restore does not start them, which is drilled, and"
    " EtcdDataOfFormerGeneration tells of it",
    "SamplesWait": "100 MB that wait are what a site measures in more than half an hour",
    "SecretNotEscrowed": "it is patient for a day, half an hour in the lab; `status` tells at once",
    "VersionNotWanted": "it is patient for a day, half an hour in the lab; `status` tells at once",
}
# What has a part of its own in pages: the file of its rules, and why no alert tells of a scenario there.
PARTS = {"metal-stack's databases": "databases"}
UNTOLD_OF = {
    "metal-stack's databases": "none: what their sidecars back up is looked at by each `bootstrap` and `metal_stack`,"
    " and before each release by `upgrade_metal_stack`; they are named in its warnings, and in the error that ends it",
    "the garden of Gardener": "none of its own; that one has not come back the run tells that was to bring it back",
}

INTRODUCTION = """# Alerts

<!-- Written by tools/alerts.py out of the rules. -->

The files in [rules](../rules) are plain rules for vmalert and Prometheus, and use no more than both know. Each alert is
about one [failure scenario](failure-scenarios/README.md), which its label `scenario` names and its annotation `runbook`
leads to. `lookup('metalstack.autonomous.alert_rules', scale=…, runbooks=…)` gives them with another patience, for a lab
that cannot wait, and with the URL that the runbooks have at a site.

They count on jobs of the names `node`, `etcd`, `apiserver`, `kubelet`, `kube_vip`, `powerdns`, `victoria_metrics`,
`vmagent`, `vmalert`, `vmauth`, `alertmanager` and `acme_ca`, and where the stores are a cluster `vminsert` and
`vmselect`; every series has `site`, and as `instance` the host's name in the inventory. What no exporter knows the role
[host_metrics](../roles/host_metrics/README.md) tells by node-exporter's textfile collector.

What they are silent about:

- Trouble that ends within a minute, such as an address on two hosts: the guard of kube-vip is faster than that.
- An object storage that gives no answer tells nothing of its sets; BackupStorageUnreachable fires in their place.
- A rehearsal that was switched off (`backup_rehearse: false`), or that was never due yet. One that fails is told.
- A change of the inventory (version, zones, `site_escrow_fingerprints`) that no `bootstrap` has brought to the hosts.
- Records that a zone has lost for a reason: after a day the smaller number is the usual one.
- What writers such as a partition bring (`site_monitoring_writers`): its alerts are those of whoever wrote it.
- A zone of a few records that was emptied: what every zone has, SOA and NS, counts as well.

What host_metrics tells is half a minute old at most, what others tell is 15 seconds, and a rule is judged by what was
known half a minute before: that much later than it waits for (*After*) an alert is told. Rules count on 20 seconds at
most from one scrape to the next: who was not heard for 45 is gone.
"""


def groups() -> dict[str, list[dict[str, Any]]]:
    """The alerts by the file that has them."""
    found = {}
    for path in sorted(RULES.glob("*.yml")):
        content = yaml.safe_load(path.read_text())
        found[path.stem] = [rule for group in content["groups"] for rule in group["rules"]]
    return found


def words(summary: str) -> str:
    """A summary without its templates: what stands there is named instead."""
    text = re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"*\1*", summary)
    return re.sub(r"\{\{ \$value[^}]*\}\}", "*so much*", text)


def link(scenario: str) -> str:
    return f"[{scenario}](failure-scenarios/{scenario}.md)"


def page() -> str:
    lines = [INTRODUCTION]
    for name, rules in groups().items():
        lines += [f"## {name}", "", "| Alert | Scenario | What it says | After | Severity |", "|---|---|---|---|---|"]
        for rule in rules:
            cells = (
                rule["alert"],
                link(rule["labels"]["scenario"]),
                words(rule["annotations"]["summary"]),
                rule.get("for", "at once"),
                rule["labels"]["severity"],
            )
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    lines += ["## Scenarios that no metric tells", "", "| Scenario | Why |", "|---|---|"]
    lines += [f"| {link(scenario)} | {why} |" for scenario, why in UNTOLD.items()]
    lines += ["", "## Alerts that no drill waits for", ""]
    lines += ["Of each other one `make drill` waits until it fires, and is over once what it tells of is mended; of"]
    lines += ["MetricsStoreUnreached where the programs of a cluster of stores are given (`LAB_VM_CLUSTER_DIR`).", ""]
    lines += ["| Alert | Why |", "|---|---|", *(f"| {name} | {why} |" for name, why in UNDRILLED.items())]
    return "\n".join([*lines, ""])


def main(arguments: list[str]) -> int:
    wanted = page()
    if PAGE.exists() and PAGE.read_text() == wanted:
        return 0
    if "--check" in arguments:
        print(f"{PAGE.relative_to(ROOT)} is not what the rules say: run python tools/alerts.py")
        return 1
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
