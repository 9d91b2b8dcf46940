"""Stands in for get-pip.py, which ansible-test would download: Python brings a pip of its own."""

import subprocess
import sys

# in processes of their own: ensurepip clears pip's configuration, mirrors included, from the environment
subprocess.run([sys.executable, "-m", "ensurepip"], stdout=subprocess.DEVNULL, check=True)
packages = [argument for argument in sys.argv[1:] if argument.startswith(("setuptools=", "wheel="))]
if packages:
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages], check=True)
