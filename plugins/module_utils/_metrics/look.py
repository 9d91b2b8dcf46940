# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a host for what its metrics tell; what comes of it is made by the files beside."""

from __future__ import annotations

# knows no AnsibleModule whose run_command it could call
# pylint: disable=ansible-bad-function
import concurrent.futures
import os
import subprocess
import time
import typing as t

from .._debian.apt import Apt, AptError
from .._k3s import client, host, layout, observe, rotation
from .._site import lock, lock_file
from .._time import chronyc, daemon
from . import clock, cluster, images, names, packages, site
from .exposition import Sample
from .settings import Settings

COMMAND_SECONDS = 120
# As the role victoria_metrics has it.
CATCH_UP_NOTES = "/var/lib/victoria-metrics/catch-up"
CERTIFICATES = (layout.TLS_DIR, layout.TLS_DIR + "/etcd", layout.DATA_DIR + "/agent")
DISKS = ("/", layout.DATA_DIR, layout.ETCD_DIR)

Samples = t.Iterator[Sample]
# One thing to ask for; it gives all or fails.
Part = t.Callable[[Settings], Samples]


def run_command(command: t.Sequence[str], environ_update: t.Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Status, output and errors, as AnsibleModule.run_command gives them; also of a program that is not there."""
    try:
        done = subprocess.run(
            list(command),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environ_update or {})},
        )
    except (OSError, subprocess.SubprocessError) as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, done.stderr


def of_host(settings: Settings) -> Samples:
    yield from site.of_host(settings)
    yield from site.of_lock(lock_file.read(lock.PATH))
    yield from site.of_rotation(rotation.parse(host.read(layout.ROTATION_FILE)))
    yield from site.of_catch_up(host.read(CATCH_UP_NOTES))
    # By root: node-exporter's own user does not get to a disk below a directory of k3s.
    yield from site.of_disks(host.free_percent(*map(host.mounted_at, DISKS)))
    paths = [os.path.join(place, name) for place in CERTIFICATES for name in _certificates(place)]
    yield from site.of_certificates({path: host.read(path) for path in (*paths, *settings.certificates)})


def _certificates(place: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(place) if name.endswith(".crt"))
    except OSError:
        return []


def of_kubernetes(settings: Settings) -> Samples:
    if not settings.role:
        return
    yield from cluster.of_k3s(host.installed_version(), settings.k3s_version, host.unit())
    if settings.role != "server":
        return
    # At once, so that what hangs costs its time-out only once.
    with concurrent.futures.ThreadPoolExecutor() as pool:
        api, etcd = pool.submit(observe.kubernetes), pool.submit(observe.etcd)
        problem = pool.submit(observe.server_ready, settings.vip) if settings.vip else None
        yield from cluster.of_api(api.result())
        yield from cluster.of_etcd(etcd.result())
        if problem is not None:
            yield from cluster.of_vip(settings.vip, host.addresses(), problem.result())


def of_names(settings: Settings) -> Samples:
    if not settings.serves_names:
        return
    # Needs dnspython, which comes with the name server.
    from .._pdns import serving

    conf = names.settings_of(host.read(str(names.CONF)))
    server = names.server_of(conf)
    zones = names.zones_of(names.database_of(conf))
    # None but those that are there: that a zone is unknown the server remembers for a while after it was made.
    serials = names.ask_all(sorted(zones), lambda zone: serving.serial_of(server, f"{zone}.")) if server else {}
    yield from names.samples(zones, settings.zones, serials)


def of_time(settings: Settings) -> Samples:
    if not settings.keeps_time:
        return
    try:
        found: dict[str, t.Any] | None = daemon.Daemon(run_command).facts()
    except (daemon.ChronyError, chronyc.BadAnswer):
        found = None
    yield from clock.samples(found, settings.time_mesh, settings.time_upstreams)


def of_images(settings: Settings) -> Samples:
    if settings.registry:
        yield from images.samples(settings.registry)


def of_packages(_settings: Settings) -> Samples:
    apt = Apt(run_command)
    yield from packages.of_host(apt.unfinished(), apt.reboot())


def of_updates(_settings: Settings) -> Samples:
    """By itself: while an installation is half done, apt does not plan another."""
    yield from packages.of_updates(Apt(run_command).facts("all"), time.time())


# What may fail without anybody being at fault; all else is told with its traceback.
EXPECTED = (AptError, client.Unreachable, OSError)
