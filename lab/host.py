"""One host: a Debian that boots in systemd-nspawn on an overlay of the base tree."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from lab import cgroups, object_storage, shell
from lab.cgroups import Cgroup
from lab.errors import LabError
from lab.network import Network
from lab.object_storage import files, keys
from lab.settings import Settings
from lab.ssh import Ssh
from lab.topology import Host

# Their files must come from a real file system: overlay on overlay fails.
DATA = ("rancher", "containerd")

# What a host's modprobe looks into; there is none where all is built into the kernel.
MODULES = Path("/lib/modules", os.uname().release)

KEEP_HOST = Path(__file__).with_name("keep-host")


class Machine:
    def __init__(self, host: Host, settings: Settings, network: Network, ssh: Ssh, base: Path) -> None:
        self.host = host
        self.settings = settings
        self.network = network
        self.ssh = ssh
        self.base = base
        self.cgroup = Cgroup(settings.name, host.name)
        self.keeper = Cgroup(settings.name, host.name, "keeper")
        self.directory = settings.host_dir(host.name)
        self.upper = self.directory / "upper"

    @property
    def name(self) -> str:
        return self.host.name

    @property
    def port(self) -> str:
        """The host's end of the bridge, as systemd-nspawn calls it."""
        return f"vb-{self.settings.machine(self.name)}"

    def running(self) -> bool:
        return bool(self.cgroup.pids())

    def start(self) -> None:
        if self.running():
            return
        self._prepare()
        self.cgroup.remove()
        self.keeper.create()
        log = self.settings.log(self.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a") as output:
            subprocess.Popen(  # pylint: disable=consider-using-with
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def start_and_wait(self) -> None:
        """Until it answers on SSH; one that hangs, because its start was interrupted, is started once more."""
        for _ in range(2):
            self.start()
            if self.ssh.wait(self.host, alive=self._starting()):
                self._wait_for_storage()
                return
            self.kill()
        raise LabError(f"{self.name} does not answer on SSH", f"its console is in {self.settings.log(self.name)}")

    def _wait_for_storage(self) -> None:
        """Until the bucket is there, since systemd calls the unit started after it was made."""
        if not object_storage.serves(self.host):
            return
        if shell.attempt(*self.ssh.command(self.host, "systemctl", "start", files.UNIT)).returncode != 0:
            raise LabError(
                f"object storage of {self.name} does not start", f"`lab logs {self.name} --unit {files.UNIT}` says why"
            )

    def renew_accounts(self) -> None:
        """Have a running endpoint know the accounts that it is to have now."""
        for file in files.accounts(keys.read(self.settings)[self.name]):
            write = f"umask 77 && cat > /{file.path}.new && mv /{file.path}.new /{file.path}"
            shell.run(*self.ssh.command(self.host, write), stdin=file.text)
        shell.run(*self.ssh.command(self.host, "systemctl", "restart", files.UNIT))

    def kill(self) -> None:
        """Power off: nothing is written any more, nothing says goodbye."""
        self.cgroup.kill()
        self.network.unplug(self.port)
        self.cgroup.remove()
        self.ssh.forget(self.host)

    def wipe(self) -> None:
        """A new machine on the same place: only its address and its SSH host key stay."""
        self.kill()
        shell.run("rm", "--recursive", "--force", "--one-file-system", *self.directory.glob("*"))

    def freeze(self, unit: str | None = None) -> None:
        """The whole host, or what a unit runs apart from containers' shims, which outlive it too."""
        if unit is None:
            self.cgroup.freeze()
            return
        stopped: set[int] = set()
        while new := {pid for pid in cgroups.unit_pids(self.cgroup, unit) if not _is_shim(pid)} - stopped:
            cgroups.signal_all(new, signal.SIGSTOP)
            stopped |= new
        if not stopped:
            raise LabError(f"{unit} runs nothing on {self.name}", f"lab ssh {self.name} systemctl status {unit}")

    def thaw(self) -> None:
        self.cgroup.thaw()
        cgroups.signal_all(self.stopped_pids(), signal.SIGCONT)

    def stopped_pids(self) -> set[int]:
        return {pid for pid in self.cgroup.pids() if _stat(pid)[1] == "T"}

    def _starting(self) -> Callable[[], bool]:
        """Whether the host still has processes; with some grace until its first joins the cgroup."""
        grace = time.monotonic() + 5
        return lambda: self.running() or time.monotonic() < grace

    def _prepare(self) -> None:
        for directory in (self.upper, self.directory / "work", self.directory / "root", *self._data()):
            directory.mkdir(parents=True, exist_ok=True)
        self.upper.chmod(0o755)
        host_key = self.ssh.host_key(self.name)
        self._write("etc/hostname", f"{self.name}\n")
        self._write("etc/machine-id", f"{self._machine_id().hex}\n")
        self._write("etc/lab/host.env", f"LAB_ADDRESS={self.host.cidr}\nLAB_GATEWAY={self.host.site.controller}\n")
        self._write("etc/ssh/ssh_host_ed25519_key", host_key.read_text(), mode=0o600)
        self._write("root/.ssh/authorized_keys", self.ssh.public_key().read_text(), mode=0o600)
        for private in ("root", "root/.ssh"):
            (self.upper / private).chmod(0o700)
        if object_storage.serves(self.host):
            for file in files.files(self.host, keys.read(self.settings)[self.name]):
                self._write(file.path, file.text, file.mode)

    def _write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.upper / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=mode)
        file.write_text(text)

    def _data(self) -> list[Path]:
        names = (*DATA, files.DATA) if object_storage.serves(self.host) else DATA
        return [self.directory / "data" / name for name in names]

    def _machine_id(self) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.{self.settings.name}.lab.example")

    def _command(self) -> list[str]:
        """Joins the cgroups first, so that whatever is killed on the way is found there by the next `up`.

        The lock keeps a second copy out when the `up` that began this one was killed.
        """
        join = 'for cgroup in $1; do echo $$ >"$cgroup/cgroup.procs"; done; shift; exec "$@"'
        guard = ["flock", "--nonblock", "--close", str(self.directory), "unshare", "--mount", "--propagation", "slave"]
        layers = f"lowerdir={self.base},upperdir={self.upper},workdir={self.directory / 'work'}"
        keep = [str(KEEP_HOST), str(self.directory / "root"), layers, _words(self.cgroup)]
        keep += [str(self.network.path), self.port, *self._nspawn()]
        return ["sh", "-ec", join, "sh", _words(self.keeper), *guard, *keep]

    def _nspawn(self) -> list[str]:
        command = ["systemd-nspawn", "--register=no", "--keep-unit", "--boot", "--quiet", "--console=pipe"]
        command += [f"--directory={self.directory / 'root'}", f"--machine={self.settings.machine(self.name)}"]
        command += [f"--hostname={self.name}", f"--uuid={self._machine_id()}"]
        command += [f"--network-bridge={self.host.site.bridge}", "--resolv-conf=off", "--timezone=off"]
        # Without CAP_SYS_TIME: a host's chronyd would set the machine's clock.
        command += ["--capability=all", "--drop-capability=CAP_SYS_TIME"]
        command += ["--system-call-filter=@keyring bpf @privileged", "--bind=/dev/kmsg"]
        command += [f"--bind={data}:/var/lib/{data.name}" for data in self._data()]
        if MODULES.exists():
            command += [f"--bind-ro={MODULES}"]
        return [*command, f"--bind-ro={self.settings.payload}:/opt/lab"]


def _words(cgroup: Cgroup) -> str:
    return " ".join(str(directory) for directory in cgroup.directories())


def _is_shim(pid: int) -> bool:
    return _stat(pid)[0].startswith("containerd-shim")


def _stat(pid: int) -> tuple[str, str]:
    """Name and state letter; both empty for a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "", ""
    name, _, rest = text.partition("(")[2].rpartition(")")
    return name, rest.split()[0]
