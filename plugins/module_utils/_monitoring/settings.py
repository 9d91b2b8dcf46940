# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role was given, and where its programs are found. Private to this collection."""

from __future__ import annotations

import typing as t

from .mode import CLUSTER, Found

# Loopback ports of the programs; none but vmauth's and that of the mesh is on the network.
STORE, AGENT, ALERT, ACCESS, ALERTMANAGER, NODE = 8428, 8429, 8880, 8426, 9093, 9100
# Those of a cluster's programs, and at which its store takes samples and gives them away.
INSERT, SELECT, STORAGE, TAKES, GIVES = 8480, 8481, 8482, 8400, 8401
# The first store of the site, by name, is reached at the first port after these on every host.
TO_TAKE, TO_GIVE = 28400, 28500
# Who writes to the store of another host, asks it, and sends it alerts.
PEER = "peer"
READER = "reader"


class Settings(t.TypedDict):
    """What the role was given; C(servers) are all hosts with a store, each with its address."""

    host: str
    site: str
    mode: str
    # Where the hosts are, as far as somebody says so, and a cluster's programs as the lookup artifact has them.
    locations: dict[str, str]
    artifacts: dict[str, dict[str, t.Any]]
    programs: str
    # What the hosts have already, by name.
    found: dict[str, Found]
    accept_mode_change: bool
    serves: bool
    servers: dict[str, str]
    port: int
    mesh_port: int
    insert_port: int
    select_port: int
    local: str
    directory: str
    credentials: str
    state: str
    # Where a program of our own is, and its text.
    libexec: str
    catch_up: str
    scrape_interval: str
    evaluation_interval: str
    retention: str
    min_free_disk: str
    buffer: str
    memory_percent: int
    external_url: str
    scrape_configs: list[dict[str, t.Any]]
    writers: dict[str, str]
    peer_password: str
    reader_password: str
    receivers: list[dict[str, t.Any]]
    routes: list[dict[str, t.Any]]
    deadman_url: str
    deadman_interval: str
    version: str
    # Files that are copied for the agent, path by name.
    copies: dict[str, str]
    # Names and texts of files with rules, and the names of those that are there already.
    rules: list[tuple[str, str]]
    found_rules: list[str]
    # Certificates and a key in PEM. Without one of its own the host is issued one, which its fingerprint tells apart.
    authority: str
    issued: bool
    certificate: str
    key: str
    fingerprint: str


def local(settings: Settings, port: int) -> str:
    """The URL of a program on this host."""
    return f"http://{settings['local']}:{port}"


def remote(settings: Settings, host: str) -> str:
    """The URL of another host, by TLS."""
    return f"https://{bracketed(settings['servers'][host])}:{settings['port']}"


def clustered(settings: Settings) -> bool:
    return settings["mode"] == CLUSTER


def writing(settings: Settings) -> str:
    """Where samples are written on this host; the path of Prometheus's API follows."""
    return f"{local(settings, INSERT)}/insert/0/prometheus" if clustered(settings) else local(settings, STORE)


def asking(settings: Settings) -> str:
    """Where samples are asked for on this host; the path of Prometheus's API follows."""
    return f"{selecting(settings)}/prometheus" if clustered(settings) else local(settings, STORE)


def selecting(settings: Settings) -> str:
    """Where what begins with /prometheus is asked for, and the user interface."""
    return f"{local(settings, SELECT)}/select/0" if clustered(settings) else local(settings, STORE)


def catch_up(settings: Settings) -> str:
    """The program that brings a store what it lost when it was killed."""
    return f"{settings['libexec']}/catch_up.py"


def catch_up_notes(settings: Settings) -> str:
    """Where a store notes what it has to be brought; host_metrics tells that there is something."""
    return f"{settings['state']}/victoria-metrics/catch-up"


def catches_up(settings: Settings) -> bool:
    """Whether other stores have what this one may lack; in a cluster nobody asks one of them alone."""
    return settings["serves"] and not clustered(settings) and len(settings["servers"]) > 1


def others(settings: Settings) -> list[str]:
    """Every other host with a store, this one's neighbour first, so that not all ask the same one."""
    names = sorted(settings["servers"])
    if settings["host"] not in names:
        return names
    at = names.index(settings["host"])
    return names[at + 1 :] + names[:at]


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def seconds(duration: str) -> float:
    """A duration such as C(15s), C(500ms) or C(2m) in seconds."""
    for unit, factor in (("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)):
        number = duration.removesuffix(unit)
        if number != duration and number.isdigit():
            return int(number) * factor
    raise ValueError(f"{duration!r} is no duration, expected one such as 15s")
