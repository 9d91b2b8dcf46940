#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: monitoring_info
short_description: Read which alerts fire
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks vmalert and Alertmanager of the host, as the role P(metalstack.autonomous.victoria_metrics#role) runs them, for
    their alerts.
  - It does not fail when one of both gives no answer, but says so.
  - Tells which version of VictoriaMetrics keeps the host's metrics, too.
options:
  alertmanager:
    description: Where Alertmanager is.
    type: str
    default: http://127.0.0.1:9093
  vmalert:
    description: Where vmalert is.
    type: str
    default: http://127.0.0.1:8880
  timeout:
    description: Seconds to wait for each.
    type: int
    default: 5
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
"""

EXAMPLES = r"""
- name: Look at the alerts
  metalstack.autonomous.monitoring_info:
  register: monitoring
"""

RETURN = r"""
programs:
  description: Of C(alertmanager) and C(vmalert) whether it C(answers), and the C(error) if it does not.
  type: dict
  returned: success
  sample: {alertmanager: {answers: true, error: ""}, vmalert: {answers: true, error: ""}}
alerts:
  description:
    - What fires with C(name), C(severity), C(scenario), C(instance), all other C(labels), C(since), C(summary) and
      C(runbook), C(Watchdog) among them.
    - C(silenced) is null while Alertmanager gives no answer, which alone knows it.
    - C(judged_here) tells whether the host's own rules find it, too, and is null while vmalert gives no answer; what
      others find is told to this Alertmanager as well.
  type: list
  elements: dict
  returned: success
  sample:
    - name: HostDown
      severity: critical
      scenario: N1
      instance: server3
      labels: {site: example}
      since: "2026-03-01T12:00:00Z"
      summary: The host server3 gives no answer
      runbook: docs/failure-scenarios/N1.md
      silenced: false
      judged_here: true
pending:
  description: What will fire if it goes on, by the host's own rules, in the same form.
  type: list
  elements: dict
  returned: success
watchdog:
  description: Whether the alert that always fires does so, at each of both that answers.
  type: bool
  returned: success
rules:
  description: How many rules are C(judged), how many of them are C(failing), and the C(last_error) of one of these.
  type: dict
  returned: success
  sample: {judged: 60, failing: 0, last_error: ""}
stores:
  description:
    - Versions of C(victoria-metrics), as Debian numbers it, or of a cluster's C(vmstorage), C(vmselect) and
      C(vminsert), of those that run.
  type: dict
  returned: success
  sample: {victoria-metrics: [1.112.0+ds1-2]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import installed
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian.apt import Apt
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import alerts, client, stores


def main():
    options = {
        "alertmanager": {"type": "str", "default": "http://127.0.0.1:9093"},
        "vmalert": {"type": "str", "default": "http://127.0.0.1:8880"},
        "timeout": {"type": "int", "default": 5},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    given = module.params
    try:
        told = client.ask(given["alertmanager"], alerts.TOLD_PATH, given["timeout"])
        judged = client.ask(given["vmalert"], alerts.RULES_PATH, given["timeout"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    kept = stores.versions(set(installed.running()), Apt(module.run_command).version)
    module.exit_json(changed=False, **alerts.facts(told, judged), stores=kept)


if __name__ == "__main__":
    main()
