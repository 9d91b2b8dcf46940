# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects by which a garden is furnished, and where its API has them. Pure."""

from __future__ import annotations

from .._gardener.kinds import Kind

CORE, SEEDS, SECURITY = (
    "core.gardener.cloud/v1beta1",
    "seedmanagement.gardener.cloud/v1alpha1",
    "security.gardener.cloud/v1alpha1",
)

NAMESPACE = Kind("v1", "Namespace", "namespaces")
SECRET = Kind("v1", "Secret", "secrets")
CLOUD_PROFILE = Kind(CORE, "CloudProfile", "cloudprofiles")
NAMESPACED_CLOUD_PROFILE = Kind(CORE, "NamespacedCloudProfile", "namespacedcloudprofiles")
PROJECT = Kind(CORE, "Project", "projects")
GARDENLET = Kind(SEEDS, "Gardenlet", "gardenlets")
CREDENTIALS_BINDING = Kind(SECURITY, "CredentialsBinding", "credentialsbindings")
# The former way to a Secret, which a garden may have no more.
SECRET_BINDING = Kind(CORE, "SecretBinding", "secretbindings")
