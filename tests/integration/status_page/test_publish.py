"""The playbook status while no host answers: it names those without the page, and fails for the site alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
SITE = {
    "site_name": "example",
    "site_domain": "example.org",
    "site_interface": "eth0",
    "site_network": "127.0.0.0/8",
    "site_status_page": True,
    "site_monitoring": True,
    "site_grafana": True,
    # where nobody is
    "ansible_port": 9,
    "ansible_python_interpreter": sys.executable,
}


def test_the_page_of_a_red_site_is_for_all_hosts_and_those_that_lack_it_are_named(tmp_path: Path) -> None:
    hosts = {name: {"ansible_host": f"127.0.0.{number}"} for number, name in ((91, "server1"), (92, "server2"))}
    inventory, page = tmp_path / "hosts.yml", tmp_path / "page.html"
    groups = {"k3s_servers": {"hosts": hosts}, "monitoring_servers": {"hosts": {"server2": {}}}}
    inventory.write_text(yaml.safe_dump({**groups, "all": {"vars": SITE}}))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-v", "-i", str(inventory)]
    done = subprocess.run(
        [*command, "-e", f"status_page={page}", "playbooks/status.yml"],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    said = " ".join(done.stdout.split())
    assert "The page is published on no host; not on server2, which could not be reached" in said, done.stdout
    assert done.returncode == 2 and "the site is red; conditions that do not hold:" in said
    assert "not on server1" not in said and "<!doctype html>" not in done.stdout
    shown = page.read_text()
    assert shown.startswith("<!doctype html>") and ">Grafana</th>" in shown
