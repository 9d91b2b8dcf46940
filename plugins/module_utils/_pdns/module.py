# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the PowerDNS modules have in common towards Ansible: the connection's options, and errors."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client, Endpoint, PdnsError
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.serving import NotServed

CONNECTION: dict[str, t.Any] = {
    "api_url": {"type": "str", "default": "http://127.0.0.1:8081"},
    "api_key": {"type": "str", "no_log": True},
    "api_key_file": {"type": "path"},
    "api_timeout": {"type": "float", "default": 60},
    "ca_path": {"type": "path"},
    "server_id": {"type": "str", "default": "localhost"},
}


def make(options: dict[str, t.Any], **kwargs: t.Any) -> AnsibleModule:
    """A module with the connection's options besides its own; all of them know check mode."""
    return AnsibleModule(
        argument_spec={**CONNECTION, **options},
        mutually_exclusive=[("api_key", "api_key_file"), *kwargs.pop("mutually_exclusive", ())],
        required_one_of=[("api_key", "api_key_file"), *kwargs.pop("required_one_of", ())],
        supports_check_mode=True,
        **kwargs,
    )


def client(module: AnsibleModule) -> Client:
    return Client(
        Endpoint(
            url=module.params["api_url"].rstrip("/"),
            key=_key(module),
            ca_path=module.params["ca_path"],
            timeout=module.params["api_timeout"],
            server_id=module.params["server_id"],
        )
    )


def run(module: AnsibleModule, act: t.Callable[[AnsibleModule, Client], dict[str, t.Any]]) -> None:
    """Act and exit; what the server or the input gets wrong is the task's failure, without a traceback."""
    try:
        result = act(module, client(module))
    except ImportError as error:
        module.fail_json(msg=f"this needs dnspython where the module runs (Debian: python3-dnspython): {error}")
    except (PdnsError, NotServed, ValueError, OSError) as error:
        module.fail_json(msg=str(error))
    for warning in result.pop("warnings", ()):
        module.warn(warning)
    module.exit_json(**result)


def _key(module: AnsibleModule) -> str:
    path = module.params["api_key_file"]
    key = module.params["api_key"] if path is None else Path(path).read_text(encoding="utf-8").strip()
    if not re.fullmatch(r"[!-~]+", key):
        # Not repeated here: what is not one word may still be a secret.
        origin = "api_key" if path is None else f"api_key_file {path}"
        raise ValueError(f"{origin}: expected one word of printable ASCII, found {'more' if key else 'nothing'}")
    # What comes from a file is masked like a parameter.
    module.no_log_values.add(key)
    return key
