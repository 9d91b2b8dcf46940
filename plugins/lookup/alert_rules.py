# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup that reads the collection's rules for alerts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alert_rules
short_description: Rules of the collection's alerts, as files for vmalert or Prometheus
version_added: 0.1.0
author:
  - metal-stack authors (@metal-stack)
description:
  - Reads the files below C(rules) in the collection. Each alert has a label C(scenario) and an annotation C(runbook).
  - The files can be used as they are, too.
options:
  _terms:
    description: Names of files without their suffix, such as V(etcd); all of them if none is given.
    type: list
    elements: string
    required: false
  scale:
    description:
      - What the time is multiplied with for which something has to be wrong before an alert fires (C(for)).
      - A lab that cannot wait takes V(0.1).
    type: float
    default: 1.0
  runbooks:
    description: What comes before the paths of the runbooks (C(docs/…)), such as a URL that ends in a slash.
    type: string
    default: ''
"""

EXAMPLES = r"""
- name: Write the rules
  ansible.builtin.copy:
    content: "{{ item.value }}"
    dest: "/etc/vmalert/rules/{{ item.key }}"
    mode: "0644"
  loop: "{{ lookup('metalstack.autonomous.alert_rules', runbooks='https://docs.example.org/') | dict2items }}"
"""

RETURN = r"""
_raw:
  description: One dictionary with the text of each file by its name, such as C(etcd.yml).
  type: list
  elements: dict
"""

import pathlib
import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics.rules import adapt

RULES = pathlib.Path(__file__).resolve().parents[2] / "rules"


class LookupModule(LookupBase):
    """Read the files and put in what the site wants otherwise."""

    def run(self, terms: list[str], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[dict[str, str]]:
        self.set_options(var_options=variables, direct=kwargs)
        texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(RULES.glob("*.yml"))}
        unknown = sorted(set(terms) - set(texts))
        if unknown:
            raise AnsibleLookupError(f"there are no rules {', '.join(unknown)}, only {', '.join(texts)}")
        scale, runbooks = self.get_option("scale"), self.get_option("runbooks")
        if scale <= 0:
            raise AnsibleLookupError(f"scale is {scale}, expected more than 0")
        return [{f"{name}.yml": adapt(texts[name], scale, runbooks) for name in terms or texts}]
