# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate, intermediate

OPTIONS: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "authority": {"type": "str", "required": True, "no_log": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "name": {"type": "str", "required": True},
    "domains": {"type": "list", "elements": "str", "required": True},
    "networks": {"type": "list", "elements": "str", "default": []},
    "owner": {"type": "str", "default": ""},
    "days": {"type": "int", "default": 1825},
    "renew_days": {"type": "int", "default": 365},
}


class ActionModule(ActionBase):
    """Give a host an authority when it needs one. The upper one's key stays on the controller."""

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        issuer, scope = _wanted(options)
        there = self._module(options, {"password": options["password"]}, task_vars)
        if there.get("failed"):
            return {**result, **there}
        if there["has_key"] and not there["key_matches"]:
            raise AnsibleActionFail(
                f"{options['path']}.key is not a key of the certificate beside it that the password opens. Nothing was"
                " changed. Give the password that it was made with; or restore both, or take both away to begin with"
                " another authority, which knows nothing of what this one has issued."
            )
        now = datetime.datetime.now(datetime.UTC)
        found = there["certificate"] if there["has_key"] else ""
        why = intermediate.due(found, issuer, scope, datetime.timedelta(days=options["renew_days"]), now)
        result.update(changed=there["changed"], reason=why, authority=issuer.pem)
        if not why:
            return {**result, "fingerprint": certificate.fingerprint(found)}
        if self._task.diff:
            result["diff"] = {"before": f"{options['path']}: {why}\n", "after": f"{options['path']}: a new one\n"}
        if self._task.check_mode:
            return {**result, "changed": True, "fingerprint": ""}
        key, secret = (intermediate.public_key(found), "") if found else intermediate.new_key(options["password"])
        made = intermediate.issue(issuer, scope, key, datetime.timedelta(days=options["days"]), now)
        written = self._module(options, {"certificate": made, "key": secret}, task_vars)
        if written.get("failed"):
            return {**result, **written}
        return {**result, "changed": True, "fingerprint": certificate.fingerprint(made)}

    def _module(
        self, options: dict[str, t.Any], more: dict[str, str], task_vars: dict[str, t.Any] | None
    ) -> dict[str, t.Any]:
        found: dict[str, t.Any] = self._execute_module(
            module_name="metalstack.autonomous.issuing_authority",
            module_args={"path": options["path"], "owner": options["owner"], **more},
            task_vars=task_vars,
        )
        return found


def _wanted(options: dict[str, t.Any]) -> tuple[certificate.Authority, intermediate.Scope]:
    scope = intermediate.Scope(options["name"], tuple(options["domains"]), tuple(options["networks"]))
    try:
        issuer = certificate.authority(options["authority"])
        scope.constraints()
    except ValueError as error:
        raise AnsibleActionFail(str(error)) from error
    if not scope.domains:
        raise AnsibleActionFail("an authority is for domains: none are given")
    if not intermediate.may_issue_authorities(issuer):
        raise AnsibleActionFail("the authority may issue no other ones (basicConstraints pathlen:0, or no CA at all)")
    return issuer, scope
