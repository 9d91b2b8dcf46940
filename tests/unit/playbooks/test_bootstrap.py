"""What bootstrap does before what: a restore counts on the order of its tasks."""

from __future__ import annotations

import jinja2
import pytest
import yaml
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import layout
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import probe
from jinja2.nativetypes import NativeEnvironment
from playbook_tasks import PLAYBOOKS, block, evaluated, holds, included, tasks

# Both may write a small object where backups are to go, and nothing on a host.
LOOKS = {"metalstack.autonomous.backup_check", "metalstack.autonomous.backup_storage_check"}


def test_what_would_be_refused_later_is_refused_before_anything_is_changed():
    named = list(tasks())
    assert named[0] == "tasks/check_beginning.yml"
    # Whoever restores may give the site's intent as a variable of the import: it is asked in one place.
    for task in included("tasks/check_beginning.yml"):
        assert LOOKS & task.keys(), f"{task['name']} is more than a look"


def test_what_add_node_has_refused_is_refused_again_once_it_has_the_site_for_itself():
    named = list(tasks())
    # Before anything is changed, and after tasks/hold.yml, which comes before all of the block.
    assert named.index("{{ __site_guard }}") == 1
    *looks, take_in = included("add_node.yml")
    guard = take_in["vars"]["__site_guard"]
    assert guard in {one.get("ansible.builtin.include_tasks") for play in looks for one in play.get("tasks", [])}
    *_look, refuse = included(guard)
    plan = {"__k3s_cluster_plan": {"live": ["server1"], "entering": ["server2", "server3"]}}
    asked = {"when": refuse["ansible.builtin.assert"]["that"]}
    assert holds(asked, **plan, __add_nodes=["server2", "server3"])
    assert not holds(asked, **plan, __add_nodes=["server2"])
    assert not holds(asked, __k3s_cluster_plan={"live": [], "entering": []}, __add_nodes=["server2"])


@pytest.mark.parametrize(("given", "host", "asks"), [({}, "server1", False), ({"__site_guard": "x"}, "server1", True),
                                                     ({"__site_guard": "x"}, "ns1", False)])  # fmt: skip
def test_bootstrap_itself_has_no_guard(given, host, asks):
    guard = tasks()["{{ __site_guard }}"]
    assert holds(guard, inventory_hostname=host, cluster_hosts=["server1"], **given) is asks


def test_the_check_is_asked_what_the_restore_will_be():
    check = included("tasks/check_beginning.yml")[1]["metalstack.autonomous.backup_check"]
    (decide,) = [one for one in included("tasks/recover.yml") if one["name"] == "Decide what the site begins with"]
    wanted = decide["metalstack.autonomous.backup_info"]
    for option in ("intent", "set", "lineage", "level"):
        assert check[option] == wanted[option]
    assert {"password", "token", "version", "storage", "set_components", "interval"} <= check.keys()


def test_time_and_names_are_there_before_kubernetes_is_restored():
    named = list(tasks())
    kubernetes = named.index("tasks/recover_kubernetes.yml")
    for earlier in ("tasks/recover.yml", "Close the hosts", "Keep the time", "Serve the names", "Resolve names"):
        assert named.index(earlier) < kubernetes
    assert kubernetes < named.index("Found the cluster")
    modules = {name for one in included("tasks/recover_kubernetes.yml") for name in one}
    assert "metalstack.autonomous.backup_set" in modules


def test_nothing_but_the_api_starts_before_what_acts_is_held():
    restore, look, hold, again = included("tasks/recover_kubernetes.yml")
    assert "metalstack.autonomous.backup_set" in restore
    assert look["ansible.builtin.stat"]["path"] == layout.QUIET_FILE
    assert hold["ansible.builtin.include_tasks"] == "hold_workloads.yml"
    # k3s is stopped then, which the plan has to know.
    assert again["ansible.builtin.include_role"]["tasks_from"] == "prepare"


@pytest.mark.parametrize(
    ("servers", "facts", "wanted"),
    [
        (["server1"], {"monitored": False}, {"Monitor", "Tell of the hosts"}),
        (["server1"], {"monitored": True}, {"Monitor", "Tell of the hosts"}),
        ([], {"monitored": True}, {"Monitor no more"}),
        ([], {"monitored": False}, set()),
        # Of a host that could not be asked nothing is taken.
        ([], {}, set()),
    ],
    ids=["new", "monitored", "switched off", "never monitored", "not asked"],
)
def test_monitoring_comes_and_goes_with_the_inventory(servers, facts, wanted):
    found = {one["name"]: one for one in tasks().values()}
    every = ("Monitor", "Tell of the hosts", "Monitor no more")
    variables = {"monitoring_servers": servers, "__site_facts": {"facts": facts}}
    assert {name for name in every if holds(found[name], **variables)} == wanted


def test_what_monitoring_is_found_by_goes_last():
    look, take = included("tasks/unmonitor.yml")
    roles = PLAYBOOKS.parent / "roles"
    wanted = {"victoria_metrics", "host_metrics"}
    taken = [one["ansible.builtin.include_role"]["name"].rpartition(".")[2] for one in take["block"]]
    assert set(taken) == wanted and taken[-1] == "host_metrics"
    removed = yaml.safe_load((roles / "host_metrics/tasks/absent.yml").read_text())[-1]["loop"]
    assert removed.rstrip().endswith("+ [__host_metrics_program] }}")
    # What is looked for here is what bootstrap is told by the facts of the host.
    assert tuple(look["loop"]) == probe.MONITORED
    assert holds(take, __site_monitored={"results": [{"stat": {"exists": False}}, {"stat": {"exists": True}}]})
    assert not holds(take, __site_monitored={"results": [{"stat": {"exists": False}}]})


@pytest.mark.parametrize(
    ("servers", "facts", "wanted"),
    [
        (["server1"], {"serves_page": False}, {"Serve the page of the site"}),
        (["server1"], {"serves_page": True}, {"Serve the page of the site"}),
        (["server2"], {"serves_page": True}, {"Serve it no more"}),
        (["server2"], {"serves_page": False}, set()),
        ([], {}, set()),
    ],
    ids=["new", "served", "served by another one", "never served", "not asked"],
)
def test_the_page_comes_and_goes_with_the_inventory(servers, facts, wanted):
    found = {one["name"]: one for one in tasks().values()}
    variables = {"page_servers": servers, "inventory_hostname": "server1", "__site_facts": {"facts": facts}}
    every = ("Serve the page of the site", "Serve it no more")
    assert {name for name in every if holds(found[name], **variables)} == wanted
    assert found["Serve it no more"]["vars"] == {"status_page_state": "absent"}


@pytest.mark.parametrize(
    ("servers", "facts", "mirrored", "check", "wanted"),
    [
        (["server1"], {"serves_images": False}, True, False, {"Keep", "Load"}),
        (["server1"], {"serves_images": False}, True, True, {"Keep"}),
        (["server1"], {"serves_images": True}, True, True, {"Keep", "Load"}),
        (["server1"], {"serves_images": True}, False, False, {"Keep"}),
        (["server2"], {"serves_images": True}, True, False, {"Keep no more"}),
        (["server2"], {"serves_images": False}, True, False, set()),
        ([], {}, True, False, set()),
    ],
)
def test_a_registry_comes_and_goes_with_the_inventory_and_has_what_the_mirror_has(
    servers, facts, mirrored, check, wanted
):
    found = {one["name"]: one for one in tasks().values()}
    every = {
        "Keep": "Keep the images of the site",
        "Load": "Load the images of the mirror",
        "Keep no more": "Keep them no more",
    }
    variables = {"registry_servers": servers, "inventory_hostname": "server1", "__site_facts": {"facts": facts}}
    variables |= {"mirror_is_there": mirrored, "ansible_check_mode": check}
    assert {name for name, task in every.items() if holds(found[task], **variables)} == wanted
    assert found["Keep them no more"]["vars"] == {"container_registry_state": "absent"}


def test_the_registry_is_there_before_the_cluster_that_takes_its_images_of_it():
    names = [one["name"] for one in tasks().values()]
    order = ["Serve the names", "Keep the images of the site", "Load the images of the mirror"]
    order += ["Have the nodes believe the registry", "Restore the cluster", "Found the cluster"]
    assert [name for name in names if name in order] == order


@pytest.mark.parametrize("name", ["tasks/take_off.yml", "tasks/second_site/give_up.yml"])
def test_a_host_that_leaves_issues_no_certificates_and_asks_for_none(name):
    role = {"name": "metalstack.autonomous.acme_ca"}
    found = {one["name"]: one for one in included(name)}
    for what, wanted in {"Issue no certificates": role, "Ask for none": {**role, "tasks_from": "certificates"}}.items():
        assert found[what]["ansible.builtin.include_role"] == wanted
        assert found[what]["vars"] == {"acme_ca_state": "absent"}
        assert holds(found[what], inventory_hostname="server1", all_hosts=["server2"])


@pytest.mark.parametrize("name", ["tasks/take_off.yml", "tasks/second_site/give_up.yml"])
def test_a_host_that_leaves_keeps_no_images(name):
    (task,) = [one for one in included(name) if one["name"] == "Keep no images"]
    assert task["ansible.builtin.include_role"] == {"name": "metalstack.autonomous.container_registry"}
    assert task["vars"] == {"container_registry_state": "absent"}
    assert holds(task, inventory_hostname="server1", all_hosts=["server2"])


@pytest.mark.parametrize(
    ("host", "facts", "wanted"),
    [
        ("server1", {"runs_jobs": False}, {"Run jobs of GitLab"}),
        ("server2", {"runs_jobs": True}, {"Run jobs no more"}),
        ("server2", {"runs_jobs": False}, set()),
        ("", {"runs_jobs": True}, {"Run jobs no more"}),
        ("", {}, set()),
    ],
)
def test_jobs_are_run_by_the_host_of_the_inventory_alone(host, facts, wanted):
    found = {one["name"]: one for one in tasks().values()}
    variables = {"runner_host": host, "inventory_hostname": "server1", "__site_facts": {"facts": facts}}
    every = ("Run jobs of GitLab", "Run jobs no more")
    assert {name for name in every if holds(found[name], **variables)} == wanted
    assert found["Run jobs no more"]["vars"] == {"gitlab_runner_state": "absent"}


@pytest.mark.parametrize("name", ["tasks/take_off.yml", "tasks/second_site/give_up.yml"])
def test_a_host_that_leaves_runs_no_jobs(name):
    (task,) = [one for one in included(name) if one["name"] == "Run no jobs of GitLab"]
    assert task["ansible.builtin.include_role"] == {"name": "metalstack.autonomous.gitlab_runner"}
    assert task["vars"] == {"gitlab_runner_state": "absent"}


@pytest.mark.parametrize("name", ["tasks/take_off.yml", "tasks/second_site/give_up.yml"])
def test_a_host_that_leaves_serves_no_page(name):
    (task,) = [one for one in included(name) if one["name"] == "Serve no page"]
    assert task["ansible.builtin.include_role"] == {"name": "metalstack.autonomous.status_page"}
    assert task["vars"] == {"status_page_state": "absent"}
    assert holds(task, inventory_hostname="server1", all_hosts=["server2"])


@pytest.mark.parametrize(("hosts", "goes"), [(["server1"], True), (["server1", "standby1"], False)])
def test_a_standby_that_was_a_server_tells_nothing_any_more(hosts, goes):
    """Its Watchdog would go on, and hide that nobody watches the site."""
    last = included("tasks/second_site/give_up.yml")[-1]
    assert last["ansible.builtin.include_tasks"] == "../unmonitor.yml"
    assert holds(last, inventory_hostname="standby1", all_hosts=hosts) is goes


def test_names_of_the_past_are_refused_before_they_are_served_and_not_before_a_restore_goes_on():
    """A host that takes part in a restore which was cut off has old data until it is told that it belongs to it."""
    named = list(tasks())
    refuse = named.index("tasks/refuse_old_names.yml")
    assert named.index("tasks/recover.yml") < refuse < named.index("Serve the names")


def test_a_host_is_asked_for_the_age_of_its_names_before_it_forgets_whose_data_it_has():
    named = [one["name"] for one in included("tasks/take_off.yml")]
    asked = named.index("See whether its names are of the past")
    assert asked < named.index("Back up no more") < named.index("Serve no names")


@pytest.mark.parametrize(("code", "aside"), [(0, False), (1, False), (3, True)])
def test_only_names_of_the_past_are_put_aside(code, aside):
    for name in ("tasks/take_off.yml", "tasks/second_site/give_up.yml"):
        (task,) = [one for one in included(name) if one["name"] == "Serve no names"]
        wanted = str(task["vars"]["powerdns_put_aside"]).removeprefix("{{ ").removesuffix(" }}").lower()
        found = jinja2.Environment().compile_expression(wanted)(__site_gate={"rc": code})
        # A standby that serves none gives up what the gate has refused already.
        assert found is (aside or name.endswith("give_up.yml"))


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [({}, ["gate"]), ({"__site_gated": "powerdns"}, ["gate", "--component=powerdns"])],
    ids=["k3s", "names"],
)
def test_a_program_of_before_is_asked_about_k3s_as_ever(variables, arguments):
    """A server that was away for long still has it, and the refusal of its data counts."""
    (task,) = included("tasks/ask_gate.yml")
    assert evaluated(task["ansible.builtin.command"]["argv"], **variables)[1:] == arguments


@pytest.mark.parametrize(
    ("ready", "code", "variables", "goes"),
    [
        pytest.param(False, 3, {}, True, id="the gate refuses its data"),
        pytest.param(False, 0, {}, False, id="they may be the newest that there are"),
        pytest.param(False, 0, {"__site_moved": True}, True, id="it serves names, and the site has moved just now"),
        pytest.param(True, 0, {"__site_moved": True}, False, id="its cluster lives"),
    ],
)
def test_a_standby_gives_up_data_of_which_it_is_known_that_the_site_lives_elsewhere(ready, code, variables, goes):
    (task,) = [one for one in included("tasks/second_site/give_up.yml") if one["name"] == "Refuse to touch a cluster"]
    found = {"k3s": {"api": {"ready": ready}, "datastore": "etcd"}}
    known = {"__standby_found": found, "__site_gate": {"rc": code}, **variables}
    assert holds({"when": task["ansible.builtin.assert"]["that"]}, **known) is goes


def test_only_who_moves_a_site_says_that_it_has_moved():
    """After the restore, which ends the run where it fails."""
    (last,) = [one for one in included("return_site.yml") if one["name"] == "Restore"]
    assert last["vars"]["__site_moved"] is True
    told = [path.name for path in PLAYBOOKS.rglob("*.yml") if "__site_moved: true" in path.read_text()]
    assert told == ["return_site.yml"]


@pytest.mark.parametrize(("servers", "forgets"), [([], True), (["server1"], False)], ids=["no more", "yet"])
def test_a_standby_forgets_whose_data_it_had_unless_it_has_their_zones(servers, forgets):
    (task,) = [one for one in included("tasks/second_site/give_up.yml") if one["name"] == "Forget whose data it had"]
    # Also where the run before was cut off after the data had gone aside.
    for datastore in ("etcd", "left"):
        found = {"__standby_found": {"k3s": {"datastore": datastore}}}
        assert holds(task, dns_servers=servers, inventory_hostname="server1", **found) is forgets


@pytest.mark.parametrize(
    ("check", "live", "does"),
    [(False, [], True), (True, [], False), (True, ["server1"], True)],
    ids=["they were started", "nobody was", "they lived before"],
)
def test_check_mode_asks_no_cluster_that_is_down_about_agents(check, live, does):
    agents = yaml.safe_load((PLAYBOOKS.parent / "roles/k3s_cluster/tasks/agents.yml").read_text())
    plan = {"entry": "server1", "live": live}
    variables = {"__k3s_cluster_plan": plan, "ansible_check_mode": check, "k3s_cluster_node_name": "server1"}
    assert holds(agents[0], **variables) is does


def test_a_node_of_a_host_that_takes_no_part_is_known_by_the_name_it_is_given():
    """One that is only away at the moment would be forgotten otherwise."""
    tasks_ = yaml.safe_load((PLAYBOOKS.parent / "roles/k3s_cluster/tasks/forget_gone.yml").read_text())
    rules = yaml.safe_load((PLAYBOOKS.parent / "roles/k3s_cluster/vars/main.yml").read_text())
    environment = NativeEnvironment()
    environment.filters.update(extract=lambda key, container: container[key], zip=zip)
    hostvars = {"server1": {}, "server2": {"k3s_cluster_node_name": "node2"}}
    listed = {"__k3s_cluster_listed": list(hostvars), "hostvars": hostvars}
    names = environment.from_string(rules["__k3s_cluster_names"]).render(listed)
    assert names == {"server1": "", "server2": "node2"}
    called = environment.from_string(tasks_[0]["vars"]["__k3s_cluster_called"]).render(__k3s_cluster_names=names)
    assert called == ["node2"]
    assert "__k3s_cluster_called" in tasks_[0]["metalstack.autonomous.k3s_stale_nodes"]["hosts"]


def test_nodes_that_are_no_more_go_before_the_restore_is_confirmed():
    """What confirms it ends the mark by which a run that was cut off knows that it has to be done."""
    named = list(tasks())
    forget = named.index("Forget nodes that were restored and that no host is any more")
    assert named.index("Run Kubernetes") < forget < named.index("Begin to back up")


def test_the_cluster_tells_its_generation_once_it_is_known_and_the_backup_holds_it():
    begins = [one["name"] for one in tasks()["Begin to back up"]["block"]]
    assert begins.index("Back up") < begins.index("Have the cluster tell its generation")
    named = [one["name"] for one in block()]
    assert named.index("Begin to back up") < named.index("Back up what has become of it")
