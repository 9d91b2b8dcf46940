"""The module as Ansible runs it: in slices, between which it says how far Gardener is."""

from __future__ import annotations

import threading
import time

from adhoc import adhoc
from garden import Garden, Object
from gardenlet import Shoot


def test_progress_is_shown_while_it_waits(garden: Garden, shoot: Shoot, spec: Object) -> None:
    # The garden warns of it.
    spec["kubernetes"]["kubeProxy"] = {"mode": "IPVS"}

    def gardenlet() -> None:
        garden.until(shoot.there, "the shoot is there")
        shoot.start()
        shoot.progress(42, "Deploying Shoot infrastructure")
        # Past the first slice of the wait.
        time.sleep(22)
        shoot.succeed()

    thread = threading.Thread(target=gardenlet)
    thread.start()
    done = adhoc("gardener_shoot", shoot, spec=spec, timeout=200)
    thread.join()
    assert done.returncode == 0, done.stdout + done.stderr
    said = f"{shoot.namespace}/shoot: "
    (line, *_) = [one for one in done.stdout.splitlines() if one.startswith(said)]
    assert "of 200 at most; still to come: operation Create has succeeded" in line
    assert "Create Processing 42 %: Deploying Shoot infrastructure" in line
    # All of the slices together are one change, with the diff of the first one.
    assert "localhost | CHANGED" in done.stdout
    assert [one for one in done.stdout.splitlines() if one.startswith("+") and "region" in one and "fra" in one]
    assert f"{done.stdout}{done.stderr}".count("you are using IPVS mode") == 1
