# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the programs, by unit. Private to this collection."""

from __future__ import annotations

import posixpath
import re
import typing as t
import zlib

from . import cluster
from . import settings as given
from .mode import COPIES
from .settings import Settings

USER = "_victoria-metrics"
EXPORTER = "prometheus"
# Units of a host with a store alone: the store by itself, the programs of a cluster, and those that go with either.
ALONE, CATCH_UP = "victoria-metrics.service", "victoria-metrics-catch-up.service"
LINKS, STORAGE, SELECT, INSERT = (f"{name}.service" for name in (cluster.LINKS, "vmstorage", "vmselect", "vminsert"))
SERVING = (
    *(ALONE, CATCH_UP, LINKS, STORAGE, SELECT, INSERT),
    *("vmauth.service", "vmalert.service", "prometheus-alertmanager.service"),
)

# What is not there yet when a rule is judged would be taken for what is missing.
LATENCY_SECONDS = 30
LOOKBACK_SECONDS = 60
# Older ones do not know how to be told when to try again.
TELLS_RETRY = (1, 90)


class Unit(t.TypedDict, total=False):
    """What a unit is made of; C(state) and C(runtime) are directories of its own."""

    description: str
    documentation: str
    program: str
    user: str
    arguments: list[str]
    credentials: dict[str, str]
    copies: dict[str, str]
    state: str
    runtime: str
    reads: list[str]
    # Units that are started before it and stopped after it.
    after: list[str]
    # What is done before it starts; should that fail, it starts all the same.
    before: list[str]
    # Whether it is the host itself that it looks at.
    measures: bool


_NOTHING = Unit(credentials={}, copies={}, state="", runtime="", reads=[], after=[], before=[], measures=False)


def units(settings: Settings) -> dict[str, Unit]:
    """Compose the units of this host; no secret is among their arguments."""
    own, documentation = settings["directory"], "https://docs.victoriametrics.com"
    password = {"peer": f"{own}/peer"}
    certificate = {name: f"{own}/{name}" for name in ("host.pem", "host.pem.key")}
    found = {
        "prometheus-node-exporter.service": Unit(
            description="What there is to measure of the host (node-exporter)",
            documentation="https://github.com/prometheus/node_exporter",
            program="/usr/bin/prometheus-node-exporter",
            user=EXPORTER,
            arguments=_exporter(settings),
            measures=True,
        ),
        "vmagent.service": Unit(
            description="Measures the host and tells every store (vmagent)",
            documentation=f"{documentation}/vmagent/",
            program="/usr/bin/vmagent",
            user=USER,
            arguments=_agent(settings),
            credentials=password,
            copies=settings["copies"],
            state="vmagent",
            runtime="vmagent",
            reads=["scrape.yml", "ca.crt", "peer"],
        ),
    }
    if settings["serves"]:
        found |= _clustered(settings, certificate) if given.clustered(settings) else _alone(settings, password)
        found |= {
            "vmauth.service": Unit(
                description="Samples of the site for those who may read and write them (vmauth)",
                documentation=f"{documentation}/vmauth/",
                program="/usr/bin/vmauth",
                user=USER,
                arguments=_access(settings),
                credentials={"auth.yml": f"{own}/auth.yml", **certificate},
                reads=["auth.yml", "ca.crt", *_given(settings)],
            ),
            "vmalert.service": Unit(
                description="Judges the rules of the site (vmalert)",
                documentation=f"{documentation}/vmalert/",
                program="/usr/bin/vmalert",
                user=USER,
                arguments=_alert(settings),
                credentials=password,
                reads=["notifiers.yml", "ca.crt", "peer", *(f"rules/{name}" for name, _text in settings["rules"])],
            ),
            "prometheus-alertmanager.service": Unit(
                description="Tells of alerts (Alertmanager)",
                documentation="https://prometheus.io/docs/alerting/latest/alertmanager/",
                program="/usr/bin/prometheus-alertmanager",
                user=EXPORTER,
                arguments=_alertmanager(settings),
                credentials={"alertmanager.yml": f"{own}/alertmanager.yml", **certificate},
                state="prometheus/alertmanager",
                reads=["alertmanager.yml", "auth.yml", "ca.crt", "mesh.yml", *_given(settings)],
            ),
        }
    return {name: _placed(settings, unit) for name, unit in found.items()}


def _alone(settings: Settings, password: dict[str, str]) -> dict[str, Unit]:
    catches_up = given.catches_up(settings)
    state = f"{settings['state']}/victoria-metrics"
    script, notes = f"/usr/bin/python3 {given.catch_up(settings)}", given.catch_up_notes(settings)
    store = Unit(
        description="Samples of the site (VictoriaMetrics)",
        documentation="https://docs.victoriametrics.com/single-server-victoriametrics/",
        program="/usr/bin/victoria-metrics",
        user=USER,
        arguments=_store(settings),
        state="victoria-metrics victoria-metrics/store",
        before=[f"{script} note {state}/store {notes}"] if catches_up else [],
    )
    if not catches_up:
        return {ALONE: store}
    return {
        ALONE: store,
        CATCH_UP: Unit(
            description="Brings the store what it lost when it was killed, from the others",
            documentation="https://docs.victoriametrics.com/single-server-victoriametrics/#native-format",
            program="/usr/bin/python3",
            user=USER,
            arguments=[
                *(given.catch_up(settings), "watch", notes, given.local(settings, given.STORE)),
                *(f"{settings['directory']}/ca.crt", f"{settings['credentials']}/{CATCH_UP}/peer"),
                *(given.remote(settings, host) for host in given.others(settings)),
            ],
            credentials=password,
            state="victoria-metrics",
            reads=[given.catch_up(settings), "ca.crt", "peer"],
        ),
    }


def _clustered(settings: Settings, certificate: dict[str, str]) -> dict[str, Unit]:
    """In the order in which they start. vminsert is stopped first, and has somewhere to bring what it holds."""
    documentation = "https://docs.victoriametrics.com/cluster-victoriametrics/"

    def program(name: str) -> str:
        return f"{settings['programs']}/{name}/{settings['artifacts'][name]['version']}/{name}"

    return {
        LINKS: Unit(
            description="Ways between the stores of the site (HAProxy)",
            documentation="https://docs.haproxy.org/",
            program="/usr/sbin/haproxy",
            user=USER,
            arguments=cluster.links(settings),
            credentials=certificate,
            reads=[f"{cluster.LINKS}.cfg", "auth.yml", "ca.crt", *_given(settings)],
        ),
        STORAGE: Unit(
            description="Samples of the site, this host's share (vmstorage)",
            documentation=documentation,
            program=program("vmstorage"),
            user=USER,
            arguments=cluster.storage(settings),
            state="victoria-metrics victoria-metrics/storage",
            after=[LINKS],
        ),
        SELECT: Unit(
            description="Asks all stores of the site (vmselect)",
            documentation=documentation,
            program=program("vmselect"),
            user=USER,
            arguments=cluster.select(settings, _latency(settings)),
            state="victoria-metrics victoria-metrics/select",
            after=[LINKS, STORAGE],
        ),
        INSERT: Unit(
            description="Writes to two stores of the site (vminsert)",
            documentation=documentation,
            program=program("vminsert"),
            user=USER,
            arguments=cluster.insert(settings),
            after=[LINKS, STORAGE, SELECT],
        ),
    }


def _given(settings: Settings) -> list[str]:
    """The certificate, if it is one of the files; another one is told apart by what is said of it in auth.yml."""
    return ["host.pem", "host.pem.key"] if settings["certificate"] else []


def _placed(settings: Settings, unit: Unit) -> Unit:
    unit["reads"] = [posixpath.join(settings["directory"], name) for name in unit.get("reads", [])]
    return {**_NOTHING, **unit}


def _latency(settings: Settings) -> str:
    return f"{min(LATENCY_SECONDS, max(1, round(2 * given.seconds(settings['scrape_interval']))))}s"


def _lookback(settings: Settings) -> str:
    """For how long the last sample counts: of a host that was lost nothing is true for minutes."""
    return f"{max(LOOKBACK_SECONDS, round(4 * given.seconds(settings['scrape_interval'])))}s"


def _exporter(settings: Settings) -> list[str]:
    return [
        f"--web.listen-address={settings['local']}:{given.NODE}",
        f"--collector.textfile.directory={settings['state']}/prometheus/node-exporter",
    ]


def _store(settings: Settings) -> list[str]:
    return [
        f"-httpListenAddr={settings['local']}:{given.STORE}",
        f"-storageDataPath={settings['state']}/victoria-metrics/store",
        f"-retentionPeriod={settings['retention']}",
        f"-storage.minFreeDiskSpaceBytes={settings['min_free_disk']}",
        f"-memory.allowedPercent={settings['memory_percent']}",
        # A sample that was sent twice, since the first answer was lost, counts once.
        "-dedup.minScrapeInterval=1ms",
        f"-search.latencyOffset={_latency(settings)}",
        f"-vmalert.proxyURL={given.local(settings, given.ALERT)}",
    ]


def _agent(settings: Settings) -> list[str]:
    own = settings["host"] if settings["serves"] else ""
    urls = [
        f"{given.writing(settings) if name == own else given.remote(settings, name)}/api/v1/write"
        for name in _written(settings)
    ]
    return [
        f"-httpListenAddr={settings['local']}:{given.AGENT}",
        f"-promscrape.config={settings['directory']}/scrape.yml",
        f"-memory.allowedPercent={settings['memory_percent']}",
        f"-remoteWrite.tmpDataPath={settings['state']}/vmagent",
        f"-remoteWrite.maxDiskUsagePerURL={settings['buffer']}",
        # A store that comes back is not waited for a minute.
        *(["-remoteWrite.retryMaxTime=10s"] if _version(settings) >= TELLS_RETRY else []),
        # One for all of them; the store of this host does not ask.
        f"-remoteWrite.basicAuth.username={given.PEER}",
        f"-remoteWrite.basicAuth.passwordFile={settings['credentials']}/vmagent.service/peer",
        f"-remoteWrite.tlsCAFile={settings['directory']}/ca.crt",
        "-remoteWrite.showURL",
        *(f"-remoteWrite.url={url}" for url in urls),
    ]


def _written(settings: Settings) -> list[str]:
    """The hosts that an agent writes to. A cluster hands on by itself, and what comes by two ways counts once."""
    names = sorted(settings["servers"])
    if not given.clustered(settings):
        return names
    if settings["serves"]:
        return [settings["host"]]
    at = zlib.crc32(settings["host"].encode()) % len(names)
    return sorted((names[at:] + names[:at])[:COPIES])


def _version(settings: Settings) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", settings["version"])[:2])


def _access(settings: Settings) -> list[str]:
    own = f"{settings['credentials']}/vmauth.service"
    address = given.bracketed(settings["servers"][settings["host"]])
    return [
        f"-httpListenAddr={address}:{settings['port']}",
        # Its own metrics and commands, which know no users.
        f"-httpInternalListenAddr={settings['local']}:{given.ACCESS}",
        "-tls",
        "-tlsMinVersion=TLS12",
        f"-tlsCertFile={own}/host.pem",
        f"-tlsKeyFile={own}/host.pem.key",
        f"-auth.config={own}/auth.yml",
        f"-backend.TLSCAFile={settings['directory']}/ca.crt",
        *(["-enableTCP6"] if ":" in address else []),
    ]


def _alert(settings: Settings) -> list[str]:
    return [
        f"-httpListenAddr={settings['local']}:{given.ALERT}",
        f"-rule={settings['directory']}/rules/*.yml",
        f"-evaluationInterval={settings['evaluation_interval']}",
        f"-rule.evalDelay={_latency(settings)}",
        f"-datasource.queryStep={_lookback(settings)}",
        f"-datasource.url={given.asking(settings)}",
        # What was firing is known after a restart.
        f"-remoteWrite.url={given.writing(settings)}",
        f"-remoteRead.url={given.asking(settings)}",
        f"-notifier.config={settings['directory']}/notifiers.yml",
        f"-external.label=site={settings['site']}",
        f"-external.url={settings['external_url'] or given.remote(settings, settings['host'])}",
    ]


def _alertmanager(settings: Settings) -> list[str]:
    others = [
        f"{given.bracketed(settings['servers'][host])}:{settings['mesh_port']}" for host in given.others(settings)
    ]
    address = given.bracketed(settings["servers"][settings["host"]])
    mesh = [
        f"--cluster.listen-address={address}:{settings['mesh_port']}",
        f"--cluster.tls-config={settings['directory']}/mesh.yml",
        # A host that was away for a day is of the mesh all the same.
        "--cluster.reconnect-timeout=168h",
        *(f"--cluster.peer={other}" for other in others),
    ]
    return [
        f"--config.file={settings['credentials']}/prometheus-alertmanager.service/alertmanager.yml",
        f"--storage.path={settings['state']}/prometheus/alertmanager",
        f"--web.listen-address={settings['local']}:{given.ALERTMANAGER}",
        *(mesh if others else ["--cluster.listen-address="]),
    ]
