# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the metal-stack modules have in common towards Ansible: options and errors."""

from __future__ import annotations

import functools
import os
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import manage, probe, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import BadInput, MetalError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import BOTH, Kind
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, Endpoint
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Store
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store_v1 import StoreV1
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store_v2 import StoreV2
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.v1 import ClientV1
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.v2 import ClientV2
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.view import View, information

Spec = dict[str, t.Any]

CONNECTION: Spec = {
    "api_url": {"type": "str"},
    "api_token": {"type": "str", "no_log": True},
    "api_hmac": {"type": "str", "no_log": True},
    "api_hmac_user": {"type": "str", "default": "Metal-Admin"},
    "api_version": {"type": "str", "choices": ["auto", "v1", "v2"], "default": "auto"},
    "api_timeout": {"type": "float", "default": 30},
    "ca_path": {"type": "path"},
}
LIST: Spec = {
    "mode": {"type": "str", "choices": ["merge", "exact"], "default": "merge"},
    "owner": {"type": "str"},
    "take_over": {"type": "bool", "default": False},
}
ENTRY: Spec = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}
LABELS: Spec = {"labels": {"type": "dict"}}
INFO: Spec = {"ids": {"type": "list", "elements": "str"}, "usage": {"type": "bool", "default": False}}
MARKS: Spec = {"owner": {"type": "str"}, **LABELS}
VIEW: Spec = {"ids": {"type": "list", "elements": "str"}, "limit": {"type": "int", "default": 1000}}


def run(kind: Kind, options: Spec) -> None:
    """A module that brings a list of objects about, each of which has these options besides those of all."""
    labels = {} if all(map(kind.labels_missing, BOTH)) else LABELS
    each: Spec = {"id": {"type": "str", "required": not kind.found_by}, **ENTRY, **labels, **options}
    entries = {"type": "list", "elements": "dict", "required": True, "options": each}
    module = AnsibleModule({**CONNECTION, **LIST, kind.plural: entries}, **SECRETS)
    _end(module, lambda: manage.converge(kind, store(module, kind), module.params, module.check_mode))


def run_info(kind: Kind, options: Spec | None = None) -> None:
    """A module that reads objects, chosen by these options and by what all with labels have."""
    marks = {} if all(map(kind.labels_missing, BOTH)) else MARKS
    module = AnsibleModule({**CONNECTION, **INFO, **marks, **(options or {})}, **SECRETS)
    _end(module, lambda: manage.information(kind, store(module, kind), module.params))


def run_view(view: View, options: Spec) -> None:
    """A module that reads objects which nobody makes, chosen by these options."""
    module = AnsibleModule({**CONNECTION, **VIEW, **options}, **SECRETS)

    def read() -> dict[str, t.Any]:
        endpoint = _endpoint(module)
        client = ClientV1(endpoint) if endpoint.version == V1 else _v2(module, endpoint)
        return information(view, client, endpoint.version, module.params)

    _end(module, read)


def store(module: AnsibleModule, kind: Kind) -> Store:
    """The objects of the server that the options and the environment name."""
    endpoint = _endpoint(module)
    if endpoint.version == V1:
        return StoreV1(ClientV1(endpoint), kind)
    return StoreV2(_v2(module, endpoint), kind)


def _v2(module: AnsibleModule, endpoint: Endpoint) -> ClientV2:
    """A client whose waiting is told: while it lasts in the log of the machine, in the end by a warning."""

    told: list[str] = []

    def tell(text: str) -> None:
        module.log(text)
        if not told:
            module.warn("API v2 took no more calls in a minute, so that its next one was waited for")
        told.append(text)

    return ClientV2(endpoint, tell=tell)


def _endpoint(module: AnsibleModule) -> Endpoint:
    endpoint = settings.endpoint(module.params, os.environ, functools.partial(_spoken, module.params))
    # What comes from the environment is masked like an option.
    module.no_log_values.update({one for one in (endpoint.token, endpoint.hmac) if one})
    return endpoint


SECRETS: dict[str, t.Any] = {
    "mutually_exclusive": [("api_token", "api_hmac")],
    "supports_check_mode": True,
}


def _spoken(parameters: t.Mapping[str, t.Any], url: str) -> str:
    return probe.spoken(Endpoint("", url, timeout=parameters["api_timeout"], ca_path=parameters["ca_path"]))


def _end(module: AnsibleModule, act: t.Callable[[], dict[str, t.Any]]) -> None:
    """What the server or the input gets wrong is the task's failure, without a traceback."""
    try:
        result = act()
    except BadInput as error:
        module.fail_json(msg=f"Nothing was changed. {error}", problems=error.problems)
    except MetalError as error:
        module.fail_json(msg=str(error))
    errors = result.pop("errors", [])
    if errors:
        module.fail_json(msg="; ".join(errors), problems=errors, **result)
    module.exit_json(**result)
