#!/usr/bin/env python3
"""Ansible's view of the lab: hosts, groups, how to log in, secrets, where the artifacts are."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from lab import inventory, settings

if "--host" in sys.argv:
    print("{}")
else:
    print(json.dumps(inventory.load(settings.from_environment()), indent=2))
