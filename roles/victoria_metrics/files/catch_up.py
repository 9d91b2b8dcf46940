"""Brings a store what it had taken, but not on its disk yet, when it was killed: the other stores have that, too.

    catch_up.py note DATA NOTES             before the store starts: note when it last wrote to its disk
    catch_up.py watch NOTES URL CA PASSWORD OTHER...  bring what others have of the minutes around each such moment

A note is kept until every other store was asked for it, and what it gave is on this one's disk.
"""

import base64
import http.client
import os
import ssl
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

USER = "peer"
# Nobody is asked for more than this many moments; a store that is killed again and again lacks the latest.
KEPT = 16
# What was taken last may have waited in an agent before, and a store writes every few seconds.
BEFORE, AFTER = 600, 60
# Agents have brought the others by then what they keep for a while.
SETTLED = 12.0
# Within this the store has what it was brought on its disk.
WRITTEN = 15.0
PERIOD, PAUSE = 2.0, 15.0
TIMEOUT = 30.0


def last_written(data):
    """The second in which the store last wrote a part of its samples; nothing if it has none."""
    return max((int(path.stat().st_mtime) for path in Path(data).glob("data/*/*/*")), default=None)


def noted(notes):
    """Moments that are still to be asked for, behind what tells of which start of the store they are."""
    try:
        with Path(notes).open(encoding="utf-8") as stream:
            told = os.fstat(stream.fileno())
            return (told.st_mtime_ns, told.st_ino), [int(line) for line in stream.read().split()]
    except FileNotFoundError:
        return None, []


def keep(notes, moments):
    """Have these and no others noted, whenever the power is cut."""
    if not moments:
        Path(notes).unlink(missing_ok=True)
        return
    partial = Path(f"{notes}.partial")
    with partial.open("w", encoding="utf-8") as stream:
        stream.write("".join(f"{moment}\n" for moment in sorted(set(moments))[-KEPT:]))
        stream.flush()
        os.fsync(stream.fileno())
    partial.rename(notes)


def note(data, notes):
    moment = last_written(data)
    if moment is not None:
        keep(notes, [*noted(notes)[1], moment])


def windows(moments):
    """The times to ask for, those that overlap as one."""
    found = []
    for moment in sorted(moments):
        begin, end = moment - BEFORE, moment + AFTER
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=TIMEOUT) as answer:
            return answer.status == 200
    except OSError:
        return False


def bring(other, url, ca, password, window):
    """Have the store take all that another one has of some minutes; what it has already, counts once."""
    words = urllib.parse.urlencode({"match[]": '{__name__!=""}', "start": window[0], "end": window[1]})
    asked = urllib.request.Request(f"{other}/api/v1/export/native?{words}")
    pair = f"{USER}:{Path(password).read_text(encoding='utf-8').strip()}".encode()
    asked.add_header("Authorization", f"Basic {base64.b64encode(pair).decode()}")
    context = ssl.create_default_context(cafile=ca)
    # As Go does: an authority made by hand may lack what Python asks for from 3.13 on.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    with urllib.request.urlopen(asked, timeout=TIMEOUT, context=context) as given:
        taken = urllib.request.Request(f"{url}/api/v1/import/native", data=given, method="POST")
        urllib.request.urlopen(taken, timeout=TIMEOUT).close()


def caught_up(wanted, done, *, url, ca, password):
    """Whether each of the others was asked for its window; C(done) has what was, or why it was not."""
    for other, window in wanted:
        if done.get((other, window)) == "":
            continue
        try:
            bring(other, url, ca, password, window)
            error = ""
        except (OSError, http.client.HTTPException) as failure:
            error = f"{failure}; it is asked again"
        if done.get((other, window)) != error:
            print(f"{other}, {window[0]} to {window[1]}: {error or 'taken'}", flush=True)
        done[(other, window)] = error
    return not any(done.values())


def watch(notes, url, ca, password, *others):
    while True:
        start, moments = noted(notes)
        if moments and answers(url):
            time.sleep(SETTLED)
            done = {}
            wanted = [(other, window) for window in windows(moments) for other in others]
            # A store that was killed again lacks what it was brought, too.
            while noted(notes)[0] == start and not caught_up(wanted, done, url=url, ca=ca, password=password):
                time.sleep(PAUSE)
            time.sleep(WRITTEN)
            if noted(notes)[0] == start and answers(url):
                keep(notes, [])
        time.sleep(PERIOD)


if __name__ == "__main__":
    {"note": note, "watch": watch}[sys.argv[1]](*sys.argv[2:])
