# Every target is safe to repeat. What is downloaded or built is kept in $METALSTACK_CACHE
# (default ~/.cache/metalstack-autonomous); nothing else outside this directory survives `make down`.
SHELL := /bin/bash -o pipefail
.DEFAULT_GOAL := help

COLLECTION := .ansible/collections/ansible_collections/metalstack/autonomous
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONDONTWRITEBYTECODE := 1
LAB := python -m lab
RUN := python tests/run
PYTEST := python -m pytest --quiet --capture=no
# A new site has to say so where it has an object storage, lest an old one be forgotten.
FRESH := $(if $(findstring storage,$(LAB_HOSTS)),-e site_recovery=fresh)
BOOTSTRAP := $(LAB) exec -- ansible-playbook -i inventories/lab playbooks/bootstrap.yml $(FRESH)
STATUS := $(LAB) exec -- ansible-playbook -i inventories/lab playbooks/status.yml

.PHONY: help venv link lab bootstrap status test check drill bench pin scenarios lock down clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

bootstrap: venv link ## build the lab and run the production bootstrap.yml on its three servers
	$(LAB) up
	ANSIBLE_STDOUT_CALLBACK=metalstack.autonomous.phases $(BOOTSTRAP)
	$(LAB) status
	$(STATUS)

test: venv link ## checks, integration, contract and one three-server lab run with the short drills
	$(RUN) test

check: venv link ## lint, types, sanity, unit tests; needs no network once the caches are there
	$(RUN) check

# Drills wait for the alerts about what they do, unless LAB_MONITORED=0; tests/run/suites.py has the same for all of them.
ifdef SCENARIO
export LAB_MONITORED ?= 1
endif

drill: venv link ## every drill, the long ones included; SCENARIO=N6 that of one failure scenario
ifdef SCENARIO
	$(LAB) up --fresh
	$(BOOTSTRAP)
	$(PYTEST) tests/drills --scenario $(SCENARIO)
else
	$(RUN) drill
endif

bench: venv link ## measure bootstrap, no-op run, fail-over, backup, gate, restores, replacement, zones, monitoring
	$(RUN) bench

pin: venv link ## fill in checksums of artifacts.yml that are not known yet; needs the network
	python tools/pin.py

scenarios: venv ## write docs/failure-scenarios out of the drills and what they measured last
	python tools/scenarios.py --measured

lab: venv link ## bring the hosts of the lab up, without a cluster
	$(LAB) up

status: venv link ## hosts of the lab and state of the cluster
	$(LAB) status
	$(STATUS)

down: venv ## stop the lab and remove everything of it except the cache
	$(LAB) down

clean: down ## also remove what was made in this directory
	rm -rf .ansible .venv tests/output .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: venv ## write the versions in use to constraints.txt, after a change of the requirements
	pip freeze --exclude ansible --exclude ansible-core > constraints.txt

venv: ## the Python environment, linked as .venv
	@python3 tools/environment.py > /dev/null

link: ## the path below which Ansible finds this directory as a collection
	@mkdir -p $(dir $(COLLECTION))
	@ln -sfnT ../../../.. $(COLLECTION)
