"""The page as the site's own hosts serve it: to whom, how, and for how long it counts as new."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import standing
from ansible_collections.metalstack.autonomous.plugins.filter.basic_auth_hash import basic_auth_hash
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from standing import Host, Run, publishing, serving

from lab import debian, settings

PASSWORD, OTHER = "password-of-those-who-look", "another-password-of-theirs"
# An address that no other run on this machine has.
ADDRESS = f"127.{os.getpid() // 256 % 254 + 1}.{os.getpid() % 256}.44"
WARNING = '<p class="problem warning">This page is more than 60 min old'


@pytest.fixture(scope="module")
def site() -> str:
    return authority.generate("example")


@pytest.fixture(scope="module")
def host(site: str) -> Iterator[Host]:
    with standing.host(release("trixie"), ADDRESS, site, PASSWORD) as found:
        yield found


def release(name: str) -> Path:
    return debian.tree(settings.from_environment().cache, name, standing.PACKAGES)


@pytest.fixture(scope="module")
def foreseen(host: Host) -> Run:
    """What a run would do on a host that has nothing yet."""
    (run,) = host.run(serving(), check=True)
    assert list(host.place.glob("[eup]*/*")) == []
    return run


@pytest.fixture(scope="module")
def served(host: Host, foreseen: Run, pages: Path) -> list[Run]:
    """Begun, run once more, and published."""
    return host.run(serving(), serving(), publishing(pages / "good.html"))


def test_check_mode_tells_what_will_be_done(foreseen, served):
    assert foreseen.changes == served[0].changes == 2
    assert "Content-Security-Policy" in foreseen.said


def test_no_secret_is_shown(foreseen, served, site):
    for run in (foreseen, served[0]):
        assert "auth_basic_user_file" in run.said
        for secret in (PASSWORD, basic_auth_hash(PASSWORD), site.splitlines()[1]):
            assert secret not in run.said


def test_a_second_run_changes_nothing(served):
    """Though it is nginx that was started: it is told by its environment with which configuration."""
    assert served[1].changes == 0, served[1].said


def test_a_page_is_published_where_that_can_be_done_and_the_rest_is_named(served):
    assert served[2].changes == 1
    said = " ".join(served[2].said.split())
    assert "The page is published on server1; not on bare, away, which could not be" in said, served[2].said


def test_the_right_password_opens_the_page(host, served, pages):
    answer = host.ask(password=PASSWORD)
    assert answer.status == 200
    assert answer.body == (pages / "good.html").read_text().replace("<!-- age -->", "")
    found = answer.headers
    assert found["Content-Type"] == "text/html; charset=utf-8"
    policy = found["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert [one for one in policy if one.startswith(("script", "style"))] == ["style-src 'unsafe-inline'"]
    assert (found["X-Content-Type-Options"], found["Referrer-Policy"]) == ("nosniff", "no-referrer")
    assert "no-store" in found["Cache-Control"] and "no-cache" not in found["Cache-Control"]
    assert found["Server"] == "nginx"


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD[:-1]])
def test_nobody_else_sees_it(host, served, password):
    answer = host.ask(password=password)
    assert answer.status == 401 and "example" not in answer.body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/index.html", "/none.html", "/x", "/../etc/users", "/%2e%2e/etc/users"])
def test_nothing_else_is_served(host, served, path):
    assert host.ask(path, PASSWORD).status in ((404,) if ".." not in path and "%" not in path else (400, 404))


def test_nothing_is_taken(host, served):
    assert host.ask(password=PASSWORD, method="POST").status == 405
    assert host.ask(password=PASSWORD, method="PUT").status == 405


def test_it_is_served_by_tls_alone(host, served):
    with socket.create_connection((ADDRESS, standing.PORT), timeout=5) as plain:
        plain.sendall(f"GET / HTTP/1.0\r\nHost: {ADDRESS}\r\n\r\n".encode())
        answer = plain.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 400 ") and "as of" not in answer
    stranger = ssl.create_default_context()
    with socket.create_connection((ADDRESS, standing.PORT), timeout=5) as plain, pytest.raises(ssl.SSLError):
        stranger.wrap_socket(plain, server_hostname=ADDRESS)


def test_what_is_on_the_host_is_for_those_who_need_it(host, served):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in host.place.glob("[ep]*/*")}
    assert modes == {
        "users": 0o600,
        "host.pem.key": 0o600,
        "host.pem": 0o644,
        "ca.crt": 0o644,
        "nginx.conf": 0o644,
        "none.html": 0o644,
        "index.html": 0o640,
    }
    assert (host.place / "etc/users").read_text() == f"reader:{basic_auth_hash(PASSWORD)}\n"
    assert PASSWORD not in "".join(path.read_text() for path in host.place.glob("[eu]*/*")) + host.log()


def test_a_page_that_is_old_is_served_with_a_warning(host, served):
    file = host.place / "pages/index.html"
    before = file.stat()
    try:
        for age, warned in ((3500, False), (3700, True)):
            os.utime(file, (before.st_mtime - age, before.st_mtime - age))
            answer = host.ask(password=PASSWORD)
            assert (WARNING in answer.body) is warned, age
            assert answer.status == 200 and "no-store" in answer.headers["Cache-Control"]
            assert "as of 2026-03-01 12:05 UTC" in answer.body
    finally:
        os.utime(file, (before.st_mtime, before.st_mtime))


def test_the_warning_can_be_read(host, served, driver, pages):
    import browser

    shutil.copy(host.place / "pages/index.html", pages / "old.html")
    banner = re.search(r"~no-cache '(.*)';", (host.place / "etc/nginx.conf").read_text())[1]
    (pages / "old.html").write_text((pages / "old.html").read_text().replace("<!-- age -->", banner))
    with browser.window(driver, 360, True) as window:
        window.show("old.html")
        assert "more than 60 min old" in window.run("return document.querySelector('header .problem').innerText")
        assert window.run("return document.documentElement.scrollWidth") == 360


def test_a_host_without_a_page_says_so(host, served):
    file = host.place / "pages/index.html"
    aside = file.rename(host.place / "aside.html")
    try:
        answer = host.ask(password=PASSWORD)
    finally:
        aside.rename(file)
    assert answer.status == 503 and "the playbook status publishes one" in answer.body


@pytest.fixture(scope="module")
def changed(host: Host, served: list[Run], pages: Path) -> tuple[list[Run], list[str]]:
    """Another page and then another password; and what was served meanwhile to who has the former one."""
    seen: list[str] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                answer = host.ask(password=PASSWORD)
                seen.extend([answer.body] if answer.status == 200 else [])

    looks = threading.Thread(target=look)
    looks.start()
    try:
        runs = host.run(publishing(pages / "bad.html"), serving(status_page_password=OTHER))
    finally:
        over.set()
        looks.join()
    return runs, seen


def test_a_page_takes_the_place_of_the_former_one_at_once(changed, pages):
    runs, seen = changed
    wanted = {(pages / f"{name}.html").read_text().replace("<!-- age -->", "") for name in ("good", "bad")}
    assert runs[0].changes == 1
    assert set(seen) == wanted and len(seen) > 20


def test_another_password_is_the_only_one(host, changed):
    assert changed[0][1].changes == 1
    assert (host.ask(password=PASSWORD).status, host.ask(password=OTHER).status) == (401, 200)


def test_switched_off_nothing_is_left(host, changed):
    off = {"status_page_state": "absent"}
    runs = host.run(serving(check=True, **off), serving(**off), serving(**off))
    assert [run.changes for run in runs] == [1, 1, 0]
    assert not host.listens()
    left = {path.name for path in host.place.iterdir()}
    assert left == {"bin", "hosts.yml", "plays.yml", "run", "systemctl.py", "units"}
    assert list((host.place / "units").iterdir()) == []
    assert basic_auth_hash(OTHER) not in "".join(run.said for run in runs)


def test_the_release_before_serves_it_too(site, pages):
    address = ADDRESS.removesuffix("44") + "45"
    with standing.host(release("bookworm"), address, site, PASSWORD) as host:
        runs = host.run(serving(), serving(), publishing(pages / "good.html"))
        assert [run.changes for run in runs] == [2, 0, 1]
        file = host.place / "pages/index.html"
        os.utime(file, (file.stat().st_atime, file.stat().st_mtime - 3700))
        assert WARNING in host.ask(password=PASSWORD).body
        assert (host.ask().status, host.ask("/index.html", PASSWORD).status) == (401, 404)
