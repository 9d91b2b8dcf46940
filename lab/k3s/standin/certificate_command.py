"""`k3s certificate check`, `rotate` and `rotate-ca`."""

from __future__ import annotations

import datetime
import logging
import os
import shutil
import sys
import time
from pathlib import Path

from . import bundle, certificates, flags, replacement
from .api import UNREACHABLE, ApiError
from .errors import Refusal, outside
from .flags import Options
from .local import Local, failed
from .main import log_as_k3s
from .paths import Paths

SUBCOMMANDS = ("check", "rotate", "rotate-ca")
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def run(arguments: list[str]) -> int:
    subcommand = "".join(arguments[:1])
    if subcommand not in SUBCOMMANDS:
        raise Refusal(f"No help topic for '{subcommand}'")
    log_as_k3s()
    options = flags.parse(f"certificate {subcommand}", arguments[1:], os.environ)
    {"check": check, "rotate": rotate, "rotate-ca": rotate_authorities}[subcommand](options)
    return 0


def _services(options: Options, paths: Paths, doing: str) -> list[str]:
    named = options.many("service", split=True)
    for service in named:
        if service not in certificates.FILES:
            raise Refusal(f"service {service} is not recognized")
    if named:
        return named
    if paths.server.exists():
        logging.info("Server detected, %s agent and server certificates", doing)
        return list(certificates.FILES)
    logging.info("Agent detected, %s agent certificates", doing)
    return list(certificates.OF_AGENTS)


def _paths(options: Options) -> Paths:
    return Paths(Path(options.text("data-dir", "/var/lib/rancher/k3s")))


def check(options: Options) -> None:
    paths, form = _paths(options), options.text("output", "text")
    services = _services(options, paths, "checking")
    listed = certificates.listed(paths, services, datetime.datetime.now(datetime.UTC))
    if form == "text":
        for level, message in certificates.lines(listed):
            logging.log(LEVELS[level], message)
    elif form in ("table", "json"):
        sys.stdout.write(certificates.table(listed) if form == "table" else certificates.as_json(listed))
    elif form == "yaml":
        raise outside("a list of certificates as YAML")
    else:
        raise Refusal(f"invalid output format {form}")


def rotate(options: Options) -> None:
    """Only removes: the next start makes what is missing."""
    paths = _paths(options)
    services = _services(options, paths, "rotating")
    files = certificates.files(paths, services)
    backup = (paths.server if paths.tls.exists() else paths.agent) / f"tls-{int(time.time())}"
    if paths.tls.exists():
        shutil.copytree(paths.tls, backup)
    backup.mkdir(exist_ok=True, mode=0o700)
    for file in files:
        if file.exists() and file.is_relative_to(paths.agent):
            shutil.copy2(file, backup / file.name)
    for service in services:
        logging.info("Rotating certificates for %s", service)
    for file in files:
        file.unlink(missing_ok=True)
    logging.info(
        "Successfully backed up certificates to %s, please restart k3s server or agent to rotate certificates", backup
    )


def rotate_authorities(options: Options) -> None:
    """Into the datastore alone: each server takes them over when it is restarted."""
    if not options.text("path"):
        raise Refusal('Required flag "path" not set')
    local = Local(options)
    given = bundle.on_disk(Path(options.text("path")))
    try:
        _replace(local, given, options.on("force"))
    except (Refusal, ApiError, *UNREACHABLE) as error:
        raise Refusal(f"see server log for details: {error}") from None
    print("certificates saved to datastore")


def _replace(local: Local, given: replacement.Files, force: bool) -> None:
    present = bundle.on_disk(local.paths.server)
    wanted = replacement.combined(present, given)
    objections = "\n".join(replacement.objections(present, wanted))
    if objections and not force:
        raise failed("certificate", f"failed to validate new CA certificates and keys: {objections}", internal=True)
    if objections:
        logging.warning("Save of CA certificates and keys forced, ignoring validation errors: %s", objections)
    local.keep(local.passwords, bundle.write_out(wanted))
