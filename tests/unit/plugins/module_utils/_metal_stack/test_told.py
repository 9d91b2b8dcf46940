"""What is heard of ansible-playbook's output, and what is not to be seen of it."""

from __future__ import annotations

import base64
import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import told

# As ansible-core 2.18 and 2.19 have printed it.
FAILED = """\

TASK [metal-roles/control-plane/roles/nsq : Gather release versions] ***********
skipping: [localhost]

TASK [metal-roles/control-plane/roles/nsq : Deploy nsq] ************************
fatal: [localhost]: FAILED! => {"changed": false, "msg": "Failed to apply", "stderr": "409"}

PLAY RECAP *********************************************************************
localhost                  : ok=3    changed=2    unreachable=0    failed=1    skipped=1    rescued=0    ignored=0
"""
NO_ROLE = """\
[ERROR]: the role 'metal-roles/control-plane/roles/x' was not found in /a:/b
Origin: /a/play.yml:6:5
"""


def listen(text):
    listener = told.Listener()
    for line in text.splitlines(keepends=True):
        listener.hear(line)
    return listener


def test_the_task_that_failed_and_its_message_are_told():
    heard = listen(FAILED)
    assert heard.explained() == "task 'metal-roles/control-plane/roles/nsq : Deploy nsq': Failed to apply | 409"
    assert heard.changed == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (NO_ROLE, "the role 'metal-roles/control-plane/roles/x' was not found in /a:/b"),
        ("ERROR! the playbook: play.yml could not be found\n", "the playbook: play.yml could not be found"),
        ("TASK [a] ***\nfatal: [localhost]: FAILED! => no JSON\n", "task 'a': no JSON"),
        ('TASK [a] ***\nfailed: [localhost] (item=b) => {"msg": "c"}\n', "task 'a': c"),
        ('TASK [a] ***\nfatal: [localhost]: UNREACHABLE! => {"msg": "gone"}\n', "task 'a': gone"),
        ("killed\n", ""),
    ],
)
def test_other_ways_to_fail_are_told(text, expected):
    assert listen(text).explained() == expected


def test_a_task_that_is_tried_again_is_told_as_such():
    heard = listen("TASK [a] ***\nFAILED - RETRYING: [localhost]: Wait until it is ready (7 retries left).\n")
    assert heard.task == "Wait until it is ready (7 retries left)"


KEY = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\nabcdefghijklmnop\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ("hunter22", "password is hunter22!"),
        ("hunter22", f"data: {base64.b64encode(b'hunter22').decode()}"),
        ('with "quotes"', json.dumps({"msg": 'with "quotes"'})),
        (KEY, json.dumps({"stdout": KEY})),
        (KEY, "  MIGHAgEAMBMGByqGSM49\n"),
        (KEY, f"key: {base64.b64encode(KEY.encode()).decode()}"),
    ],
)
def test_a_secret_is_masked_however_it_is_written(secret, line):
    shown = told.masked([secret])(line)
    assert told.MASK in shown
    assert secret not in shown
    assert not any(part in shown for part in ("MIGHAg", "hunter", "aHVudGVyMjI"))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"nsq_password": "a", "nsq_log_level": "b"}, ["a"]),
        ({"users": [{"name": "a", "password": "b"}]}, ["b"]),
        ({"zitadel_secrets": {"smtp": {"user": "a", "hosts": ["b", ("c",)]}}}, ["a", "b", "c"]),
        ({"metal_api": {"view_key": "a", "keys": 1}}, ["a"]),
        ({"ansible_become_pass": "a", "ansible_ssh_pass": "b"}, ["a", "b"]),
        ({"metal_bmc_bmc_superuser_pwd": "a", "mgmt_server_metal_ssh_privkey": "b"}, ["a", "b"]),
        ({"tls_private_pem": "a", "ssh_priv_key_text": "b"}, ["a", "b"]),
        ({"db_passwd": "a", "db_pass_file": "b", "smtp_passphrase": "c"}, ["a", "b", "c"]),
        ({"passive": "a", "passenger_version": "b", "mgmt_server_metal_ssh_pubkey": "c"}, []),
        ({"nsq_tls_enabled": True, "token_seconds": 3600, "token": None}, []),
        ({"registry": {1: "a"}}, []),
    ],
)
def test_all_texts_below_a_name_that_tells_of_a_secret_are_secret(variables, expected):
    assert list(told.secret_texts(variables)) == expected


def test_what_is_too_short_to_be_a_secret_is_not_masked():
    assert told.masked(["no", ""])("nothing is known") == "nothing is known"
    assert told.masked([])("a line\n") == "a line\n"
