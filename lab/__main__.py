"""`python3 -m lab VERB`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

import lab
from lab import preflight, settings, verbs
from lab.errors import LabError
from lab.object_storage import keys

Verb = Callable[[settings.Settings, argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="lab",
        description=lab.__doc__,
        epilog="LAB_NAME tells labs apart, LAB_HOSTS names hosts (3, or server1,agent1), LAB_STATE is where they live."
        " LAB_MINIMAL=1 gives them nothing of what the roles install.",
    )
    all_verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, run: Verb, text: str) -> argparse.ArgumentParser:
        one = all_verbs.add_parser(name, help=text, description=text)
        one.set_defaults(run=run)
        return one

    def verb_on_hosts(name: str, run: Verb, text: str) -> argparse.ArgumentParser:
        one = verb(name, run, text)
        one.add_argument("hosts", nargs="*", metavar="HOST")
        one.add_argument("--all", action="store_true", help="every host")
        return one

    up = verb("up", verbs.up, "bring the lab up, or repair it")
    up.add_argument("--fresh", action="store_true", help="take down first what may be there, for tests")
    up.add_argument(
        "--no-artifacts", dest="artifacts", action="store_false", help="hosts only; look for no k3s and so on"
    )
    verb("k3s", verbs.k3s, "have k3s in further versions at hand, as `site_k3s_version`, until `down`").add_argument(
        "versions", nargs="+", metavar="VERSION"
    )
    verb("down", verbs.down, "take the lab down and leave nothing but the cache")
    verb("status", verbs.status, "say how each host is").add_argument("--json", action="store_true")

    ssh = verb("ssh", verbs.ssh, "log in to a host, or run a command there")
    ssh.add_argument("host", metavar="HOST")
    ssh.add_argument("command", nargs=argparse.REMAINDER, metavar="[--] COMMAND")

    execute = verb("exec", verbs.execute, "run a command of this machine inside the lab's network")
    execute.add_argument("command", nargs=argparse.REMAINDER, metavar="[--] COMMAND")

    logs = verb("logs", verbs.logs, "show a host's journal; its console if it is off")
    logs.add_argument("host", metavar="HOST")
    logs.add_argument("--unit", help="of this unit only")
    logs.add_argument("--lines", type=int, default=100)
    logs.add_argument("--follow", action="store_true")
    logs.add_argument("--console", action="store_true", help="the console in any case")

    key = verb("key", verbs.key, "give an account of an object storage other keys, or revoke the former ones")
    key.add_argument("action", choices=["issue", "revoke"])
    key.add_argument("host", metavar="HOST")
    key.add_argument("account", choices=[name for name in keys.ACCOUNTS if name != "root"])

    verb_on_hosts("kill", verbs.kill, "cut the power: every process gets SIGKILL")
    verb_on_hosts("start", verbs.start, "start hosts that are off, and wait for SSH")
    verb_on_hosts("reboot", verbs.reboot, "cut the power and start again")
    verb_on_hosts("wipe", verbs.wipe, "empty the disks and start again; the SSH host key stays")
    verb("remove", verbs.remove, "take hosts out of the lab, with their disks").add_argument(
        "hosts", nargs="+", metavar="HOST"
    )
    freeze = verb_on_hosts("freeze", verbs.freeze, "stop all processes where they are")
    freeze.add_argument("--unit", help="only those of this unit, containers' shims apart")
    verb_on_hosts("thaw", verbs.thaw, "let frozen processes go on")

    cut = verb("partition", verbs.cut, "cut hosts off from the others: `partition a` or `partition a,b c`")
    cut.add_argument("groups", nargs="+", metavar="HOST[,HOST…]")
    cut.add_argument("--with-controller", action="store_true", help="the first group from the controller as well")
    verb("heal", verbs.heal, "undo every partition")
    return top


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parsed = parser().parse_args(arguments)
    if "command" in parsed and parsed.command[:1] == ["--"]:
        del parsed.command[0]
    if parsed.verb == "exec" and not parsed.command:
        parser().error("exec needs a command")
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = parse(arguments)
    # `su` on Debian leaves root a path without these.
    os.environ["PATH"] = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    try:
        preflight.check_root()
        run: Verb = parsed.run
        return run(settings.from_environment(), parsed)
    except LabError as error:
        print(f"lab {parsed.verb}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nlab {parsed.verb}: interrupted; the same command again goes on from here", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
