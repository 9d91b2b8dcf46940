"""Another backup password and other keys of the object storages: killed half-way, gone on with, the former refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import secrets_file
from alerts import green
from backups import AFTER_ROTATION, OFFSITE, STORAGE, backed_up, program, rehearsed
from cluster import Cluster, lab
from playbook import play, said, start
from scenario import measured, scenario
from test_secrets import CommandLines, in_logs

CONFIG = "/etc/metalstack/backup"
LEFT = "next-password former-passwords former-keys.json"
PAIR = ("access_key", "secret_key")
PLACES = {"storage": STORAGE, "second": OFFSITE}
# Whether restic takes a password, which comes by standard input, in the storage of that name.
ASK = """
umask 77 && cat > /run/asked && python3 - <<'END'
import json, os, subprocess
found = json.load(open("{config}/backup.json"))
record = json.load(open(found["state"] + "/record.json"))
storage = found["{storage}"]
where = "/".join([storage["endpoint"], storage["bucket"], found["site"], "restic", record["lineage"]])
secret = {{"AWS_ACCESS_KEY_ID": storage["access_key"], "AWS_SECRET_ACCESS_KEY": storage["secret_key"]}}
region = {{"AWS_DEFAULT_REGION": storage["region"], "RESTIC_PASSWORD_FILE": "/run/asked"}}
command = ["restic", "--no-cache", "--no-lock", "--cacert", storage["ca_file"], "-r", "s3:" + where, "cat", "config"]
done = subprocess.run(command, env={{**os.environ, **secret, **region}}, capture_output=True, text=True)
print("opened" if done.returncode == 0 else done.stderr.strip().splitlines()[-1])
END
rm /run/asked
"""


def opened(file: Path) -> str:
    return secrets_file.read(file)["site_backup_password"]


def held(cluster: Cluster) -> set[str]:
    return {cluster.on(host, f"cat {CONFIG}/password") for host in cluster.servers}


def left(cluster: Cluster) -> str:
    """Return what a rotation has left on the hosts."""
    return "".join(cluster.on(host, f"cd {CONFIG} && ls {LEFT} 2>/dev/null; true") for host in cluster.servers)


def answers(cluster: Cluster, password: str) -> list[str]:
    """Return what restic says to this password in the first storage and in the second."""
    host = cluster.servers[-1]
    asked = [ASK.format(config=CONFIG, storage=storage) for storage in PLACES]
    return [cluster.on(host, each, stdin=password, timeout=120).strip() for each in asked]


def refused(answer: list[str]) -> bool:
    return all("wrong password or no key found" in each for each in answer)


def read_again(cluster: Cluster, *names: str) -> None:
    """Restore sets beside what runs."""
    for name in names:
        told = program(
            cluster, cluster.servers[0], "verify", "--component=k3s", "--level=3", f"--set={name}", timeout=600
        )
        assert "rc=0" in told, told


def checksums(cluster: Cluster) -> list[str]:
    return [cluster.on(host, f"cat {CONFIG}/* | sha256sum") for host in cluster.servers]


@pytest.fixture
def file(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a site's file of secrets, which the lab's inventory has none of; in the end the lab has what it holds."""
    secrets_file.unlock(tmp_path, monkeypatch)
    path = tmp_path / "secrets.yml"
    secrets_file.write(path, site_backup_password=cluster.site["site_backup_password"])
    yield path
    secrets_file.take_over(cluster, site_backup_password=opened(path))


@scenario(
    id="C5",
    title="The backup password has leaked",
    initial_cluster="none; whoever has it, and reaches the object storage, reads all backups, and so all secrets",
    target_cluster="none",
    end_users="none",
    detection="none of ours: whoever read a file, a log or the escrow has it",
    remedy="the playbook `rotate` with `-e rotate=backup_password`, then with all that the backups hold: `token`,"
    " `encryption_keys`. What was copied before stays readable with it",
)
@pytest.mark.long
def test_a_backup_password_that_leaked_is_refused_after_a_rotation_that_was_killed(
    cluster: Cluster, backed_up_site: None, file: Path, tmp_path: Path
) -> None:
    arguments = ("-e", "rotate=backup_password", "-e", f"rotate_secrets_file={file}", "-e", f"@{file}")
    older = backed_up("-e", "backup_reason=older")
    [leaked], text, before = held(cluster), file.read_text(), checksums(cluster)
    proven = rehearsed(cluster, AFTER_ROTATION)
    assert answers(cluster, leaked) == ["opened", "opened"]
    predicted = said(play("rotate", *arguments, "--check").succeeded())
    assert "make another password; add a key of it to every repository in both object storages" in predicted
    assert (file.read_text(), checksums(cluster), left(cluster)) == (text, before, "")
    nowhere = play("rotate", "-e", "rotate=backup_password", "-e", f"rotate_secrets_file={tmp_path}/none.yml")
    assert nowhere.returncode and "The inventory can't be given another" in said(nowhere)
    assert (checksums(cluster), left(cluster)) == (before, "")

    run = start("rotate", tmp_path, *arguments)
    try:
        run.wait_for(lambda record: str(record.get("task")).endswith("Have every host work with it"))
    finally:
        run.kill()
    password = opened(file)
    assert password != leaked and file.read_text().startswith("---\n# of the site\n")
    # Whoever has either can restore, and backups go on.
    assert answers(cluster, leaked) == answers(cluster, password) == ["opened", "opened"]
    read_again(cluster, older)
    for host in cluster.servers:
        told = program(cluster, host, "create", "--component=k3s")
        assert "rc=0" in told, told
    stopped = play("bootstrap", "-e", f"@{file}")
    assert stopped.returncode and "V29" in stopped.output and "rotate=backup_password again" in said(stopped)

    begin = time.monotonic()
    with CommandLines([leaked, password]) as lines:
        told = said(play("rotate", *arguments).succeeded())
    measured("C5", "the same command again: exchanged, proved, backed up and rehearsed", time.monotonic() - begin)
    assert not lines.found and lines.looks > 100
    assert "The former one is refused by restic in every repository" in told and "THERE ARE OTHER KEYS" not in told
    assert "can still be had" not in told
    assert opened(file) == password and held(cluster) == {password} and left(cluster) == ""
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    assert refused(answers(cluster, leaked)) and answers(cluster, password) == ["opened", "opened"]
    newer = backed_up("-e", "backup_reason=newer", "-e", f"@{file}")
    read_again(cluster, older, newer)
    assert "rc=0" in program(cluster, cluster.servers[0], "verify", "--component=k3s", timeout=600)

    assert play("bootstrap", "-e", f"@{file}").succeeded().changed() == 0
    assert play("prune_backups", "-e", f"@{file}").succeeded()
    stopped = play("bootstrap")
    assert stopped.returncode and "V29" in stopped.output
    assert not in_logs([leaked, password])


def told_of(cluster: Cluster) -> list[str]:
    """Have the drill know the keys that the lab's inventory has now; returns those of the writers."""
    output = lab("exec", "--", str(Path("inventories/lab/hosts.py")), "--list").stdout
    cluster.site.update(json.loads(output)["all"]["vars"])
    return [cluster.site[name][part] for name in storages() for part in PAIR]


def storages() -> tuple[str, str]:
    return "site_object_storage", "site_object_storage_second"


def may(cluster: Cluster, keys: dict[str, Any]) -> bool:
    """Tell whether the first storage lists anything for these keys."""
    ask = (
        'umask 77 && cat > /run/asked && python3 -c \'import boto3, json; a = json.load(open("/run/asked"));'
        f' f = json.load(open("{CONFIG}/backup.json"))["storage"];'
        ' c = boto3.client("s3", endpoint_url=f["endpoint"], region_name=f["region"], verify=f["ca_file"],'
        ' aws_access_key_id=a["access_key"], aws_secret_access_key=a["secret_key"]);'
        ' c.list_objects_v2(Bucket=f["bucket"])\' 2>&1; echo rc=$?; rm /run/asked'
    )
    told = cluster.on(cluster.servers[0], ask, stdin=json.dumps({name: keys[name] for name in PAIR}))
    assert "rc=0" in told or "403" in told or "InvalidAccessKeyId" in told, told
    return "rc=0" in told


@scenario(
    id="C6",
    title="A key of the object storage has leaked",
    initial_cluster="none; whoever has it can hide backups, and write some that nobody takes for the site's",
    target_cluster="none",
    end_users="none",
    detection="none of ours: the storage's own log of accesses",
    remedy="have the storage's owner issue other keys, put them into the inventory, run the playbook `rotate` with"
    " `-e rotate=storage_keys`, have the former ones revoked, and run it again with `-e rotate_revoked=true`",
)
@pytest.mark.long
def test_storage_keys_that_leaked_are_refused_after_a_rotation_that_was_killed(
    cluster: Cluster, backed_up_site: None, tmp_path: Path
) -> None:
    arguments = ("-e", "rotate=storage_keys")
    older = backed_up("-e", "backup_reason=older-keys")
    leaked, before, proven = told_of(cluster), checksums(cluster), rehearsed(cluster, AFTER_ROTATION)
    former = dict(cluster.site[storages()[0]])
    assert "nothing to prove" in said(play("rotate", *arguments).succeeded()) and checksums(cluster) == before

    for name, wrong, words in (
        ("rights", former["pruner"], "may remove versions"),
        ("wrong", {"access_key": former["access_key"], "secret_key": "0" * 40}, "check the keys"),
        ("reader", former["reader"], "check the keys"),
    ):
        given = tmp_path / f"{name}.json"
        given.write_text(json.dumps({storages()[0]: {**former, **wrong}}))
        refused = play("rotate", *arguments, "-e", f"@{given}")
        assert refused.returncode and words in said(refused), refused.output[-3000:]
        assert (checksums(cluster), left(cluster)) == (before, "")

    for host in PLACES.values():
        lab("key", "issue", host, "writer")
    issued = told_of(cluster)
    assert not set(issued) & set(leaked)
    predicted = said(play("rotate", *arguments, "--check").succeeded())
    assert f"give {', '.join(cluster.servers)} other keys" in predicted
    assert (checksums(cluster), left(cluster)) == (before, "")

    begun = start("rotate", tmp_path, *arguments)
    try:
        begun.wait_for(lambda record: str(record.get("task")).endswith("Make the set and verify it"))
    finally:
        begun.kill()
    assert "former-keys.json" in left(cluster) and checksums(cluster) != before

    begin = time.monotonic()
    told = said(play("rotate", *arguments).succeeded())
    measured(
        "C6", "the same command again: backed up, copied and rehearsed with the new keys", time.monotonic() - begin
    )
    assert rehearsed(cluster, AFTER_ROTATION) > proven
    assert "STILL ACCEPTED" in told and f"{former['endpoint']}/{former['bucket']}" in told and may(cluster, former)
    run = play("rotate", *arguments, "-e", "rotate_revoked=true")
    assert run.returncode and "lets a former key delete, list, read, write" in said(run), run.output[-3000:]
    modes = {cluster.on(host, f"stat -c %a {CONFIG}/former-keys.json").strip() for host in cluster.servers}
    assert modes == {"600"}

    for host in PLACES.values():
        lab("key", "revoke", host, "writer")
    with CommandLines([each for each in [*leaked, *issued] if len(each) > 20]) as lines:
        told = said(play("rotate", *arguments, "-e", "rotate_revoked=true").succeeded())
    assert not lines.found and "The former keys are refused by the storage" in told
    assert left(cluster) == "" and not may(cluster, former) and may(cluster, cluster.site[storages()[0]])
    newer = backed_up("-e", "backup_reason=newer-keys")
    read_again(cluster, older, newer)
    assert play("rotate", *arguments).succeeded().changed() == 0
    assert play("bootstrap").succeeded().changed() == 0
    green()
    assert not in_logs([*leaked, *issued])
