#!/usr/bin/env bash
# Runs a command with the real servers that the tests want in its environment:
#
#   TABLEWRIGHT_MYSQL_HOME    bin/mysqld and bin/mysql (get-mysql.sh)
#   KUBEBUILDER_ASSETS        etcd, kube-apiserver and the rest (get-control-plane.sh)
#   TABLEWRIGHT_HELM          helm (get-helm.sh)
#   TABLEWRIGHT_FOREIGN_CRDS  kinds of other projects that the chart works with (get-foreign-crds.sh)
#   TABLEWRIGHT_PROMTOOL      get-promtool.sh
#   TABLEWRIGHT_OTEL_COLLECTOR  get-otel-collector.sh
#   TABLEWRIGHT_GALERA        libgalera_smm.so (get-galera.sh)
#   TABLEWRIGHT_TEST_SERVERS  set when MySQL and the control plane are there: tests use them, and fail without
#   TABLEWRIGHT_TEST_PRIMARY_PORT and the rest of a running pair's env file (mysql-pair.sh), for the unit tests;
#                             the pair ends with the command
#
# Where they cannot be had it says so; then the tests that need them are skipped
# by name, except in CI (CI=true), where that is an error.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"

(($#)) || die "no command was given." "" "hint: scripts/with-servers.sh cargo test"

# For the tests of what is installed and watched; those of the engine do without.
for tool in helm foreign-crds promtool otel-collector galera; do
  name=${tool^^}
  name=TABLEWRIGHT_${name//-/_}
  if path=$("$HERE/get-$tool.sh"); then
    export "$name=$path"
  elif [[ ${CI:-} == true ]]; then
    die "in CI the tests must have $tool." "What is missing is said above."
  else
    say "$tool could not be set up (see above): tests that need it are skipped."
    unset "$name"
  fi
done

if TABLEWRIGHT_MYSQL_HOME=$("$HERE/get-mysql.sh") && KUBEBUILDER_ASSETS=$("$HERE/get-control-plane.sh"); then
  export TABLEWRIGHT_MYSQL_HOME KUBEBUILDER_ASSETS TABLEWRIGHT_TEST_SERVERS=1
  PAIR=$(mktemp -d "${TMPDIR:-/tmp}/tablewright-pair.XXXXXX")
  trap '"$HERE/mysql-pair.sh" stop "$PAIR" >/dev/null 2>&1; rm -rf -- "$PAIR"' EXIT
  "$HERE/mysql-pair.sh" start "$PAIR" --owner $$
  set -a
  # shellcheck disable=SC1091
  . "$PAIR/env"
  set +a
elif [[ ${CI:-} == true ]]; then
  die "in CI the tests must run on real servers." "What is missing is said above."
else
  say "The servers could not be set up (see above): tests that need them are skipped."
  unset TABLEWRIGHT_TEST_SERVERS
fi
"$@" {STDERR}>&- {NEVER}>&-
