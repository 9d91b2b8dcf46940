"""What is deployed, and when."""

from __future__ import annotations

import base64
import json

from controllers import Controllers
from playing import NAMESPACE, RECORD, Stage, play


def test_a_second_run_changes_nothing_and_a_variable_deploys_one_component_alone(stage: Stage):
    first = play(stage)
    assert first.deployed() == ["prepare", "nsq"]
    assert stage.log("nsq").stat().st_mode & 0o777 == 0o600
    second = play(stage)
    assert second.changed == 0
    assert second.deployed() == []
    stage.variables = {"nsq_log_level": "debug"}
    third = play(stage, options=("--check", "--diff"))
    assert third.result()["nsq"]["reasons"] == ["variables: nsq_log_level"]
    assert "--- before: nsq" in third.output and "+because: variables: nsq_log_level" in third.output
    assert third.deployed() == ["nsq"]
    play(stage)
    found = stage.cluster.request(f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/nsqd")
    assert found["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "LEVEL", "value": "debug"}]


def test_check_mode_changes_nothing(stage: Stage):
    run = play(stage, options=("--check", "--diff"))
    assert run.deployed() == ["prepare", "nsq"]
    assert run.result()["nsq"]["reasons"] == ["it was never deployed"]
    assert stage.record() == {}
    assert stage.secret() == {}
    assert stage.cluster.find("/api/v1/namespaces/kube-system/configmaps/shoot-info") is None
    assert not stage.log("nsq").exists()


def test_what_never_becomes_healthy_is_told_and_deployed_again(stage: Stage, controllers: Controllers):
    controllers.holds = {"nsq-lookupd"}
    stage.more = {"timeout": 30}
    run = play(stage, fails=True)
    assert "nsq is not healthy after 30 s: Deployment nsq-lookupd: its controller has not seen it yet" in run.output
    assert stage.record()["nsq"]["unfinished"] is True
    controllers.holds = set()
    stage.more = {}
    again = play(stage)
    assert again.deployed() == ["nsq"]
    assert again.result()["nsq"]["reasons"] == ["its last deployment did not come to its end"]
    assert "unfinished" not in stage.record()["nsq"]


def test_a_role_that_fails_is_told_without_its_secrets(stage: Stage):
    task = {
        "name": "Break",
        "ansible.builtin.fail": {"msg": "no way with {{ nsq_users[0].password }} and {{ nsq_log_level }}"},
    }
    stage.upstream.role("nsq", [task], "", {})
    stage.variables = {"nsq_users": [{"password": "a-secret-of-ours"}], "nsq_log_level": "{{ '{{' }} literally }}"}
    run = play(stage, fails=True, options=("-vvv",))
    assert "task 'metal-roles/control-plane/roles/nsq : Break': no way with ******** and {{ literally }}" in run.output
    assert "a-secret-of-ours" not in run.output + stage.log("nsq").read_text()
    assert list(stage.log("nsq").parent.glob("work-*")) == []


def test_the_whole_order_is_deployed_with_what_each_needs(stage: Stage):
    stage.components = ()
    run = play(stage)
    order = ["prepare", "nsq", "metal-db", "ipam-db", "masterdata-db", "zitadel-db", "valkey", "headscale", "zitadel"]
    assert run.deployed() == [*order, "metal"]
    kept = {name: base64.b64decode(value).decode() for name, value in stage.secret().items()}
    held = {name: base64.b64decode(value).decode() for name, value in stage.secret("masterdata-api-tls").items()}
    assert held["oidc"] == "id"
    assert held["db"] == kept["metal_db_password"]
    assert held["session"] == kept["metal_apiserver_session_secret"]
    assert base64.b64decode(held["ca"]).decode() == kept["metal_masterdata_api_tls_ca"]
    config = stage.cluster.request(
        f"/api/v1/namespaces/{NAMESPACE}/configmaps/backup-restore-sidecar-config-headscale-db"
    )
    assert "object-prefix: headscale-db-initial\n" in config["data"]["config.yaml"]
    assert "object-days-max-keep: 14\n" in config["data"]["config.yaml"]
    for secret in kept.values():
        assert secret not in run.output
    assert play(stage).changed == 0


def test_a_sidecar_whose_configuration_has_changed_is_restarted_and_a_first_one_is_not(stage: Stage):
    def annotations() -> dict[str, str]:
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/ipam-db"
        return dict(stage.cluster.request(path)["spec"]["template"]["metadata"].get("annotations") or {})

    stage.components = ("prepare", "ipam-db")
    play(stage)
    assert annotations() == {}
    stage.variables = {"ipam_db_backup_restore_sidecar_backup_cron_schedule": "*/5 * * * *"}
    play(stage)
    assert set(annotations()) == {"metalstack.autonomous/sidecar-restarted"}
    assert play(stage).changed == 0


def test_a_release_that_helm_has_locked_is_told_with_what_to_do(stage: Stage):
    stage.components = ("prepare", "zitadel")
    play(stage)
    for revision, status in ((1, "superseded"), (2, "deployed"), (3, "pending-upgrade")):
        labels = {"owner": "helm", "name": "zitadel", "status": status, "version": str(revision)}
        made = {"metadata": {"name": f"sh.helm.release.v1.zitadel.v{revision}", "labels": labels}}
        stage.cluster.request(f"/api/v1/namespaces/{NAMESPACE}/secrets", "POST", made)
    assert play(stage).deployed() == []
    stage.more = {"redeploy": ["zitadel"]}
    found = play(stage, fails=True).output
    assert f"kubectl -n {NAMESPACE} delete secret sh.helm.release.v1.zitadel.v3" in found
    assert "zitadel.v2" not in found


def test_what_is_named_or_was_forgotten_is_deployed_again(stage: Stage):
    play(stage)
    # Half of an entry is none.
    data = {"data": {"nsq": json.dumps(stage.record()["nsq"])[:20]}}
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{RECORD}"
    stage.cluster.request(path, "PATCH", data, "application/merge-patch+json")
    stage.more = {"redeploy": ["prepare"]}
    found = play(stage).result()
    assert found["prepare"]["reasons"] == ["redeploy names it"]
    assert found["nsq"]["reasons"] == ["it was never deployed"]
