# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects of a runtime cluster, and where its API has them. Pure."""

from __future__ import annotations

from .._gardener.kinds import CONFIG_MAP, Kind

__all__ = ["CONFIG_MAP", "Kind"]

OPERATOR_API = "operator.gardener.cloud/v1alpha1"
EXTENSIONS_API = "extensions.gardener.cloud/v1alpha1"
GARDEN = Kind(OPERATOR_API, "Garden", "gardens")
EXTENSION = Kind(OPERATOR_API, "Extension", "extensions")
DNS_RECORD = Kind(EXTENSIONS_API, "DNSRecord", "dnsrecords")
BACKUP_BUCKET = Kind(EXTENSIONS_API, "BackupBucket", "backupbuckets")
MANAGED_RESOURCE = Kind("resources.gardener.cloud/v1alpha1", "ManagedResource", "managedresources")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
DAEMON_SET = Kind("apps/v1", "DaemonSet", "daemonsets")
NAMESPACE = Kind("v1", "Namespace", "namespaces")
NODE = Kind("v1", "Node", "nodes")
POD = Kind("v1", "Pod", "pods")
SECRET = Kind("v1", "Secret", "secrets")
SERVICE = Kind("v1", "Service", "services")
STORAGE_CLASS = Kind("storage.k8s.io/v1", "StorageClass", "storageclasses")

# Where gardener-operator is, and all that a Garden refers to.
SPACE = "garden"
OPERATOR = "gardener-operator"
