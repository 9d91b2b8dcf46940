"""The units of the role host_metrics: a part that hangs ends before it is missed, and none is run beside itself."""

from __future__ import annotations

import configparser
from pathlib import Path

import jinja2
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics import program, settings

ROLE = Path(__file__).resolve().parents[3] / "roles/host_metrics"
VARS = yaml.safe_load((ROLE / "vars/main.yml").read_text())


def unit(name, **given):
    text = jinja2.Template((ROLE / "templates" / name).read_text(), undefined=jinja2.StrictUndefined).render(given)
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string(text)
    return parser


def test_every_part_of_the_program_has_a_timer():
    timers = {f"metalstack-metrics@{part}.timer" for part in program.PARTS}
    assert set(VARS["__host_metrics_units"]) == timers
    assert set(VARS["__host_metrics_usual"]) == set(VARS["__host_metrics_parts"]) == set(program.PARTS)


def test_the_next_run_begins_after_the_last_has_ended():
    timer = unit("metrics.timer.j2", __host_metrics_pause=30)["Timer"]
    assert timer["OnUnitInactiveSec"] == "30" and timer["RandomizedDelaySec"] == "3" and "OnUnitActiveSec" not in timer
    service = unit("metrics.service.j2", __host_metrics_program="/usr/local/bin/metalstack-metrics")["Service"]
    assert service["Type"] == "oneshot" and service["TimeoutStartSec"] == "2min"
    assert service["ExecStart"] == "/usr/local/bin/metalstack-metrics %i"


def test_the_role_and_the_program_agree_on_the_settings():
    spec = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    known = set(settings.Settings.__dataclass_fields__) - {"directory"}
    assert set(spec["host_metrics_settings"]["options"]) == known
    assert str(settings.FILE) in VARS["__host_metrics_files"]
