from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk

HOLDER = """
import fcntl, sys
stream = open(sys.argv[1], "a")
fcntl.flock(stream, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_one_run_waits_for_another_one_of_the_host(tmp_path):
    """As the timer's run and a playbook's are: two processes."""
    arguments = [sys.executable, "-c", HOLDER, str(tmp_path / "backup.lock")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        entered = threading.Event()

        def enter():
            with disk.alone(tmp_path):
                entered.set()

        waiting = threading.Thread(target=enter)
        waiting.start()
        assert not entered.wait(0.3)
        # What is of another kind waits for nobody.
        with disk.alone(tmp_path, name="copy"):
            pass
        other.kill()
        # Whoever is killed holds nothing any more.
        assert entered.wait(5)
        waiting.join()


def test_a_file_is_whole_or_what_it_was_before(tmp_path, monkeypatch):
    file = tmp_path / "results.json"
    disk.write(file, '{"before": 1}')
    monkeypatch.setattr(disk.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        disk.write(file, '{"after": 1}')
    assert disk.read_json(file) == {"before": 1}
    assert file.stat().st_mode & 0o777 == 0o600
