# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where k3s keeps its files, and where the role puts those that it reads."""

from __future__ import annotations

BINARY = "/usr/local/bin/k3s"
UNIT = "k3s.service"
UNIT_FILE = "/etc/systemd/system/k3s.service"

CONFIG_DIR = "/etc/rancher/k3s"
CLUSTER_FILE = CONFIG_DIR + "/config.yaml.d/10-cluster.yaml"
NODE_FILE = CONFIG_DIR + "/config.yaml.d/20-node.yaml"
JOIN_FILE = CONFIG_DIR + "/config.yaml.d/90-join.yaml"
# There from a restore on until nothing acts on what was restored before it was verified.
QUIET_FILE = CONFIG_DIR + "/config.yaml.d/95-quiet.yaml"
REGISTRIES_FILE = CONFIG_DIR + "/registries.yaml"
AUDIT_POLICY_FILE = CONFIG_DIR + "/audit-policy.yaml"
ADMISSION_FILE = CONFIG_DIR + "/admission.yaml"
# Read again by the API when it changes, so that no restart is asked for.
AUTHENTICATION_FILE = CONFIG_DIR + "/authentication.yaml"
TOKEN_FILE = CONFIG_DIR + "/token"
AGENT_TOKEN_FILE = CONFIG_DIR + "/agent-token"
SYSCTL_FILE = "/etc/sysctl.d/90-k3s.conf"

DATA_DIR = "/var/lib/rancher/k3s"
ETCD_DIR = DATA_DIR + "/server/db/etcd"
TLS_DIR = DATA_DIR + "/server/tls"
IMAGES_DIR = DATA_DIR + "/agent/images"
LOG_DIR = DATA_DIR + "/server/logs"
# What a server had before its membership was reset or given up.
ASIDE_DIR = DATA_DIR + "/server/before-reset"

# Keys for Secrets, which only k3s itself may change.
ENCRYPTION_FILE = DATA_DIR + "/server/cred/encryption-config.json"
# What k3s has written down of its token, and the one from before an exchange.
WRITTEN_TOKEN_FILE = DATA_DIR + "/server/token"
FORMER_TOKEN_FILE = DATA_DIR + "/former-token"
# The same of the token that agents enter with; of those from before there may be several, one a line.
WRITTEN_AGENT_TOKEN_FILE = DATA_DIR + "/server/agent-token"
FORMER_AGENT_TOKEN_FILE = DATA_DIR + "/former-agent-token"
# Who k3s lets in, which is in its datastore, too.
PASSWD_FILE = DATA_DIR + "/server/cred/passwd"
# New authorities on the server that has made them, and a client's certificate of former ones.
AUTHORITIES_DIR = DATA_DIR + "/authorities"
FORMER_CLIENT = DATA_DIR + "/former-client"
# That something is being exchanged under the running cluster, on every server until it has ended.
ROTATION_FILE = DATA_DIR + "/rotation.json"

# Written by the unit at every start: the checksums of what the running process has read.
STARTED_FILE = "/run/k3s-started"

# What a running process has read once and does not look at again. The join settings and the tokens are
# not here: k3s needs them to enter a cluster, and a change of them alone never asks for a restart.
RESTART_FILES = (
    CLUSTER_FILE,
    NODE_FILE,
    REGISTRIES_FILE,
    AUDIT_POLICY_FILE,
    ADMISSION_FILE,
    UNIT_FILE,
)

API_PORT = 6443
# etcd's JSON gateway, which k3s opens on the loopback address next to the gRPC port 2379.
ETCD_GATEWAY = "https://127.0.0.1:2382"

# Settings of the cluster's drop-in that hold for the life of a cluster.
IMMUTABLE = ("cluster-cidr", "service-cidr", "cluster-dns", "cluster-domain", "secrets-encryption")
