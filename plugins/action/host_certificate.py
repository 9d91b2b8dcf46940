# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate

OPTIONS: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "authority": {"type": "str", "required": True, "no_log": True},
    "names": {"type": "list", "elements": "str", "default": []},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "client": {"type": "bool", "default": False},
    "owner": {"type": "str", "default": ""},
    "days": {"type": "int", "default": 365},
    "renew_days": {"type": "int", "default": 60},
}


class ActionModule(ActionBase):
    """Give a host a certificate of the authority when it needs one. The authority's key stays on the controller."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        subject = certificate.Subject(tuple(options["names"]), tuple(options["addresses"]), options["client"])
        now = datetime.datetime.now(datetime.UTC)
        try:
            issuer = certificate.authority(options["authority"])
            wanted = set(subject.extension())
        except ValueError as error:
            raise AnsibleActionFail(str(error)) from error
        if not wanted:
            raise AnsibleActionFail("a certificate is for names or addresses: none are given")
        there = self._module({"path": options["path"], "owner": options["owner"]}, task_vars)
        if there.get("failed"):
            return {**result, **there}
        renew = datetime.timedelta(days=options["renew_days"])
        why = certificate.due(there["certificate"], there["key_matches"], issuer, subject, renew, now)
        result.update(changed=there["changed"], reason=why, authority=issuer.pem, fingerprint=_fingerprint(there))
        if not why:
            return result
        if self._task.diff:
            result["diff"] = {"before": f"{options['path']}: {why}\n", "after": f"{options['path']}: a new one\n"}
        if self._task.check_mode:
            return {**result, "changed": True, "fingerprint": ""}
        lifetime = datetime.timedelta(days=options["days"])
        made, key = certificate.issue(issuer, subject, lifetime, now)
        files = {"path": options["path"], "owner": options["owner"], "certificate": made, "key": key}
        written = self._module(files, task_vars)
        if written.get("failed"):
            return {**result, **written}
        return {**result, "changed": True, "fingerprint": certificate.fingerprint(made)}

    def _module(self, arguments: dict[str, str], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        found: dict[str, t.Any] = self._execute_module(
            module_name="metalstack.autonomous.host_certificate", module_args=arguments, task_vars=task_vars
        )
        return found


def _fingerprint(there: dict[str, t.Any]) -> str:
    try:
        return certificate.fingerprint(there["certificate"])
    except ValueError:
        return ""
