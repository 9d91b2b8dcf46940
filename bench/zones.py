"""A zone written, left alone and changed by one record: the whole playbook against OctoDNS, on the same real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.report import Figure, table
from bench.site import TREE
from lab import debian, settings

sys.path.insert(0, str(TREE / "tests" / "integration" / "pdns"))

import daemons

SIZES = (1_000, 10_000, 100_000)
OCTODNS = ("octodns==1.22.0", "octodns-powerdns==1.2.0")
STEPS = ("written", "nothing to do", "one record changed")
# Seconds that the whole playbook may take.
BARS = {(10_000, "nothing to do"): 3.0, (100_000, "nothing to do"): 8.0, (100_000, "written"): 20.0}


@dataclass
class Run:
    """Seconds of a command, its peak memory in MiB (the largest of its processes) and what it printed."""

    seconds: float
    memory: float
    output: str


def run(command: list[str], environment: dict[str, str]) -> Run:
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begin
        output.seek(0)
        text = output.read()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{text[-3000:]}")
    return Run(seconds, usage.ru_maxrss / 1024, text)


class Ours:
    """The module in a playbook of one task, its records in a file."""

    name = "pdns_zone"

    def __init__(self, server: daemons.Daemon, size: int, work: Path) -> None:
        self._records = work / "records.json"
        self._play = work / "play.yml"
        task = {
            "metalstack.autonomous.pdns_zone": {
                "api_url": server.url,
                "api_key": daemons.KEY,
                "zone": f"ours-{size}.example.com",
                "nameservers": ["ns"],
                "mode": "exact",
                "rrsets_file": str(self._records),
            }
        }
        self._play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))

    def write(self, addresses: list[str]) -> None:
        sets = [
            {"name": f"host-{number}", "type": "A", "ttl": 3600, "records": [address]}
            for number, address in enumerate(addresses)
        ]
        self._records.write_text(json.dumps(sets))

    def sync(self) -> Run:
        command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local"]
        command += ["-e", f"ansible_python_interpreter={sys.executable}", str(self._play)]
        return run(command, {"ANSIBLE_CONFIG": str(TREE / "ansible.cfg")})

    @staticmethod
    def require(step: str, output: str) -> None:
        """A time counts only if the step did what it is named for."""
        if ("changed=0" in output) != (step == "nothing to do"):
            raise SystemExit(f"{step}: the playbook said otherwise:\n{output[-3000:]}")


class OctoDNS:
    """The same records from its own zone file."""

    name = "OctoDNS"

    def __init__(self, server: daemons.Daemon, size: int, work: Path) -> None:
        self._zone = work / f"octodns-{size}.example.com.yaml"
        self._config = work / "octodns.yaml"
        config = {
            "providers": {
                "file": {"class": "octodns.provider.yaml.YamlProvider", "directory": str(work), "enforce_order": False},
                "pdns": {
                    "class": "octodns_powerdns.PowerDnsProvider",
                    "host": "127.0.0.1",
                    "port": server.api_port,
                    "api_key": daemons.KEY,
                    "timeout": 600,
                },
            },
            "zones": {f"octodns-{size}.example.com.": {"sources": ["file"], "targets": ["pdns"]}},
        }
        self._config.write_text(json.dumps(config))

    def write(self, addresses: list[str]) -> None:
        lines = ["'':", "  type: NS", "  value: ns.example.com."]
        for number, address in enumerate(addresses):
            lines += [f"host-{number}:", "  type: A", "  ttl: 3600", f"  value: {address}"]
        self._zone.write_text("\n".join(lines) + "\n")

    def sync(self) -> Run:
        tool = str(environment() / "bin" / "octodns-sync")
        return run([tool, f"--config-file={self._config}", "--doit", "--force"], {})

    @staticmethod
    def require(step: str, output: str) -> None:
        """It says what it did in words of its own, which nobody here depends on."""


def environment() -> Path:
    """An environment of OctoDNS's own, made once."""
    path = settings.from_environment().cache / "-".join(["octodns", *(pin.split("==")[1] for pin in OCTODNS)])
    if not (path / "bin" / "octodns-sync").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(path)], check=True)
        subprocess.run([str(path / "bin" / "pip"), "install", "-q", *OCTODNS], check=True)
    return path


def measure(sizes: tuple[int, ...] = SIZES) -> Iterator[Figure]:
    """Each step of each tool at each size; OctoDNS's is the baseline of ours."""
    tree = debian.tree(settings.from_environment().cache, "trixie", daemons.PACKAGES)
    with tempfile.TemporaryDirectory() as directory:
        # OctoDNS sends a zone in one request, which the server refuses by default from some 17,000 sets on.
        for tool, options in ((OctoDNS, {"webserver-max-bodysize": "100"}), (Ours, {})):
            server = daemons.Daemon(tree, "gsqlite3", Path(directory) / tool.name, options).start()
            try:
                for size in sizes:
                    work = Path(directory) / f"{tool.name}-{size}"
                    work.mkdir()
                    yield from steps(tool(server, size, work), size)
            finally:
                server.stop()


def steps(tool: Ours | OctoDNS, size: int) -> Iterator[Figure]:
    addresses = [f"192.0.2.{number % 250}" for number in range(size)]
    for step in STEPS:
        if step == "one record changed":
            addresses[size // 2] = "198.51.100.1"
        tool.write(addresses)
        done = tool.sync()
        tool.require(step, done.output)
        ours = isinstance(tool, Ours)
        baseline, bar = (f"{OctoDNS.name} {size:,} {step}", BARS.get((size, step), 0)) if ours else ("", 0)
        yield Figure(f"{tool.name} {size:,} {step}", done.seconds, baseline, f"{done.memory:.0f} MiB", bar)


def main() -> int:
    sizes = tuple(int(size) for size in os.environ.get("BENCH_ZONE_SIZES", "").split()) or SIZES
    print("\n".join(table(list(measure(sizes)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
