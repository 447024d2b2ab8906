#!/usr/bin/env bash
# Runs a command with the real servers that the tests want in its environment:
#
#   TABLEWRIGHT_MYSQL_HOME    bin/mysqld and bin/mysql (get-mysql.sh)
#   KUBEBUILDER_ASSETS        etcd, kube-apiserver and the rest (get-control-plane.sh)
#   TABLEWRIGHT_HELM          helm (get-helm.sh)
#   TABLEWRIGHT_FOREIGN_CRDS  kinds of other projects that the chart works with (get-foreign-crds.sh)
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

# For the tests of the charts; those of the engine do without.
for part in HELM FOREIGN_CRDS; do
  script=${part,,}
  if found=$("$HERE/get-${script//_/-}.sh"); then
    export "TABLEWRIGHT_$part=$found"
  elif [[ ${CI:-} == true ]]; then
    die "in CI the charts must be tested." "What is missing is said above."
  else
    say "Tests of the charts are skipped (see above)."
    unset "TABLEWRIGHT_$part"
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
