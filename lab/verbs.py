"""What each verb does. All are safe to repeat."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable

from lab import image, object_storage, partition, payload, preflight, secrets, shell, topology
from lab.cgroups import Cgroup
from lab.errors import LabError
from lab.host import Machine
from lab.instance import Lab, in_parallel, lock
from lab.network import Network
from lab.object_storage import keys
from lab.settings import Settings

Arguments = argparse.Namespace


def up(settings: Settings, arguments: Arguments) -> int:
    started = time.monotonic()
    if arguments.fresh:
        down(settings, arguments)
    with lock(settings):
        lab = Lab.wanted(settings)
        sites = topology.sites(lab.hosts)
        machines = list(lab.machines.values())
        if not lab.network.exists():
            # Hosts that still run are in a namespace that nobody can enter any more.
            in_parallel(Machine.kill, machines)
        missing = [machine for machine in machines if not machine.running()]
        preflight.check(settings.state, sites, len(missing))
        lab.record.write(settings)
        secrets.ensure(settings.state / "secrets.json")
        lab.ssh.ensure(lab.hosts)
        settings.payload.mkdir(parents=True, exist_ok=True)
        image.ensure(lab.record.base)
        if storage := object_storage.among(lab.hosts):
            keys.ensure(settings, storage)
            payload.provide("versitygw", settings.cache, settings.payload)
        if arguments.artifacts:
            # Here, because it needs PyYAML, which the other verbs and the inventory do without.
            from lab import artifacts

            artifacts.ensure(settings, lab.record.base)
        lab.network.ensure(sites)
        _heal(lab.network)
        in_parallel(Machine.thaw, machines)
        in_parallel(Machine.start_and_wait, machines)
    print(f"lab {settings.name!r}: {len(machines)} hosts answer on SSH ({time.monotonic() - started:.1f}s)")
    return 0


def k3s(settings: Settings, arguments: Arguments) -> int:
    """In the inventory's `site_artifacts`, for hosts of a lab that is up; what is missing is built now."""
    from lab import artifacts

    with lock(settings):
        artifacts.ensure(settings, Lab.existing(settings).record.base, arguments.versions)
    return 0


def down(settings: Settings, _: Arguments) -> int:
    """Goes by what is there, not by what was recorded: a lab that never came up wholly goes as well."""
    started = time.monotonic()
    with lock(settings):
        hosts = Cgroup(settings.name)
        hosts.kill()
        hosts.remove()
        hosts.remove_parents()
        Network(settings.netns).remove()
        shell.run("rm", "--recursive", "--force", "--one-file-system", *settings.state.glob("*"))
    print(f"lab {settings.name!r}: gone ({time.monotonic() - started:.1f}s)")
    return 0


def status(settings: Settings, arguments: Arguments) -> int:
    lab = Lab.existing(settings)
    rows = in_parallel(_row, list(lab.machines.values()))
    cut = partition.cut_off(lab.network.run("nft", "list", "ruleset")) if lab.network.exists() else {}
    names = {machine.port: machine.name for machine in lab.machines.values()}
    for row, port in zip(rows, names, strict=True):
        if blocked := sorted(names[other] for other in cut.get(port, ())):
            row["state"] += f", cut off from {', '.join(blocked)}"
    if arguments.json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            print(f"{row['host']:<10} {row['address']:<15} {row['group']:<16} {row['state']}")
    return 0 if all(row["state"] == "running" for row in rows) else 1


def _row(machine: Machine) -> dict[str, str]:
    host = machine.host
    return {"host": host.name, "address": str(host.address), "group": host.group, "state": _state(machine)}


def _state(machine: Machine) -> str:
    if not machine.running():
        return "off"
    if machine.cgroup.frozen():
        return "frozen"
    if stopped := machine.stopped_pids():
        return f"{len(stopped)} processes frozen"
    return "running" if machine.ssh.ready(machine.host) else "no SSH"


def execute(settings: Settings, arguments: Arguments) -> int:
    """Replaces this process, so that signals and the exit status are the command's own."""
    lab = Lab.existing(settings)
    if not lab.network.exists():
        raise LabError(f"the network of lab {settings.name!r} is gone", "repair it with `lab up`")
    _become(lab.network.enter(*arguments.command))
    return 0


def ssh(settings: Settings, arguments: Arguments) -> int:
    lab = Lab.existing(settings)
    (machine,) = lab.pick([arguments.host])
    _become(lab.ssh.command(machine.host, *arguments.command))
    return 0


def logs(settings: Settings, arguments: Arguments) -> int:
    """The journal of a host that answers, the console of one that does not."""
    lab = Lab.existing(settings)
    (machine,) = lab.pick([arguments.host])
    how_much = [f"--lines={arguments.lines}", *(["--follow"] if arguments.follow else [])]
    if arguments.console or not machine.running():
        _become(["tail", *how_much, str(settings.log(machine.name))])
    unit = [f"--unit={arguments.unit}"] if arguments.unit else []
    _become(lab.ssh.command(machine.host, "journalctl", "--no-pager", *how_much, *unit))
    return 0


def key(settings: Settings, arguments: Arguments) -> int:
    """Issued or revoked on the running endpoint, which keeps accounts in mind and so is started anew."""
    with lock(settings):
        (machine,) = Lab.existing(settings).pick([arguments.host])
        if not object_storage.serves(machine.host):
            raise LabError(f"{machine.name} is no object storage", "name a host such as storage1")
        change = keys.issue if arguments.action == "issue" else keys.revoke
        change(settings, machine.host, arguments.account)
        machine.renew_accounts()
    return 0


def kill(settings: Settings, arguments: Arguments) -> int:
    return _each(settings, arguments, Machine.kill)


def start(settings: Settings, arguments: Arguments) -> int:
    return _each(settings, arguments, Machine.start_and_wait)


def reboot(settings: Settings, arguments: Arguments) -> int:
    return _each(settings, arguments, Machine.kill, Machine.start_and_wait)


def wipe(settings: Settings, arguments: Arguments) -> int:
    return _each(settings, arguments, Machine.wipe, Machine.start_and_wait)


def remove(settings: Settings, arguments: Arguments) -> int:
    """The inventory names them no more, unless LAB_HOSTS does."""
    with lock(settings):
        lab = Lab.existing(settings)
        gone = lab.pick(arguments.hosts)
        in_parallel(Machine.wipe, gone)
        lab.record.without({machine.host for machine in gone}).write(settings)
    return 0


def freeze(settings: Settings, arguments: Arguments) -> int:
    return _each(settings, arguments, lambda machine: machine.freeze(arguments.unit))


def thaw(settings: Settings, arguments: Arguments) -> int:
    return _each(settings, arguments, Machine.thaw)


def cut(settings: Settings, arguments: Arguments) -> int:
    with lock(settings):
        lab = Lab.existing(settings)
        names = partition.parse(arguments.groups, list(lab.machines))
        groups = [[lab.machines[name].host for name in group] for group in names]
        ports = {machine.name: machine.port for machine in lab.machines.values()}
        lab.network.run("nft", "-f", "-", stdin=partition.ruleset(groups, ports, arguments.with_controller))
    return 0


def heal(settings: Settings, _: Arguments) -> int:
    with lock(settings):
        _heal(Lab.existing(settings).network)
    return 0


def _heal(network: Network) -> None:
    network.run("nft", "-f", "-", stdin=partition.cleared())


def _each(settings: Settings, arguments: Arguments, *steps: Callable[[Machine], object]) -> int:
    with lock(settings):
        machines = Lab.existing(settings).pick(arguments.hosts, arguments.all)
        in_parallel(lambda machine: [step(machine) for step in steps], machines)
    return 0


def _become(command: list[str]) -> None:
    sys.stdout.flush()
    os.execvp(command[0], command)
