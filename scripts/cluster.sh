#!/usr/bin/env bash
# A Kubernetes control plane without nodes: etcd, kube-apiserver and the
# controllers that tests need (garbage collection, namespaces, aggregated roles,
# checking of admission policies). Nothing runs Pods.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"
# shellcheck source=scripts/lib-process.sh
. "$HERE/lib-process.sh"

usage() {
  cat >&2 <<'USAGE'
usage: scripts/cluster.sh COMMAND DIR

  start DIR [--owner PID]  starts a fresh control plane whose data and logs are in DIR, and writes
                           DIR/env, DIR/kubeconfig (admin) and DIR/kubeconfig-USER; with --owner it
                           is stopped when PID is gone
  stop DIR                 ends it, and removes all but the logs
  status DIR               says what runs; succeeds when all of it does
  kill-apiserver DIR       SIGKILL
  restart-apiserver DIR    same port, certificate and data

To use it from a shell:  set -a; . DIR/env; set +a
USAGE
  exit 2
}

START_TIMEOUT=90
KIND=cluster
SERVERS=(kube-controller-manager kube-apiserver etcd)

# ---------------------------------------------------------------- users

# file name|user name|groups: real users for tests of who may do what. Two of
# them are the accounts that Argo CD and the chart's controller have in a real
# cluster; RBAC is not told of any but admin, tests grant what they are about.
USERS='admin|admin|system:masters
dev|dev|
dba|dba|
stranger|stranger|
argocd|system:serviceaccount:argocd:argocd-application-controller|system:serviceaccounts,system:serviceaccounts:argocd
tablewright|system:serviceaccount:tablewright-system:tablewright|system:serviceaccounts,system:serviceaccounts:tablewright-system
controller-manager|system:kube-controller-manager|system:masters'

write_kubeconfig() {
  local file=$1 user=$2 token=$3
  cat >"$file" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: tablewright
    cluster:
      server: https://127.0.0.1:$APISERVER_PORT
      # Made by the API server at its first start.
      certificate-authority: $DIR/certs/apiserver.crt
users:
  - name: $user
    user:
      token: $token
contexts:
  - name: $user
    context: {cluster: tablewright, user: $user, namespace: default}
current-context: $user
YAML
}

write_tokens() {
  local file user groups
  while IFS='|' read -r file user groups; do
    # A group left empty would be a group named "".
    printf '%s,%s,%s%s\n' "$(random_word)" "$user" "$file" "${groups:+,\"$groups\"}"
  done <<<"$USERS" >"$DIR/tokens.csv"
}

write_kubeconfigs() {
  local token user file groups
  while IFS=, read -r token user file groups; do
    write_kubeconfig "$DIR/kubeconfig-$file" "$file" "$token"
  done <"$DIR/tokens.csv"
  cp "$DIR/kubeconfig-admin" "$DIR/kubeconfig"
}

# ---------------------------------------------------------------- the three servers

# What lib-process.sh looks for in a process before it ends it.
argument_of() {
  case $1 in
    watchdog) printf '%s\n' "$DIR" ;;
    etcd) printf -- '--data-dir=%s\n' "$DIR/etcd" ;;
    kube-apiserver) printf -- '--cert-dir=%s\n' "$DIR/certs" ;;
    kube-controller-manager) printf -- '--kubeconfig=%s\n' "$DIR/kubeconfig-controller-manager" ;;
  esac
}

# No fsync: unlike MySQL's, this database's durability is not what tests are about.
launch_etcd() {
  detach etcd "$ASSETS/etcd" --name=tablewright --data-dir="$DIR/etcd" --unsafe-no-fsync --log-level=warn \
    --listen-client-urls="http://127.0.0.1:$ETCD_PORT" --advertise-client-urls="http://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls=http://127.0.0.1:0
}

launch_apiserver() {
  detach kube-apiserver "$ASSETS/kube-apiserver" --cert-dir="$DIR/certs" \
    --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port="$APISERVER_PORT" --etcd-servers="http://127.0.0.1:$ETCD_PORT" \
    --authorization-mode=RBAC --token-auth-file="$DIR/tokens.csv" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$DIR/certs/service-accounts.key" --service-account-signing-key-file="$DIR/certs/service-accounts.key" \
    --service-cluster-ip-range=10.0.0.0/24 --disable-admission-plugins=ServiceAccount \
    --endpoint-reconciler-type=none --allow-privileged=true --profiling=false \
    --audit-policy-file="$DIR/audit-policy.yaml" --audit-log-path="$DIR/audit.log" --audit-log-mode=blocking
}

# Decisions only: what the admission policies say of them is in the log's annotations.
write_audit_policy() {
  cat >"$DIR/audit-policy.yaml" <<'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  verbs: [create, update, patch]
  resources:
  - {group: tablewright.dev, resources: [plans, plans/status, approvals]}
- level: None
YAML
}

launch_first_apiserver() {
  write_kubeconfigs
  launch_apiserver
}

# The token controller and the CA publisher make service accounts usable.
launch_controller_manager() {
  detach kube-controller-manager "$ASSETS/kube-controller-manager" --kubeconfig="$DIR/kubeconfig-controller-manager" \
    --controllers=garbage-collector-controller,namespace-controller,serviceaccount-controller,serviceaccount-token-controller,root-ca-certificate-publisher-controller,clusterrole-aggregation-controller,validatingadmissionpolicy-status-controller \
    --service-account-private-key-file="$DIR/certs/service-accounts.key" --root-ca-file="$DIR/certs/apiserver.crt" \
    --leader-elect=false --secure-port=0 --kube-api-qps=200 --kube-api-burst=400 --profiling=false
}

# ---------------------------------------------------------------- answering

admin() { "$ASSETS/kubectl" --kubeconfig="$DIR/kubeconfig-admin" --cache-dir="$DIR/kubectl-cache" --request-timeout=5s "$@"; }

etcd_answers() { [[ $(http_get "$ETCD_PORT" /health) == *'"health":"true"'* ]]; }

apiserver_answers() { admin get --raw /readyz; }

# The service account controller's first deed: the controllers run.
controllers_work() { admin get serviceaccount default --namespace=default; }

# ---------------------------------------------------------------- env

write_cluster_env() {
  write_env \
    KUBECONFIG "$DIR/kubeconfig" \
    KUBEBUILDER_ASSETS "$ASSETS" \
    TABLEWRIGHT_TEST_KUBECONFIG_DIR "$DIR" \
    TABLEWRIGHT_TEST_APISERVER_URL "https://127.0.0.1:$APISERVER_PORT" \
    TABLEWRIGHT_TEST_APISERVER_PORT "$APISERVER_PORT" \
    TABLEWRIGHT_TEST_APISERVER_CA "$DIR/certs/apiserver.crt" \
    TABLEWRIGHT_TEST_APISERVER_PID "$(pid_of kube-apiserver)" \
    TABLEWRIGHT_TEST_ETCD_PORT "$ETCD_PORT" \
    TABLEWRIGHT_TEST_ETCD_PID "$(pid_of etcd)" \
    TABLEWRIGHT_TEST_CONTROLLER_MANAGER_PID "$(pid_of kube-controller-manager)"
}

# The inverse: what `start` decided, for the other commands.
read_cluster_env() {
  [[ -r $DIR/env ]] || die "no control plane runs in $DIR." "" "hint: start one with: $0 start $DIR"
  # shellcheck disable=SC1091 # written above
  . "$DIR/env"
  ASSETS=$KUBEBUILDER_ASSETS
  APISERVER_PORT=$TABLEWRIGHT_TEST_APISERVER_PORT
  ETCD_PORT=$TABLEWRIGHT_TEST_ETCD_PORT
}

# ---------------------------------------------------------------- commands

remove_data() { rm -rf -- "$DIR/etcd" "$DIR/certs" "$DIR/kubectl-cache" "$DIR/tokens.csv" "$DIR/env" "$DIR"/kubeconfig* "$DIR"/audit*; }

start() {
  while (($#)); do
    case $1 in
      --owner) set_owner "${2:?--owner wants a process id}" && shift ;;
      *) usage ;;
    esac
    shift
  done
  need openssl "apt-get install openssl"
  refuse_second_start
  ASSETS=$("$HERE/get-control-plane.sh")
  begin_start
  mkdir "$DIR/certs"
  openssl genrsa -out "$DIR/certs/service-accounts.key" 2048 2>/dev/null
  write_tokens
  write_audit_policy
  launch_anywhere etcd ETCD_PORT launch_etcd
  settle etcd ETCD_PORT launch_etcd etcd_answers
  launch_anywhere kube-apiserver APISERVER_PORT launch_first_apiserver
  settle kube-apiserver APISERVER_PORT launch_first_apiserver apiserver_answers
  launch_controller_manager
  await kube-controller-manager controllers_work
  write_cluster_env
  finish_start
}

# Nothing in it is worth a graceful end: see also restart_apiserver.
stop() { abandon; }

# SIGKILL: the API server takes up to a minute over connections that are still
# open, and it keeps nothing that an abrupt end could lose.
restart_apiserver() {
  read_cluster_env
  kill_servers kube-apiserver
  launch_apiserver
  await kube-apiserver apiserver_answers
  write_cluster_env
}

status() {
  read_cluster_env
  status_lines
}

status_lines() {
  local name status=0
  for name in etcd kube-apiserver kube-controller-manager; do
    if is_running "$name"; then
      printf '%s: pid %s\n' "$name" "$(pid_of "$name")"
    else
      printf '%s: not running\n' "$name"
      status=1
    fi
  done
  if apiserver_answers >/dev/null 2>&1; then
    printf 'https://127.0.0.1:%s is ready\n' "$APISERVER_PORT"
  else
    printf 'https://127.0.0.1:%s is not ready\n' "$APISERVER_PORT"
    status=1
  fi
  return "$status"
}

main() {
  (($# >= 2)) || usage
  local command=$1 dir=$2
  case $command in
    start)
      open_folder "$dir"
      shift 2
      start "$@"
      ;;
    watch) watch "$dir" "$3" "$4" ;;
    stop | status | kill-apiserver | restart-apiserver)
      existing_folder "$dir"
      case $command in
        stop) stop ;;
        status) status ;;
        kill-apiserver) kill_server kube-apiserver ;;
        restart-apiserver) restart_apiserver ;;
      esac
      ;;
    *) usage ;;
  esac
}

main "$@"
