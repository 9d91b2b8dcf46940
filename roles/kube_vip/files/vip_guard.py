"""Takes virtual IPs away from a host that has no claim to them.

kube-vip cleans up after itself only while it runs and knows of its defeat. This guard looks every second: an address
that this host carries, while the lease says that another host holds it or kube-vip does not run here, is removed.
While this host rightly carries the address of the API it runs a command now and then, if one was given.
With --release it removes the addresses of one unit and ends; systemd calls it so whenever that unit has ended.
"""

import base64
import http.client
import ipaddress
import json
import os
import re
import ssl
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

CONTROL_PLANE = "kube-vip.service"
CONFIG = Path("/etc/kube-vip/guard.json")
PERIOD = 1.0
# Also the time before the first one: whoever gave the address away may be stopping, and answers for seconds yet.
COMMAND_PERIOD = 10.0
COMMAND_TIMEOUT = 8.0
API_TIMEOUT = 2.0


def within(address, claim):
    """Whether an address belongs to a claim, whose addresses are given as networks."""
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in claim["networks"])


def unfounded(active, holder, node):
    """Whether addresses on this node are without a claim. A holder that is not known condemns nobody."""
    return not active or bool(holder and holder != node)


def carried(interface):
    """Addresses of the interface with their prefix, as ip(8) wants them back."""
    output = subprocess.run(
        ["ip", "-json", "address", "show", "dev", interface], check=True, capture_output=True, text=True
    ).stdout
    return [f"{found['local']}/{found['prefixlen']}" for found in json.loads(output)[0]["addr_info"]]


def carried_of(claim, interface):
    return [address for address in carried(interface) if within(address.split("/")[0], claim)]


def remove(addresses, interface, why):
    for address in addresses:
        gone = subprocess.run(["ip", "address", "del", address, "dev", interface], check=False, capture_output=True)
        # kube-vip may have been faster: what counts is that the address has left.
        if gone.returncode == 0:
            print(f"removed {address} from {interface}: {why}", flush=True)


def runs(unit):
    """Whether the unit runs or is being started again by systemd."""
    state = subprocess.run(
        ["systemctl", "show", "--property=ActiveState", "--value", unit], check=True, capture_output=True, text=True
    ).stdout.strip()
    return state in ("active", "activating", "reloading", "deactivating")


class Leases:
    """Reads leases from the API server of this host, with the kubeconfig that kube-vip uses."""

    def __init__(self, kubeconfig):
        self.kubeconfig = Path(kubeconfig)
        self.read_at = 0.0

    def holder(self, name):
        """Node that holds a lease, '' when nobody does or the API does not tell."""
        try:
            self._refresh()
            connection = http.client.HTTPSConnection(self.netloc, timeout=API_TIMEOUT, context=self.context)
            connection.request("GET", f"/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/{name}")
            response = connection.getresponse()
            lease = json.load(response) if response.status == 200 else {}
            connection.close()
        except (OSError, ValueError, http.client.HTTPException):
            return ""
        return lease.get("spec", {}).get("holderIdentity") or ""

    def _refresh(self):
        """Read the kubeconfig anew when it was rewritten, as a rotation of certificates does."""
        changed_at = self.kubeconfig.stat().st_mtime
        if changed_at == self.read_at:
            return
        text = self.kubeconfig.read_text()
        field = {key: re.search(rf"{key}: *\"?([^\s\"]+)", text) for key in ("server", *self._DATA)}
        if not all(field.values()):
            raise ValueError(f"{self.kubeconfig} lacks one of {sorted(field)}")
        data = {key: base64.b64decode(field[key].group(1)) for key in self._DATA}
        self.context = ssl.create_default_context(cadata=data["certificate-authority-data"].decode())
        # As Go does: an authority made by hand may lack what Python asks for from 3.13 on.
        self.context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        # ssl reads keys from files only; one in memory is never left behind on a disk.
        memory = os.memfd_create("client")
        try:
            os.write(memory, data["client-certificate-data"] + b"\n" + data["client-key-data"])
            self.context.load_cert_chain(f"/proc/self/fd/{memory}")
        finally:
            os.close(memory)
        self.netloc = urlsplit(field["server"].group(1)).netloc
        self.read_at = changed_at

    _DATA = ("certificate-authority-data", "client-certificate-data", "client-key-data")


class HolderCommand:
    """Runs a command beside the watch, which must not wait for it."""

    def __init__(self, argv):
        self.argv = argv
        self.process = None
        self.started_at = float("-inf")
        self.held_since = None

    def pause(self):
        """The address is not held, or not rightly."""
        self.held_since = None

    def tick(self, now):
        self.held_since = now if self.held_since is None else self.held_since
        if self.process and self.process.poll() is None:
            if now - self.started_at > COMMAND_TIMEOUT:
                self.process.kill()
        elif self.argv and now - max(self.started_at, self.held_since) >= COMMAND_PERIOD:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL)
            self.started_at = now


def watch(config):
    leases = Leases(config["kubeconfig"])
    command = HolderCommand(config["holder_command"])
    while True:
        holds = False
        for claim in config["claims"]:
            addresses = carried_of(claim, config["interface"])
            if not addresses:
                continue
            active = runs(claim["unit"])
            holder = leases.holder(claim["lease"]) if active else ""
            if unfounded(active, holder, config["node"]):
                why = f"{holder} holds the lease" if active else f"{claim['unit']} does not run"
                remove(addresses, config["interface"], why)
            elif claim["unit"] == CONTROL_PLANE and holder == config["node"]:
                holds = True
        if holds:
            command.tick(time.monotonic())
        else:
            command.pause()
        time.sleep(PERIOD)


def main():
    config = json.loads(CONFIG.read_text())
    if sys.argv[1:2] == ["--release"]:
        for claim in config["claims"]:
            if claim["unit"] == sys.argv[2]:
                remove(carried_of(claim, config["interface"]), config["interface"], f"{claim['unit']} has ended")
    else:
        watch(config)


if __name__ == "__main__":
    main()
