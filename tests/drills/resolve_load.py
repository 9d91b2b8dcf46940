"""Resolves names by the host's libc for a while, fifty a second, and tells how many it did not get.

resolve_load.py SECONDS NAME     a name with an X has a number in its place, so that no cache knows it
"""

import json
import socket
import sys
import threading
import time

PERIOD = 0.02


def main():
    duration, name = float(sys.argv[1]), sys.argv[2]
    failed, slowest, threads = [], [0.0], []

    def resolve(number):
        begin = time.monotonic()
        try:
            socket.getaddrinfo(name.replace("X", str(number)), None, socket.AF_INET, socket.SOCK_STREAM)
        except socket.gaierror as error:
            # That there is no such name is an answer.
            if error.errno != socket.EAI_NONAME:
                failed.append(str(error))
        slowest[0] = max(slowest[0], time.monotonic() - begin)

    start = time.monotonic()
    for number in range(int(duration / PERIOD)):
        time.sleep(max(0.0, start + number * PERIOD - time.monotonic()))
        threads.append(threading.Thread(target=resolve, args=(number,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    print(json.dumps({"asked": len(threads), "failed": failed, "slowest": round(slowest[0], 2)}))


if __name__ == "__main__":
    main()
