# What a person or CI does with this project; `make` lists it.
# The work itself is in scripts/, each of which says at its top what it does.

SHELL := bash
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tablewright
CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help servers build test conformance conformance-all argocd generated fuzz lint crds charts image-check bench tour clean-cache

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

servers: ## set up MySQL, MariaDB, a Kubernetes control plane and the tools of the tests in the cache, and say where they are
	@mysql=$$(scripts/get-mysql.sh) && echo "MySQL:          $$mysql"
	@mariadb=$$(scripts/get-mariadb.sh) && echo "MariaDB:        $$mariadb"
	@assets=$$(scripts/get-control-plane.sh) && echo "control plane:  $$assets"
	@helm=$$(scripts/get-helm.sh) && echo "helm:           $$helm"
	@crds=$$(scripts/get-foreign-crds.sh) && echo "foreign kinds:  $$crds"
	@promtool=$$(scripts/get-promtool.sh) && echo "promtool:       $$promtool"
	@galera=$$(scripts/get-galera.sh) && echo "Galera:         $$galera"
	@collector=$$(scripts/get-otel-collector.sh) && echo "OTel collector: $$collector"

build: ## build the optimised binary, target/release/tablewright
	$(CARGO) build --release

test: ## set up the servers where they are missing, then run all tests on them
	@scripts/with-servers.sh $(CARGO) test

conformance: ## run the conformance corpus beside the project, where it is, and say what is not exact yet
	@scripts/with-servers.sh $(CARGO) test --test it -- --ignored --nocapture conformance::

conformance-all: ## the same, and the corpus on MariaDB and the costs of each of its operations: a quarter of an hour
	@scripts/with-servers.sh $(CARGO) test --test it -- --ignored --nocapture conformance costs::

argocd: ## sync Tables with the real Argo CD, built once: minutes
	@scripts/get-argocd.sh >/dev/null && scripts/get-redis.sh >/dev/null
	@scripts/with-servers.sh $(CARGO) test --test it -- --ignored --nocapture argocd_sync::

generated: ## prove random edits of random tables, and of tables with rows: GENERATED_PAIRS (5,000), GENERATED_SEED, GENERATED_TESTS (generated_rows: those with rows only)
	@GENERATED_PAIRS=$${GENERATED_PAIRS:-5000} GENERATED_SEED=$${GENERATED_SEED:-$$(date +%s)} \
	 scripts/with-servers.sh $(CARGO) test --test it -- --nocapture $${GENERATED_TESTS:-generated}

fuzz: ## feed arbitrary bytes to the parser and the reader of manifests, ten minutes each
	scripts/fuzz.sh sql 600
	scripts/fuzz.sh manifest 600

lint: ## check formatting, clippy, the shell scripts and the dependencies' licences
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	@if command -v shellcheck >/dev/null; then echo shellcheck && shellcheck -x scripts/*.sh scripts/release/*.sh .ci/run; \
	 else echo "skipped: shellcheck is not installed (apt-get install shellcheck)"; fi
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny check licenses bans; \
	 else echo "skipped: cargo-deny is not installed (cargo install cargo-deny)"; fi

crds: ## write the custom resource definitions, made from src/api, to crds/ and their chart
	$(CARGO) run --quiet -- crds --output crds
	$(CARGO) run --quiet -- crds --output charts/tablewright-crds/templates

charts: ## check the charts with helm, and write the tables of values into their pages
	scripts/values-table.sh --write charts/tablewright
	@helm=$$(scripts/get-helm.sh) && $$helm lint --strict charts/tablewright charts/tablewright-crds

image-check: ## build the image without a container engine, on stand-ins for its base images, look at it, and start with it: minutes
	@scripts/with-servers.sh scripts/check-image.sh
	@TABLEWRIGHT_TEST_RUN_IMAGE=$(CURDIR)/scripts/run-image.sh scripts/with-servers.sh $(CARGO) test --test it -- getting_started

bench: ## measure it on real servers
	scripts/bench.sh

tour: ## see all of it once, on servers of its own
	$(CARGO) build
	scripts/tour.sh

clean-cache: ## remove the servers, templates and locks from the cache
	rm -rf -- "$(CACHE)"
