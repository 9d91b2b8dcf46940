# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: victoria_metrics_plan
short_description: What monitors a host, and who may ask it
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Composes the configurations and arguments of VictoriaMetrics, its companions and Alertmanager on a host.
  - Serves the role P(metalstack.autonomous.victoria_metrics#role).
options:
  _input:
    description: The settings of the role.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Compose
  ansible.builtin.debug:
    msg: "{{ settings | metalstack.autonomous.victoria_metrics_plan }}"
"""

RETURN = r"""
_value:
  description:
    - C(mistakes) says what is wrong with the settings; when something is, the rest is missing.
    - C(mode) is that of the site, C(lost) says why it would leave samples behind, C(jobs) are the names under which the
      host's own programs are scraped, C(stores) where a cluster's vminsert reaches those of all hosts.
    - C(units), C(files) and C(secret_files) are as M(metalstack.autonomous.systemd_units) has them; C(texts) are the
      files once more, by name.
  type: dict
"""

import typing as t

from ansible.plugins.filter.core import to_nice_yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring.plan import plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring.settings import Settings


def victoria_metrics_plan(settings: Settings) -> dict[str, t.Any]:
    return plan(settings, dump)


def dump(config: t.Any) -> str:
    return str(to_nice_yaml(config, indent=2, sort_keys=False, width=1000))


class FilterModule:
    def filters(self) -> dict:
        return {"victoria_metrics_plan": victoria_metrics_plan}
