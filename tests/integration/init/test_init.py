"""init.yml as an operator runs it, and what its result is good for."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cryptography import x509

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from plugins.plugin_utils._site import authority

TREE = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
ANSWERS = {
    "init_name": "demo",
    "init_domain": "demo.example",
    "init_interface": "eth0",
    "init_network": "198.51.100.0/24",
    "init_api_vip": "198.51.100.10",
    "init_dns_address": "198.51.100.9",
    "init_upstream_dns": "198.51.100.2 198.51.100.3",
    "init_upstream_ntp": "198.51.100.2 time.example.org 198.51.100.4",
    "init_servers": "server1=198.51.100.11 server2=198.51.100.12 server3=198.51.100.13",
}
# a full line of PEM
BASE64 = re.compile(r"[A-Za-z0-9+/=]{60,}")
CHANGED = re.compile(r"changed=(\d+)")
SECRETS = (
    "site_k3s_token",
    "site_k3s_agent_token",
    "site_ca",
    "site_dns_api_key",
    "site_dns_transfer_secret",
    "site_backup_password",
    "site_monitoring_peer_password",
    "site_monitoring_reader_password",
    "site_status_page_password",
    "site_registry_reader_password",
    "site_registry_writer_password",
    "site_grafana_admin_password",
)
OPTIONAL = {"init_api_vip", "init_dns_address", "init_upstream_dns", "init_upstream_ntp"}


def run(directory: Path, *command: str, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Ansible, as this checkout's collection."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment |= {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_COLLECTIONS_PATH": str(TREE / ".ansible/collections"), **extra}
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )


def init(site: Path, *options: str, **answers: str) -> subprocess.CompletedProcess[str]:
    """Run init.yml with answers that may be changed."""
    given = {**ANSWERS, "init_directory": str(site), "init_vault_password_file": f"{site}.password", **answers}
    return run(site.parent, "ansible-playbook", "metalstack.autonomous.init", "-e", json.dumps(given), *options)


def contents(site: Path) -> dict[str, bytes]:
    """Read every file of the repository."""
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def changed(output: str) -> int:
    return sum(map(int, CHANGED.findall(output.rpartition("PLAY RECAP")[2])))


def decrypted(site: Path) -> dict[str, str]:
    """Read the secrets the way a playbook does."""
    listed = run(site, "ansible-inventory", "--host", "server1")
    assert listed.returncode == 0, listed.stdout
    play = site.parent / "reveal.yml"
    tasks = [{"ansible.builtin.copy": {"content": "{{ " + name + " }}", "dest": f"{site}.{name}"}} for name in SECRETS]
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {"hosts": "server1", "gather_facts": False, "vars": local, "tasks": tasks}
    play.write_text(yaml.safe_dump([hosts]))
    revealed = run(site, "ansible-playbook", str(play))
    assert revealed.returncode == 0, revealed.stdout
    return {name: Path(f"{site}.{name}").read_text() for name in SECRETS}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository and what was said while it was made."""
    site = tmp_path_factory.mktemp("init") / "site"
    done = init(site, "-vvv", "--diff")
    assert done.returncode == 0, done.stdout
    return site, done.stdout


def test_the_inventory_holds_what_was_answered(made: tuple[Path, str]) -> None:
    site, _output = made
    listed = json.loads(run(site, "ansible-inventory", "--list").stdout)
    assert listed["k3s_servers"]["hosts"] == ["server1", "server2", "server3"]
    server = listed["_meta"]["hostvars"]["server2"]
    assert (server["ansible_host"], server["site_api_vip"]) == ("198.51.100.12", "198.51.100.10")
    assert server["site_dns_address"] == "198.51.100.9"
    assert server["site_upstream_dns"] == ["198.51.100.2", "198.51.100.3"]
    assert server["site_upstream_ntp"] == ["198.51.100.2", "time.example.org", "198.51.100.4"]
    assert listed["dns_servers"] == listed["time_servers"] == {"children": ["k3s_servers"]}


def test_what_was_left_empty_is_not_there(tmp_path: Path) -> None:
    answers = {**dict.fromkeys(OPTIONAL, ""), "init_servers": "server1=198.51.100.11"}
    assert init(tmp_path / "site", **answers).returncode == 0
    text = (tmp_path / "site/inventory/group_vars/all/site.yml").read_text()
    assert "site_dns_address" not in text and "site_api_vip" not in text
    site = yaml.safe_load(text)
    assert (site["site_upstream_dns"], site["site_upstream_ntp"]) == ([], [])


def test_secrets_are_encrypted_random_and_private(made: tuple[Path, str]) -> None:
    site, output = made
    secrets = decrypted(site)
    assert len(set(secrets.values())) == len(SECRETS)
    file = site / "inventory/group_vars/all/secrets.yml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    password = Path(f"{site}.password")
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    lines = secrets.pop("site_ca").splitlines()
    for secret in (*secrets.values(), *filter(BASE64.fullmatch, lines), password.read_text().strip()):
        assert len(secret) >= 32
        assert secret not in output
        assert all(secret.encode() not in content for content in contents(site).values())


def test_the_authority_is_one_of_the_site(made: tuple[Path, str]) -> None:
    site, _output = made
    text = decrypted(site)["site_ca"]
    assert authority.problem(text) == ""
    certificate = x509.load_pem_x509_certificate(text[text.index("-----BEGIN CERTIFICATE") :].encode())
    assert certificate.subject.rfc4514_string() == "CN=demo site CA"


def test_the_offline_pass_finds_no_mistake(made: tuple[Path, str]) -> None:
    site, _output = made
    judged = run(site, "ansible-playbook", "validate.yml", ANSIBLE_SSH_EXECUTABLE="/bin/false")
    assert "ids:\n    - V46" in judged.stdout, judged.stdout
    assert set(re.findall(r"^ +- (V\d\d)$", judged.stdout, re.MULTILINE)) == {"V46"}


def test_every_playbook_of_ours_is_imported_by_its_full_name(made: tuple[Path, str]) -> None:
    site, _output = made
    for name in ("bootstrap", "validate", "status", "reset"):
        checked = run(site, "ansible-playbook", "--syntax-check", f"{name}.yml")
        assert checked.returncode == 0, checked.stdout
        assert f"metalstack.autonomous.{name}" in (site / f"{name}.yml").read_text()


def test_a_second_run_changes_nothing_and_keeps_what_was_edited(made: tuple[Path, str]) -> None:
    site, _output = made
    (site / "README.md").write_text("ours\n")
    before = contents(site)
    again = init(site, init_domain="other.example")
    assert again.returncode == 0, again.stdout
    assert changed(again.stdout) == 0
    assert contents(site) == before


def test_a_missing_secret_is_added_beside_the_others(made: tuple[Path, str]) -> None:
    site, _output = made
    file = site / "inventory/group_vars/all/secrets.yml"
    whole = file.read_text()
    kept = decrypted(site)["site_k3s_token"]
    file.write_text(whole[: whole.index("site_k3s_agent_token")])
    assert changed(init(site).stdout) == 1
    assert decrypted(site)["site_k3s_token"] == kept
    file.write_text(whole)


def test_a_lost_password_is_not_replaced(made: tuple[Path, str]) -> None:
    site, _output = made
    before = contents(site)
    lost = init(site, init_vault_password_file=f"{site}.nowhere")
    assert lost.returncode != 0
    assert not Path(f"{site}.nowhere").exists()
    assert contents(site) == before


@pytest.mark.parametrize("missing", sorted({*ANSWERS.keys(), "init_directory"} - OPTIONAL))
def test_a_missing_answer_writes_nothing(missing: str, tmp_path: Path) -> None:
    refused = init(tmp_path / "site", **{missing: ""})
    assert refused.returncode != 0
    assert missing in refused.stdout
    assert changed(refused.stdout) == 0
    assert list(tmp_path.iterdir()) == []


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    checked = init(tmp_path / "site", "--check")
    assert checked.returncode == 0, checked.stdout
    assert changed(checked.stdout) > 0
    assert list(tmp_path.iterdir()) == []


def test_a_password_file_inside_of_the_repository_is_refused(tmp_path: Path) -> None:
    refused = init(tmp_path / "site", init_vault_password_file=str(tmp_path / "site/password"))
    assert refused.returncode != 0
    assert list(tmp_path.iterdir()) == []


# A secret that a server has made

OTHER = "fedcba9876543210fedcba9876543210"
PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - metalstack.autonomous.site_secrets:
        path: "{{ file }}"
        replace: {site_k3s_token: "{{ lookup('ansible.builtin.file', made) }}"}
        present: "{{ {'site_k3s_token': known} if known is defined else {} }}"
      no_log: true
      register: done
    - ansible.builtin.debug:
        msg: "UNWRITTEN={{ done.unwritten }}. FINGERPRINT={{ done.fingerprints.site_k3s_token }}"
"""


def replace(site: Path, file: Path, *options: str, play: str = PLAY) -> subprocess.CompletedProcess[str]:
    """Replace the servers' token in a file of secrets, with what the site's own configuration says of the vault."""
    plays, made = site.parent / "replace.yml", site.parent / "made"
    plays.write_text(play)
    made.write_text(OTHER)
    given = json.dumps({"file": str(file), "made": str(made)})
    return run(site, "ansible-playbook", str(plays), "-vvv", "--diff", "-e", given, *options)


def test_one_secret_is_replaced_and_all_else_stays(made: tuple[Path, str]) -> None:
    site, _output = made
    file = site / "inventory/group_vars/all/secrets.yml"
    whole, before = file.read_text(), decrypted(site)
    file.write_text(whole + "# of somebody\nanother: 'value'   \n")
    assert changed(replace(site, file, "--check").stdout) == 1
    assert file.read_text() == whole + "# of somebody\nanother: 'value'   \n"
    done = replace(site, file)
    assert done.returncode == 0, done.stdout
    assert changed(done.stdout) == 1 and "UNWRITTEN=. FINGERPRINT=" in done.stdout
    assert OTHER not in done.stdout
    assert decrypted(site) == {**before, "site_k3s_token": OTHER}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    begin, end = whole.index("site_k3s_token:"), whole.index("site_k3s_agent_token:")
    now = file.read_text()
    assert now.startswith(whole[:begin]) and now.endswith(whole[end:] + "# of somebody\nanother: 'value'   \n")
    assert changed(replace(site, file).stdout) == 0
    assert file.read_text() == now
    file.write_text(whole)


def test_a_file_that_is_not_the_inventorys_is_left_as_it_is(made: tuple[Path, str]) -> None:
    site, _output = made
    file = site / "inventory/group_vars/all/secrets.yml"
    whole, present = file.read_text(), decrypted(site)["site_k3s_token"]
    done = replace(site, file, "-e", "known=of-another-site")
    assert "its site_k3s_token is not the one that the inventory has" in " ".join(done.stdout.split())
    assert file.read_text() == whole
    assert changed(replace(site, file, "-e", f"known={present}").stdout) == 1
    # Replaced already, by a run that was interrupted.
    assert changed(replace(site, file, "-e", f"known={present}").stdout) == 0
    file.write_text(whole)


def test_a_former_secret_comes_beside_the_others_and_goes(made: tuple[Path, str]) -> None:
    site, _output = made
    file = site / "inventory/group_vars/all/secrets.yml"
    whole, before = file.read_text(), decrypted(site)
    value = "{{ lookup('ansible.builtin.file', made) }}"
    for wanted, changes in ((value, 1), (value, 0), ("", 1), ("", 0)):
        play = PLAY.replace(f'site_k3s_token: "{value}"', f'site_dns_former_transfer_secret: "{wanted}"')
        assert play != PLAY
        done = replace(site, file, play=play.replace("done.fingerprints.site_k3s_token", "done.fingerprints"))
        assert done.returncode == 0 and "UNWRITTEN=." in done.stdout and OTHER not in done.stdout, done.stdout
        assert changed(done.stdout) == changes
        assert decrypted(site) == before
        assert ("site_dns_former_transfer_secret: !vault" in file.read_text()) is bool(wanted)
    assert file.read_text() == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "No such file"),
        ("site_name: demo\n", "it has no encrypted site_k3s_token"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6161\n", "encrypted as a whole"),
        ("site_k3s_token: in-the-clear\n", "it has no encrypted site_k3s_token"),
    ],
)
def test_a_file_that_can_not_take_it_is_named_and_left_as_it_is(
    made: tuple[Path, str], tmp_path: Path, text: str | None, expected: str
) -> None:
    file = tmp_path / "secrets.yml"
    if text is not None:
        file.write_text(text)
    done = replace(made[0], file)
    assert done.returncode == 0, done.stdout
    assert expected in " ".join(done.stdout.split()) and changed(done.stdout) == 0
    assert (file.read_text() if file.exists() else None) == text
