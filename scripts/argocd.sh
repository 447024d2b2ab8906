#!/usr/bin/env bash
# Argo CD as plain processes against a running control plane (cluster.sh): its
# application controller, its repository server and its API server with a redis,
# each with the account, the roles and the settings that an installation in
# namespace argocd gives it. Nobody has to log in to its API server.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"
# shellcheck source=scripts/lib-process.sh
. "$HERE/lib-process.sh"

usage() {
  cat >&2 <<'USAGE'
usage: scripts/argocd.sh COMMAND DIR

  start DIR --cluster CLUSTER [--owner PID]
                           starts it against the control plane in the folder CLUSTER, with its own
                           data and logs in DIR, and writes DIR/env; with --owner it is stopped
                           when PID is gone. What it installs in the cluster stays there
  stop DIR                 ends it, and removes all but the logs
  status DIR               says what runs; succeeds when all of it does

Its command, against this server:  . DIR/env; "$TABLEWRIGHT_TEST_ARGOCD" app list --server "$TABLEWRIGHT_TEST_ARGOCD_SERVER" --plaintext
USAGE
  exit 2
}

START_TIMEOUT=120
KIND=argocd
SERVERS=(argocd-application-controller argocd-server argocd-repo-server redis)
ACCOUNTS=(argocd-application-controller argocd-server argocd-repo-server)

# ---------------------------------------------------------------- what an installation has

kubectl() { "$ASSETS/kubectl" --kubeconfig="$CLUSTER/kubeconfig-admin" --cache-dir="$DIR/kubectl-cache" --request-timeout=20s "$@"; }

# Server-side: its definitions are too long for the annotation of the other way.
install() {
  local tries
  kubectl create namespace argocd --dry-run=client -o yaml | kubectl apply --server-side -f - || return
  kubectl apply --server-side -f "$HOME_OF_ARGOCD/manifests/crds" || return
  # It does not wait for one that has no status at all yet.
  for ((tries = 0; tries < 50; tries++)); do
    if kubectl wait --for=condition=Established crd/applications.argoproj.io crd/appprojects.argoproj.io --timeout=60s; then break; fi
    pause 0.2
  done
  # Settings that somebody has added to these stay: each field has its owner.
  kubectl apply --server-side -n argocd -f "$HOME_OF_ARGOCD/manifests/config" -f "$HOME_OF_ARGOCD/manifests/rbac"
}

# write_account NAME: the kubeconfig of a service account of namespace argocd. What Argo CD takes for its own namespace
# is that of the context.
write_account() {
  local token
  token=$(kubectl -n argocd create token "$1" --duration=24h) || return
  cat >"$DIR/kubeconfig-$1" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: tablewright
    cluster:
      server: $TABLEWRIGHT_TEST_APISERVER_URL
      certificate-authority: $TABLEWRIGHT_TEST_APISERVER_CA
users:
  - name: $1
    user:
      token: $token
contexts:
  - name: argocd
    context: {cluster: tablewright, user: $1, namespace: argocd}
current-context: argocd
YAML
}

write_accounts() {
  local account
  for account in "${ACCOUNTS[@]}"; do write_account "$account" || return; done
}

# ---------------------------------------------------------------- the four servers

# What lib-process.sh looks for in a process before it ends it.
argument_of() {
  case $1 in
    watchdog) printf '%s\n' "$DIR" ;;
    redis) printf '%s\n' "$DIR/redis" ;;
    # A link in our folder to the one program: it plays the part that its name says.
    *) printf '%s\n' "$DIR/bin/$1" ;;
  esac
}

# It would otherwise write over its arguments, by which it is known.
launch_redis() {
  detach redis "$REDIS" --bind 127.0.0.1 --port "$REDIS_PORT" --dir "$DIR/redis" --save "" --appendonly no --set-proc-title no
}

# launch PART ARGUMENT...: nothing of the caller's own home is read or written.
launch() {
  local part=$1
  shift
  detach "$part" env HOME="$DIR/home" XDG_CONFIG_HOME="$DIR/home" TMPDIR="$DIR/tmp" PATH="$HOME_OF_ARGOCD/bin:$PATH" \
    KUBECONFIG="$DIR/kubeconfig-$part" ARGOCD_FAKE_IN_CLUSTER=true \
    ARGOCD_TLS_DATA_PATH="$DIR/tls" ARGOCD_SSH_DATA_PATH="$DIR/ssh" ARGOCD_GPG_ENABLED=false ARGOCD_GPG_DATA_PATH="$DIR/gpg" \
    ARGOCD_GNUPGHOME="$DIR/gnupg" ARGOCD_PLUGINSOCKFILEPATH="$DIR/plugins" \
    GIT_CONFIG_NOSYSTEM=1 "$DIR/bin/$part" "$@"
}

launch_repo_server() {
  launch argocd-repo-server --disable-tls --client-ca-path "" --address 127.0.0.1 --port "$REPO_PORT" \
    --metrics-address 127.0.0.1 --metrics-port "$REPO_METRICS_PORT" --redis "127.0.0.1:$REDIS_PORT"
}

launch_server() {
  launch argocd-server --disable-auth --insecure --address 127.0.0.1 --port "$SERVER_PORT" \
    --metrics-address 127.0.0.1 --metrics-port "$SERVER_METRICS_PORT" --redis "127.0.0.1:$REDIS_PORT" \
    --repo-server "127.0.0.1:$REPO_PORT" --repo-server-plaintext
}

# Its metrics are served on all addresses: there is no flag for another.
launch_application_controller() {
  launch argocd-application-controller --metrics-port "$CONTROLLER_METRICS_PORT" --redis "127.0.0.1:$REDIS_PORT" \
    --repo-server "127.0.0.1:$REPO_PORT" --repo-server-plaintext
}

# ---------------------------------------------------------------- answering

redis_answers() { port_answers "$REDIS_PORT"; }
healthy() { [[ $(http_get "$1" /healthz) == HTTP/*" 200 "* ]]; }
repo_server_answers() { port_answers "$REPO_PORT" && healthy "$REPO_METRICS_PORT"; }
server_answers() { healthy "$SERVER_PORT"; }
controller_answers() { healthy "$CONTROLLER_METRICS_PORT"; }

# ---------------------------------------------------------------- env

write_argocd_env() {
  write_env \
    TABLEWRIGHT_TEST_ARGOCD "$HOME_OF_ARGOCD/bin/argocd" \
    TABLEWRIGHT_TEST_ARGOCD_SERVER "127.0.0.1:$SERVER_PORT" \
    TABLEWRIGHT_TEST_ARGOCD_HOME "$DIR/home" \
    REDIS_PORT "$REDIS_PORT" REPO_PORT "$REPO_PORT" REPO_METRICS_PORT "$REPO_METRICS_PORT" \
    SERVER_PORT "$SERVER_PORT" CONTROLLER_METRICS_PORT "$CONTROLLER_METRICS_PORT"
}

read_argocd_env() {
  [[ -r $DIR/env ]] || die "no Argo CD runs in $DIR." "" "hint: start one with: $0 start $DIR --cluster CLUSTER"
  # shellcheck disable=SC1091 # written above
  . "$DIR/env"
}

# ---------------------------------------------------------------- commands

remove_data() {
  # A clone's packs are read-only files in folders that may be read-only too.
  chmod -R u+w "$DIR/tmp" 2>/dev/null || true
  rm -rf -- "${DIR:?}/bin" "${DIR:?}/home" "$DIR/tmp" "$DIR/redis" "$DIR/tls" "$DIR/ssh" "$DIR/gpg" "$DIR/gnupg" "$DIR/plugins" \
    "$DIR/kubectl-cache" "$DIR/env" "$DIR"/kubeconfig-*
}

start() {
  local part
  CLUSTER=
  while (($#)); do
    case $1 in
      --cluster) CLUSTER=$(cd "${2:?--cluster wants the folder of a control plane}" && pwd) && shift ;;
      --owner) set_owner "${2:?--owner wants a process id}" && shift ;;
      *) usage ;;
    esac
    shift
  done
  [[ -n $CLUSTER ]] || usage
  need git "apt-get install git"
  refuse_second_start
  [[ -r $CLUSTER/env ]] || die "no control plane runs in $CLUSTER." "" "hint: start one with: $HERE/cluster.sh start $CLUSTER"
  # shellcheck disable=SC1091 # cluster.sh's
  . "$CLUSTER/env"
  ASSETS=$KUBEBUILDER_ASSETS
  REDIS=$("$HERE/get-redis.sh")
  HOME_OF_ARGOCD=$("$HERE/get-argocd.sh")
  begin_start
  mkdir "$DIR/bin" "$DIR/home" "$DIR/tmp" "$DIR/redis" "$DIR/tls" "$DIR/ssh" "$DIR/gpg" "$DIR/gnupg" "$DIR/plugins"
  for part in "${ACCOUNTS[@]}"; do ln -s "$HOME_OF_ARGOCD/bin/argocd" "$DIR/bin/$part"; done
  : >"$DIR/ssh/ssh_known_hosts"
  install >"$DIR/install.log" 2>&1 || {
    show_log install
    die "Argo CD could not be installed in the cluster."
  }
  write_accounts || die "Argo CD's accounts have no tokens."
  launch_anywhere redis REDIS_PORT launch_redis
  settle redis REDIS_PORT launch_redis redis_answers
  reserve_port && REPO_METRICS_PORT=$PORT
  reserve_port && SERVER_METRICS_PORT=$PORT
  launch_anywhere argocd-repo-server REPO_PORT launch_repo_server
  settle argocd-repo-server REPO_PORT launch_repo_server repo_server_answers
  launch_anywhere argocd-server SERVER_PORT launch_server
  settle argocd-server SERVER_PORT launch_server server_answers
  launch_anywhere argocd-application-controller CONTROLLER_METRICS_PORT launch_application_controller
  settle argocd-application-controller CONTROLLER_METRICS_PORT launch_application_controller controller_answers
  write_argocd_env
  finish_start
}

stop() { abandon; }

status() {
  read_argocd_env
  status_lines
}

status_lines() {
  local name status=0
  for name in redis argocd-repo-server argocd-server argocd-application-controller; do
    if is_running "$name"; then
      printf '%s: pid %s\n' "$name" "$(pid_of "$name")"
    else
      printf '%s: not running\n' "$name"
      status=1
    fi
  done
  if server_answers >/dev/null 2>&1; then
    printf 'http://127.0.0.1:%s is ready\n' "$SERVER_PORT"
  else
    printf 'http://127.0.0.1:%s is not ready\n' "$SERVER_PORT"
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
    stop | status)
      existing_folder "$dir"
      "$command"
      ;;
    *) usage ;;
  esac
}

main "$@"
