"""Roles of the form of metal-stack's: their places, variables, labels and objects; none of their text.

C(ansible-common) has an action C(setup_yaml) that takes a cache from the temporary directory as the original does, and
C(k8s_objects), which applies what a role's template holds, to the cluster that the environment names. It stands for
kubernetes.core.k8s, whose start alone takes seconds of CPU for each role; the role C(metal) takes the original.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROLES = "metal-roles/control-plane/roles"
SETUP_YAML = """
import json, os, tempfile
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        cache = os.path.join(tempfile.gettempdir(), "metal-stack-release-vector-cache.json")
        if os.path.isfile(cache):
            with open(cache) as file:
                return {"changed": False, "ansible_facts": json.load(file)}
        with open(cache, "w") as file:
            json.dump({"from_cache": True}, file)
        return {"changed": False, "skipped": True}
"""
OBJECTS = """
import base64, json, os, ssl, tempfile, urllib.error, urllib.request
import yaml
from ansible.plugins.action import ActionBase

PLURALS = {"Ingress": "ingresses"}

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        assert os.environ["KUBECONFIG"] == os.environ["K8S_AUTH_KUBECONFIG"]
        with open(os.environ["K8S_AUTH_KUBECONFIG"]) as file:
            config = yaml.safe_load(file)
        server = config["clusters"][0]["cluster"]["server"]
        user, context, login = config["users"][0]["user"], ssl._create_unverified_context(), {}
        if "token" in user:
            login["Authorization"] = f"Bearer {user['token']}"
        else:
            with tempfile.NamedTemporaryFile() as pair:
                for part in ("client-certificate-data", "client-key-data"):
                    pair.write(base64.b64decode(user[part]))
                pair.flush()
                context.load_cert_chain(pair.name)
        given = self._task.args
        for one in yaml.safe_load_all(given["definition"]):
            if not one:
                continue
            version, kind, name = one["apiVersion"], one["kind"], one["metadata"]["name"]
            base = f"{server}/{'apis' if '/' in version else 'api'}/{version}"
            inside = "" if kind in ("Namespace",) else f"/namespaces/{given['namespace']}"
            url = f"{base}{inside}/{PLURALS.get(kind, kind.lower() + 's')}/{name}?fieldManager=upstream&force=true"
            request = urllib.request.Request(url, json.dumps(one).encode(), method="PATCH", headers={
                **login, "Content-Type": "application/apply-patch+yaml"})
            try:
                urllib.request.urlopen(request, timeout=20, context=context).read()
            except urllib.error.HTTPError as error:
                return {"failed": True, "msg": f"{kind} {name}: {error.code} {error.read().decode()}"}
        return {"changed": True}
"""
DEFAULTS = {
    "metal_control_plane_stage_name": "test",
    "metal_control_plane_namespace": "metal-control-plane",
    "metal_control_plane_image_pull_policy": "IfNotPresent",
}
# Which images each role takes of a release.
IMAGES = (
    "nsq", "metal_db", "ipam_db", "masterdata_db", "zitadel_db", "valkey", "headscale", "headscale_db", "metal_api",
)  # fmt: skip


def workload(kind: str, name: str, image: str, environment: str = "") -> str:
    """A StatefulSet or a Deployment as a template."""
    return f"""{_until_containers(kind, name)}
        - name: {name}
          image: "{{{{ {image}_image_name }}}}:{{{{ {image}_image_tag }}}}"
          env: [{environment}]
"""


def _until_containers(kind: str, name: str) -> str:
    service = f"\n  serviceName: {name}" if kind == "StatefulSet" else ""
    return f"""---
apiVersion: apps/v1
kind: {kind}
metadata:
  name: {name}
  labels: {{app: {name}}}
spec:
  replicas: 1{service}
  selector:
    matchLabels: {{app: {name}}}
  template:
    metadata:
      labels: {{app: {name}}}
    spec:
      containers:"""


PROVIDER = {
    "bucketName": "s3_bucket_name", "region": "s3_region", "endpoint": "s3_endpoint", "accessKey": "s3_access_key",
    "secretKey": "s3_secret_key", "trustedCaCert": "s3_trusted_ca_cert",
}  # fmt: skip
# How each engine is started, and what its sidecar is told of it.
STARTED = {
    "postgres": ("/data/postgres/", "docker-entrypoint.sh postgres", ""),
    "rethinkdb": ("/data/rethinkdb/", "rethinkdb --bind all", ""),
    "valkey": ("/data/", "valkey-server", "redis-addr: localhost:6379"),
}
# The variable of the days that backups stay has another name there.
DAYS = {"valkey": "s3_object_days_max_keep"}


def database(name: str, variables: str, engine: str, prefix: str, **passwords: str) -> str:
    """A database with its sidecar, their configuration and its passwords, as the roles of the engines make them.

    passwords: what its own Secret has. There is no init container, which would bring the sidecar's program.
    """
    directory, command, more = STARTED[engine]
    config = f"backup-restore-sidecar-config-{'' if engine == 'postgres' else f'{engine}-'}{name}"
    provider = f"backup-restore-sidecar-backup-provider-config-{name}"
    sidecar = f"{variables}_backup_restore_sidecar"
    image = f"{{{{ {variables}_image_name }}}}:{{{{ {variables}_image_tag }}}}"
    own, account = "[]", ""
    if engine == "postgres":
        passwords |= {"POSTGRES_DB": name.removesuffix("-db"), "POSTGRES_USER": "postgres", "POSTGRES_DATA": directory}
        own = "".join(_reference("PGDATA" if key == "POSTGRES_DATA" else key, name, key) for key in passwords)
        for key in ("POSTGRES_PASSWORD", "POSTGRES_USER"):
            account += _reference(f"BACKUP_RESTORE_SIDECAR_{key}", name, key)
    storage = {key: f"{sidecar}_{option}" for key, option in PROVIDER.items()}
    references = {
        key: _reference(f"BACKUP_RESTORE_SIDECAR_{option.upper()}", provider, key) for key, option in PROVIDER.items()
    }
    authority = f"{{% if {storage['trustedCaCert']} | default('') %}}"
    env = "".join(one for key, one in references.items() if key != "trustedCaCert")
    data = "".join(f"  {key}: {{{{ {one} | b64encode }}}}\n" for key, one in storage.items() if key != "trustedCaCert")
    return f"""{_until_containers("StatefulSet", name)}
        - name: {engine}
          image: "{image}"
          command: [backup-restore-sidecar, wait]
          env: {own}
          volumeMounts:
            - {{name: {name}, mountPath: /data}}
            - {{name: backup-restore-sidecar-config, mountPath: /etc/backup-restore-sidecar}}
        - name: backup-restore-sidecar
          image: "{image}"
          command: [backup-restore-sidecar, start]
          env:{account}
{{% if {sidecar}_provider == "s3" %}}{env}
{authority}{references["trustedCaCert"]}
{{% endif %}}
{{% endif %}}
          volumeMounts:
            - {{name: {name}, mountPath: /data}}
            - {{name: backup, mountPath: /backup}}
            - {{name: backup-restore-sidecar-config, mountPath: /etc/backup-restore-sidecar}}
      volumes:
        - name: backup-restore-sidecar-config
          configMap: {{name: {config}}}
  volumeClaimTemplates:
    - metadata: {{name: {name}}}
      spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
    - metadata: {{name: backup}}
      spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: 1Gi}}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: {config}}}
data:
  config.yaml: |
    db: {engine}
    db-data-directory: {directory}
    backup-provider: {{{{ {sidecar}_provider }}}}
    backup-cron-schedule: "{{{{ {sidecar}_backup_cron_schedule }}}}"
    object-prefix: {prefix}
    compression-method: targz
    object-max-keep: {{{{ {sidecar}_object_max_keep }}}}
    object-days-max-keep: {{{{ {sidecar}_{DAYS.get(engine, "object_days_max_keep")} }}}}
    post-exec-cmds: [{command}]
    {more}
{secret(name, **passwords) if passwords else ""}---
apiVersion: v1
kind: Secret
metadata: {{name: {provider}}}
data:
{{% if {sidecar}_provider == "s3" %}}
{data}{authority}
  trustedCaCert: {{{{ {storage["trustedCaCert"]} | b64encode }}}}
{{% endif %}}
{{% endif %}}
"""


def _reference(variable: str, secret: str, key: str) -> str:
    """A variable of the environment that a Secret has."""
    return f"""
            - name: {variable}
              valueFrom: {{secretKeyRef: {{name: {secret}, key: {key}}}}}"""


def secret(name: str, **data: str) -> str:
    held = "".join(f'  {key}: "{value}"\n' for key, value in data.items())
    return f"---\napiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\nstringData:\n{held}"


def _own_prefix(variables: str) -> str:
    return f"{{{{ {variables}_backup_restore_sidecar_object_prefix }}}}"


def _postgres(name: str, variables: str) -> str:
    return database(
        name, variables, "postgres", _own_prefix(variables), POSTGRES_PASSWORD=f"{{{{ {variables}_password }}}}"
    )


_HEADSCALE_DB = _postgres("headscale-db", "headscale_db")
for _kept in ("object_max_keep", "object_days_max_keep"):
    # Its role hands no retention on, so that what the role of the engine says counts.
    _HEADSCALE_DB = _HEADSCALE_DB.replace(f"headscale_db_backup_restore_sidecar_{_kept}", f"postgres_{_kept}")
    _HEADSCALE_DB = _HEADSCALE_DB.replace(f"postgres_{_kept}", f"postgres_backup_restore_sidecar_{_kept}")
TEMPLATES: dict[str, str] = {
    "nsq": workload("StatefulSet", "nsqd", "nsq", '{name: LEVEL, value: "{{ nsq_log_level }}"}')
    + workload("Deployment", "nsq-lookupd", "nsq")
    + secret("nsqd", **{"client.pem": "{{ nsq_certs_client_cert | b64encode }}", "tls": "{{ nsq_tls_enabled }}"}),
    "metal-db": database(
        "metal-db",
        "metal_db",
        "rethinkdb",
        "rethinkdb-{{ metal_control_plane_stage_name }}",
        **{"rethinkdb-password": "{{ metal_db_password }}"},
    ),
    **{
        name: _postgres(name, variables)
        for name, variables in (
            ("ipam-db", "ipam_db"),
            ("masterdata-db", "masterdata_db"),
            ("zitadel-db", "zitadel_db"),
        )
    },
    "valkey": database("valkey", "valkey", "valkey", "valkey-{{ metal_control_plane_stage_name }}"),
    "headscale": _HEADSCALE_DB
    + workload("Deployment", "headscale", "headscale")
    + secret("headscale", **{"noise_private.key": "{{ headscale_noise_private_key }}"})
    + secret("headscale-api-key", key="made by headscale"),
    "zitadel": workload("Deployment", "zitadel", "zitadel_db", '{name: KEY, value: "{{ zitadel_master_key }}"}')
    + secret("zitadel-client-credentials", client_id="id", client_secret="made by zitadel"),
    "metal": "".join(
        workload("Deployment", name, "metal_api", '{name: KEY, value: "{{ metal_api_view_key }}"}')
        for name in ("ipam", "masterdata-api", "metal-api", "tenant-apiserver", "metal-apiserver")
    )
    + secret(
        "masterdata-api-tls",
        ca="{{ metal_masterdata_api_tls_ca | b64encode }}",
        cert="{{ metal_masterdata_api_tls_cert | b64encode }}",
        session="{{ metal_apiserver_session_secret }}",
        db="{{ metal_api_db_password }}",
        oidc="{{ lookup('k8s', api_version='v1', namespace=metal_control_plane_namespace, kind='Secret',"
        " resource_name='zitadel-client-credentials').data.client_id | b64decode }}",
    ),
}
OWN_DEFAULTS: dict[str, dict[str, Any]] = {"nsq": {"nsq_log_level": "info", "nsq_tls_enabled": False}}


class Upstream:
    """A directory with the roles, which a test may change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        common = path / "ansible-common"
        self.write(common / "meta/main.yml", "dependencies: []\n")
        self.write(common / "action_plugins/setup_yaml.py", SETUP_YAML)
        self.write(common / "library/setup_yaml.py", "")
        self.write(common / "action_plugins/k8s_objects.py", OBJECTS)
        self.write(common / "library/k8s_objects.py", "")
        self.write(path / "metal-roles/meta/main.yml", "dependencies: []\n")
        mapping = {
            f"{image}_image_{part}": f"docker-images.{image}.{part}" for image in IMAGES for part in ("name", "tag")
        }
        release = {"metal_registry_auth_enabled": False, "metal_stack_release": {"mapping": mapping}}
        self.write(path / "metal-roles/common/roles/defaults/defaults/main.yaml", json.dumps(release))
        self.write(path / f"{ROLES}/defaults/defaults/main.yaml", json.dumps(DEFAULTS))
        self.role("prepare", [], "")
        for name, template in TEMPLATES.items():
            self.role(name, [], template, OWN_DEFAULTS.get(name, {}))

    def role(
        self, name: str, more: list[dict[str, Any]], template: str, defaults: dict[str, Any] | None = None
    ) -> None:
        directory = self.path / ROLES / name
        needed = ["ansible-common", "metal-roles/common/roles/defaults", f"{ROLES}/defaults"]
        self.write(directory / "meta/main.yaml", json.dumps({"dependencies": [{"role": one} for one in needed]}))
        self.write(directory / "defaults/main.yaml", json.dumps(defaults or {}))
        tasks: list[dict[str, Any]] = [{"name": "Gather release versions", "setup_yaml": None}, *more]
        if template:
            definition = f"{{{{ lookup('template', '{name}.yaml') }}}}"
            apply = {"definition": definition, "namespace": "{{ metal_control_plane_namespace }}"}
            tasks.append({"name": f"Deploy {name}", "k8s_objects": apply})
            self.write(directory / f"templates/{name}.yaml", template)
        self.write(directory / "tasks/main.yaml", json.dumps(tasks))

    def template(self, name: str) -> str:
        """The text of a role's template."""
        return (self.path / ROLES / f"{name}/templates/{name}.yaml").read_text()

    def release(self, path: Path, tag: str = "v1.0.0") -> Path:
        """A release vector for these roles."""
        images = {image: {"name": f"registry.example/{image}", "tag": tag} for image in IMAGES}
        roles = {name: {"repository": "local", "version": "v0.32.0"} for name in ("metal-roles", "ansible-common")}
        self.write(path, json.dumps({"ansible-roles": roles, "docker-images": images}))
        return path

    @staticmethod
    def write(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
