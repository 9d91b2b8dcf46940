"""Canary secrets: no secret of the site, searched by its value, stands where others than root could read it.

The logs searched are those of every run that the drills made on this lab before, one of them with -vvv --diff, and of
every suite, molecule's among them. The command lines are those of all processes of the machine, which are those of the
lab's hosts too.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cluster import TREE, Cluster
from playbook import keep_log, play

READABLE = (
    "setpriv --reuid=65534 --regid=65534 --clear-groups grep -rlaF -f {list} --exclude-dir=proc --exclude-dir=sys"
)
ENDINGS = ("_token", "_key", "_password", "_secret")
PLACES = "/etc /opt/k3s /opt/kube-vip /root /run /tmp /usr/local /var"


@pytest.fixture(scope="module")
def secrets(cluster: Cluster) -> list[str]:
    """Return every secret of the site by value."""
    site = cluster.site
    found = [str(value) for name, value in sorted(site.items()) if name.endswith(ENDINGS)]
    for storage in ("site_object_storage", "site_object_storage_second"):
        accounts = [site.get(storage, {}), *(site.get(storage, {}).get(other, {}) for other in ("reader", "pruner"))]
        found += [account["secret_key"] for account in accounts if account]
    # As the lab's inventory makes them, which ansible-inventory shows as templates only.
    key = str(site["site_dns_api_key"])
    found += [hashlib.sha256(f"{client}{key}".encode()).hexdigest() for client in site["site_dns_api_clients"]]
    # Line by line, and without those that every key has.
    private = str(site["site_ca"]).partition("-----END")[0]
    found += [line for line in private.splitlines() if line and not line.startswith("-----")]
    assert len(found) >= 3 and all(len(value) >= 16 for value in found)
    return found


class CommandLines:
    """Watches the command lines of all processes while a run is under way."""

    def __init__(self, secrets: list[str]) -> None:
        self.secrets = [secret.encode() for secret in secrets]
        self.found: set[str] = set()
        self.looks = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self.over.wait(0.02):
            self.looks += 1
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:
                    continue
                if any(secret in line for secret in self.secrets):
                    self.found.add(line.replace(b"\0", b" ").decode(errors="replace")[:40])

    def __enter__(self) -> CommandLines:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()


def in_logs(secrets: list[str]) -> list[str]:
    """Return the logs of runs that hold a secret."""
    logs = [*keep_log("none").parent.glob("*.log"), *(TREE / "tests/output").glob("*.log")]
    return [log.name for log in logs if any(secret in log.read_text(errors="replace") for secret in secrets)]


def on_host(cluster: Cluster, host: str, secrets: list[str]) -> list[str]:
    """Return the files of a host that anyone may read, and the journal, where they hold a secret."""
    # On the host's own command line the words would be found by the search itself, so they go in by standard input.
    script = f"""
        list=$(mktemp) && trap 'rm -f "$list"' EXIT && cat > "$list" && chmod 644 "$list"
        {READABLE.format(list='"$list"')} {PLACES} 2>/dev/null | grep -vxF "$list"
        journalctl --no-pager -q | grep -qaF -f "$list" && echo journal
        true"""
    return cluster.on(host, script, timeout=120, stdin="\n".join(secrets) + "\n").split()


@pytest.fixture
def planted(cluster: Cluster) -> Iterator[str]:
    """Leave a made-up secret in a file that anyone may read, in a log and on a command line."""
    word = "planted-canary-0123456789"
    host = cluster.servers[0]
    cluster.on(host, f"printf %s {word} > /etc/planted && chmod 644 /etc/planted && logger {word}")
    log = keep_log("planted")
    log.write_text(f"token: {word}\n")
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", word])
    yield word
    process.kill()
    process.wait()
    log.unlink()
    cluster.on(host, "rm -f /etc/planted")


def test_search_finds_what_was_planted(cluster: Cluster, planted: str) -> None:
    with CommandLines([planted]) as lines:
        found = on_host(cluster, cluster.servers[0], [planted])
    assert {"/etc/planted", "journal"} <= set(found)
    assert in_logs([planted])
    assert lines.found


def test_no_command_line_of_a_run_holds_a_secret(cluster: Cluster, secrets: list[str]) -> None:
    with CommandLines(secrets) as lines:
        play("bootstrap", "-vvv", "--diff").succeeded()
    assert lines.looks > 100
    assert not lines.found


def test_no_log_of_any_run_holds_a_secret(secrets: list[str]) -> None:
    assert not in_logs(secrets)


def test_no_file_that_others_may_read_holds_a_secret(cluster: Cluster, secrets: list[str]) -> None:
    assert {host: on_host(cluster, host, secrets) for host in cluster.servers} == {host: [] for host in cluster.servers}
