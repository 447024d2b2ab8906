#!/usr/bin/env bash
# The main job, end to end, as a tour to watch: servers come up, the examples run through the controller, a plan waits, a
# DBA approves it, the DDL runs, the replica is proved, a dangerous change is refused.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$HERE")
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"

STAGE=$(mktemp -d "${TMPDIR:-/tmp}/tablewright-tour.XXXXXX")
CONTROLLER=
leave() {
  local code=$?
  if [ -n "$CONTROLLER" ] && kill -TERM "$CONTROLLER" 2>/dev/null; then wait "$CONTROLLER" || true; fi
  "$HERE/cluster.sh" stop "$STAGE/cluster" >/dev/null 2>&1 || true
  "$HERE/mysql-pair.sh" stop "$STAGE/pair" >/dev/null 2>&1 || true
  if [ "$code" = 0 ]; then rm -rf "$STAGE"; else printf '\nThe tour failed; its logs are in %s\n' "$STAGE" >&2; fi
}
trap leave EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
note() { printf '  %s\n' "$*"; }
show() { printf '  $ %s\n' "$*"; }

say "1. Servers: a MySQL primary with its GTID replica, and a Kubernetes control plane"
"$HERE/mysql-pair.sh" start "$STAGE/pair" --owner $$
"$HERE/cluster.sh" start "$STAGE/cluster" --owner $$
set -a
# shellcheck disable=SC1091
. "$STAGE/pair/env"
# shellcheck disable=SC1091
. "$STAGE/cluster/env"
set +a
export MYSQL_PWD=$TABLEWRIGHT_TEST_ROOT_PASSWORD
primary() { "$TABLEWRIGHT_TEST_MYSQL_HOME/bin/mysql" --no-defaults -h 127.0.0.1 -P "$TABLEWRIGHT_TEST_PRIMARY_PORT" -u root --default-character-set=utf8mb4 -N --raw "$@"; }
replica() { "$TABLEWRIGHT_TEST_MYSQL_HOME/bin/mysql" --no-defaults -h 127.0.0.1 -P "$TABLEWRIGHT_TEST_REPLICA_PORT" -u root --default-character-set=utf8mb4 -N --raw "$@"; }
as() { local user=$1; shift; "$KUBEBUILDER_ASSETS/kubectl" --kubeconfig "$STAGE/cluster/kubeconfig-$user" --cache-dir "$STAGE/kubectl" "$@"; }
note "primary on port $TABLEWRIGHT_TEST_PRIMARY_PORT, replica on port $TABLEWRIGHT_TEST_REPLICA_PORT, API server at $TABLEWRIGHT_TEST_APISERVER_URL"

say "2. The kinds, the roles, the admission policies; then the controller, under exactly its own roles"
BINARY=${TABLEWRIGHT_BINARY:-$ROOT/target/debug/tablewright}
as admin apply --server-side -f "$ROOT/crds" >/dev/null
# It does not wait for one that has no conditions at all yet.
for _ in {1..50}; do
  if as admin wait --for=condition=Established crd --all --timeout=60s >/dev/null 2>&1; then break; fi
  sleep 0.2
done
as admin create namespace tablewright-system >/dev/null
as admin apply --server-side -f "$ROOT/config/rbac" -f "$ROOT/config/admission" >/dev/null
"$BINARY" controller --kubeconfig "$STAGE/cluster/kubeconfig-tablewright" --listen 127.0.0.1:0 --lease-namespace tablewright-system >"$STAGE/controller.log" 2>&1 &
CONTROLLER=$!
note "controller: process $CONTROLLER, log $STAGE/controller.log"

# One namespace and one schema per example; `dev` commits Tables, `dba` approves.
prepare() {
  local namespace=$1 schema=$2
  as admin create namespace "$namespace" >/dev/null
  as admin apply -f - >/dev/null <<YAML
apiVersion: v1
kind: Secret
metadata: {name: mysql, namespace: $namespace}
stringData: {username: root, password: $TABLEWRIGHT_TEST_ROOT_PASSWORD}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dev, namespace: $namespace}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: tablewright-edit}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: dev}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dba, namespace: $namespace}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: tablewright-approver}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: dba}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: tablewright-secrets, namespace: $namespace}
rules: [{apiGroups: [""], resources: [secrets], resourceNames: [mysql], verbs: [get, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tablewright-secrets, namespace: $namespace}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: tablewright-secrets}
subjects: [{kind: ServiceAccount, name: tablewright, namespace: tablewright-system}]
---
apiVersion: tablewright.dev/v1alpha1
kind: Database
metadata: {name: blog, namespace: $namespace}
spec:
  schema: $schema
  primary: {host: 127.0.0.1, port: $TABLEWRIGHT_TEST_PRIMARY_PORT, credentials: {secretName: mysql}}
  replicas:
    - {name: failover, host: 127.0.0.1, port: $TABLEWRIGHT_TEST_REPLICA_PORT, role: Failover, required: true}
  execution: {settle: 200ms}
YAML
}

reason() { as admin -n "$1" get tables.tablewright.dev -o jsonpath='{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{" "}{.status.conditions[?(@.type=="Ready")].reason}{"\n"}{end}'; }
settled() { # namespace: waits until every Table is Ready, waits for approval, or is Stalled
  local deadline=$((SECONDS + 90)) text
  while ((SECONDS < deadline)); do
    text=$(reason "$1")
    if [ -n "$text" ] && ! printf '%s\n' "$text" | grep -vqE '^(True .*|False AwaitingApproval)$'; then return; fi
    if as admin -n "$1" get tables.tablewright.dev -o jsonpath='{.items[*].status.conditions[?(@.type=="Stalled")].status}' | grep -q True; then return; fi
    sleep 0.2
  done
  printf 'nothing settled within 90 s in namespace %s:\n' "$1" >&2
  as admin -n "$1" get tables.tablewright.dev,plans.tablewright.dev >&2
  exit 1
}

number=3
for example in "$ROOT"/migrations-examples/*/; do
  slug=$(basename "$example")
  namespace=example-$slug
  schema=example_${slug//-/_}
  say "$number. $slug: $(sed -n '1s/^# //p' "$example/README.md")"
  number=$((number + 1))
  primary -e "CREATE DATABASE $schema"
  [ ! -f "$example/live.sql" ] || primary "$schema" <"$example/live.sql"
  prepare "$namespace" "$schema"
  show "kubectl apply -f migrations-examples/$slug/desired.yaml        (as the developer)"
  if ! as dev -n "$namespace" apply -f "$example/desired.yaml" 2>"$STAGE/refused" >/dev/null; then
    note "the API server refuses it: $(cat "$STAGE/refused")"
    [ -f "$example/refused.txt" ] || exit 1
    continue
  fi
  settled "$namespace"
  for plan in $(as admin -n "$namespace" get plans.tablewright.dev -o jsonpath='{.items[?(@.status.phase=="Pending")].metadata.name}'); do
    as admin -n "$namespace" get plans.tablewright.dev "$plan" -o jsonpath='{range .spec.proposal.statements[*]}{"  | "}{.sql}{"\n"}{end}{"  risk: "}{.spec.proposal.risk}{"\n"}'
    note "waits for a person (by its risk, or because the table was live before its manifest). The developer may not:"
    show "kubectl tablewright approve $plan        (as the developer)"
    if "$BINARY" approve "$plan" -n "$namespace" --kubeconfig "$STAGE/cluster/kubeconfig-dev" >"$STAGE/denied" 2>&1; then
      echo "a developer approved a plan" >&2
      exit 1
    fi
    note "$(head -c 200 "$STAGE/denied" | head -n 1)"
    digest=$(as admin -n "$namespace" get plans.tablewright.dev "$plan" -o jsonpath='{.spec.proposal.digest}')
    show "kubectl tablewright approve $plan --digest $digest        (as the DBA)"
    "$BINARY" approve "$plan" -n "$namespace" --digest "$digest" --kubeconfig "$STAGE/cluster/kubeconfig-dba" --comment "seen in the tour" | sed 's/^/  /'
  done
  if [ -f "$example/refused.txt" ]; then
    as admin -n "$namespace" get tables.tablewright.dev -o jsonpath='{range .items[*]}{"  refused: "}{.status.conditions[?(@.type=="Stalled")].message}{"\n"}{end}'
    continue
  fi
  as admin -n "$namespace" wait --for=condition=Ready --timeout=90s tables.tablewright.dev --all >/dev/null
  as admin -n "$namespace" get plans.tablewright.dev -o jsonpath='{range .items[*].status.statements[*]}{"  ran as GTID "}{.gtid}{"\n"}{end}'
  for table in $(primary -e "SELECT table_name FROM information_schema.tables WHERE table_schema='$schema' ORDER BY 1"); do
    on_primary=$(primary "$schema" -e "SHOW CREATE TABLE \`$table\`")
    on_replica=$(replica "$schema" -e "SHOW CREATE TABLE \`$table\`")
    if [ "$on_primary" != "$on_replica" ]; then
      printf 'the replica differs in %s\n' "$table" >&2
      exit 1
    fi
    note "$table: Ready, and the replica shows the same definition"
  done
done

say "$number. Dropping an object never drops a table"
as dev -n example-01-create-table delete tables.tablewright.dev users >/dev/null
sleep 1
note "after kubectl delete: $(primary -e "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema='example_01_create_table' AND table_name='users'") table users on the primary"
say "That was the main job. What the controller logged: $STAGE/controller.log (removed now; keep it with TABLEWRIGHT_KEEP=1)."
if [ -n "${TABLEWRIGHT_KEEP:-}" ]; then cp "$STAGE/controller.log" ./tour-controller.log; fi
