#!/usr/bin/env bash
# One MariaDB server, a primary with a binary log, for tests and for trying things out.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"
# shellcheck source=scripts/lib-process.sh
. "$HERE/lib-process.sh"

usage() {
  cat >&2 <<'USAGE'
usage: scripts/mariadb.sh COMMAND DIR

  start DIR [--owner PID] [-- OPTION...]
                     starts a fresh server whose data, log and socket are in DIR, and writes
                     DIR/env; with --owner it is stopped when PID is gone; what follows --
                     is for mariadbd, e.g. --performance-schema=ON
  stop DIR           ends it; the data of a server with an owner is removed
  status DIR         says whether it runs; succeeds when it does

To use it from a shell:  set -a; . DIR/env; set +a
USAGE
  exit 2
}

# Fixed, for a server that listens on loopback only and holds nothing but tests' data.
ROOT_PASSWORD=root
START_TIMEOUT=60
KIND=mariadb
SERVERS=(mariadb)

# ---------------------------------------------------------------- the template of a data folder

# Raised when what is in the template changes.
TEMPLATE=1

mariadb_version() { "$HOME_OF_MARIADB/bin/mariadbd" --version | sed -E 's/.* Ver ([^ ]+) .*/\1/'; }

template_folder() { printf '%s/mariadb-data/%s-%s-t%s\n' "$(cache_root)" "$(mariadb_version)" "$(uname -m)" "$TEMPLATE"; }

# What mariadb-install-db would run, but for the accounts: root over the socket needs
# no password; over TCP (with --skip-name-resolve that is never 'localhost') it is
# root@'%'. The lines that name the host would make accounts without a password.
write_system_tables() {
  local share=$HOME_OF_MARIADB/share prefix=mysql
  # The names since 11.
  [[ -r $share/mysql_system_tables.sql ]] || prefix=mariadb
  {
    printf 'CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n'
    cat "$share/${prefix}_system_tables.sql" "$share/${prefix}_performance_tables.sql"
    grep -v '@current_hostname' "$share/${prefix}_system_tables_data.sql"
    cat "$share/maria_add_gis_sp_bootstrap.sql" "$share/${prefix}_sys_schema.sql"
    cat <<SQL
USE mysql;
DELETE FROM global_priv WHERE User IN ('', 'root') AND Host <> 'localhost';
DELETE FROM proxies_priv;
FLUSH PRIVILEGES;
CREATE USER 'root'@'%' IDENTIFIED BY '$ROOT_PASSWORD';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
SQL
  } >"$1"
}

make_template() {
  local folder=$1
  # Another run may have finished it while this one waited for the lock.
  [[ ! -d $folder ]] || return 0
  new_temp mariadb-data
  mkdir "$NEW_TEMP/data"
  write_system_tables "$NEW_TEMP/tables.sql"
  # shellcheck disable=SC2016 # the inner shell expands these
  run_logged "initialising MariaDB's data folder (once)" "$NEW_TEMP/log" \
    sh -c 'exec "$0" --no-defaults --bootstrap --datadir="$1/data" --innodb-log-file-size=32M <"$1/tables.sql"' \
    "$HOME_OF_MARIADB/bin/mariadbd" "$NEW_TEMP" ||
    die "MariaDB could not initialise a data folder in $(cache_root)." "" \
      "hint: where AppArmor confines an installed mariadbd, let it write there: aa-complain /usr/sbin/mariadbd"
  keep_temp "$NEW_TEMP/data" "$folder"
  rm -rf -- "$NEW_TEMP"
}

copy_template() {
  local folder
  folder=$(template_folder)
  [[ -d $folder ]] || with_lock mariadb-data "MariaDB's data folder" make_template "$folder"
  cp -a --sparse=always --reflink=auto "$folder" "$1"
}

# ---------------------------------------------------------------- certificates

# MariaDB makes none by itself before 11.4: an authority of this folder's own, and a
# certificate of it that names this machine.
make_certificates() {
  local tls=$DIR/tls
  need openssl "apt-get install openssl"
  mkdir "$tls"
  cat >"$tls/openssl.cnf" <<'CONFIG'
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
CONFIG
  {
    certificate "$tls" ca "tablewright test authority" -x509 -days 3650
    certificate "$tls" server localhost
    openssl x509 -req -in "$tls/server.pem" -CA "$tls/ca.pem" -CAkey "$tls/ca-key.pem" -set_serial 1 \
      -days 3650 -extfile "$tls/openssl.cnf" -extensions server -out "$tls/server-cert.pem"
  } >"$tls/log" 2>&1 || die "the server's certificate could not be made:" "$(tail -n 5 "$tls/log")"
}

# certificate FOLDER NAME SUBJECT OPTION...: a key and a request (with -x509: a certificate) for it.
certificate() {
  local tls=$1 name=$2 subject=$3
  shift 3
  openssl req -config "$tls/openssl.cnf" -extensions ca -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -subj "/CN=$subject" -keyout "$tls/$name-key.pem" -out "$tls/$name.pem" "$@"
}

# ---------------------------------------------------------------- the server

# What lib-process.sh looks for in a process before it ends it.
argument_of() {
  case $1 in
    watchdog) printf '%s\n' "$DIR" ;;
    *) printf -- '--datadir=%s\n' "$DIR/$1" ;;
  esac
}

# What is durable by default stays so, and what MariaDB has by default too (binlog_format
# MIXED, no performance_schema): tests shall meet what a real one has. Without an option
# file its character set would be latin1; distributions set this one.
launch_mariadb() {
  detach mariadb "$HOME_OF_MARIADB/bin/mariadbd" --no-defaults \
    --datadir="$DIR/mariadb" --port="$MARIADB_PORT" --socket="$SOCKETS/mariadb.sock" --pid-file="$DIR/run/mariadb.mariadbd.pid" \
    --bind-address=127.0.0.1 --skip-name-resolve --secure-file-priv="$DIR/run" \
    --server-id=1 --log-bin=bin --character-set-server=utf8mb4 \
    --ssl-ca="$DIR/tls/ca.pem" --ssl-cert="$DIR/tls/server-cert.pem" --ssl-key="$DIR/tls/server-key.pem" \
    --innodb-buffer-pool-size=128M --innodb-log-file-size=32M --max-connections=400 ${OPTIONS[@]+"${OPTIONS[@]}"}
}

mariadb_answers() {
  "$HOME_OF_MARIADB/bin/mariadb" --no-defaults -u root --socket="$SOCKETS/mariadb.sock" --connect-timeout=5 -e 'DO 0'
}

# ---------------------------------------------------------------- env

write_mariadb_env() {
  write_env \
    TABLEWRIGHT_TEST_MARIADB_HOME "$HOME_OF_MARIADB" \
    TABLEWRIGHT_TEST_ROOT_PASSWORD "$ROOT_PASSWORD" \
    TABLEWRIGHT_TEST_MARIADB_CA "$DIR/tls/ca.pem" \
    TABLEWRIGHT_TEST_MARIADB_HOST 127.0.0.1 \
    TABLEWRIGHT_TEST_MARIADB_PORT "$MARIADB_PORT" \
    TABLEWRIGHT_TEST_MARIADB_SOCKET "$SOCKETS/mariadb.sock" \
    TABLEWRIGHT_TEST_MARIADB_PID "$(pid_of mariadb)" \
    TABLEWRIGHT_TEST_MARIADB_DATADIR "$DIR/mariadb"
}

# The inverse: what `start` decided, for the other commands.
read_mariadb_env() {
  [[ -r $DIR/env ]] || die "no server runs in $DIR." "" "hint: start it with: $0 start $DIR"
  # shellcheck disable=SC1091 # written above
  . "$DIR/env"
  HOME_OF_MARIADB=$TABLEWRIGHT_TEST_MARIADB_HOME
  MARIADB_PORT=$TABLEWRIGHT_TEST_MARIADB_PORT
  SOCKETS=$(dirname "$TABLEWRIGHT_TEST_MARIADB_SOCKET")
}

# ---------------------------------------------------------------- commands

remove_data() {
  rm -rf -- "$DIR/mariadb" "$DIR/tls" "$DIR/env"
  remove_sockets
}

start() {
  OPTIONS=()
  while (($#)); do
    case $1 in
      --owner) set_owner "${2:?--owner wants a process id}" && shift ;;
      --) OPTIONS=("${@:2}") && break ;;
      *) usage ;;
    esac
    shift
  done
  refuse_second_start
  HOME_OF_MARIADB=$("$HERE/get-mariadb.sh")
  begin_start
  choose_socket_folder
  copy_template "$DIR/mariadb"
  make_certificates
  launch_anywhere mariadb MARIADB_PORT launch_mariadb
  settle mariadb MARIADB_PORT launch_mariadb mariadb_answers
  write_mariadb_env
  finish_start
}

# Data that has an owner is nobody else's to look at: it goes at once.
stop() {
  if is_owned; then
    abandon
    return
  fi
  end_servers "${SERVERS[@]}"
  release_ports
  remove_sockets
  rm -f "$DIR/env"
}

status_lines() {
  if ! is_running mariadb; then
    printf 'mariadb: not running\n'
    return 1
  fi
  if ! mariadb_answers >/dev/null 2>&1; then
    printf 'mariadb: pid %s, does not answer\n' "$(pid_of mariadb)"
    return 1
  fi
  printf 'mariadb: pid %s, 127.0.0.1:%s\n' "$(pid_of mariadb)" "$MARIADB_PORT"
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
    stop)
      existing_folder "$dir"
      stop
      ;;
    status)
      existing_folder "$dir"
      read_mariadb_env
      status_lines
      ;;
    *) usage ;;
  esac
}

main "$@"
