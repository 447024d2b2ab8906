#!/usr/bin/env bash
# A MySQL primary and its GTID replica, for tests and for trying things out.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"
# shellcheck source=scripts/lib-process.sh
. "$HERE/lib-process.sh"

usage() {
  cat >&2 <<'USAGE'
usage: scripts/mysql-pair.sh COMMAND DIR

  start DIR [--without-replica] [--owner PID]
                     starts a fresh pair whose data, logs and sockets are in DIR, and writes
                     DIR/env; with --owner it is stopped when PID is gone
  stop DIR           ends both servers; the data of a pair with an owner is removed
  status DIR         says what runs; succeeds when all of it does
  kill-primary DIR   SIGKILL          restart-primary DIR   same port, data and server_uuid
  kill-replica DIR   SIGKILL          restart-replica DIR   likewise

To use it from a shell:  set -a; . DIR/env; set +a
USAGE
  exit 2
}

# Fixed, for servers that listen on loopback only and hold nothing but tests' data.
ROOT_PASSWORD=root
REPLICATION_PASSWORD=replication
START_TIMEOUT=60
KIND=mysql-pair
SERVERS=(primary replica)

# ---------------------------------------------------------------- the template of a data folder

# Raised when what is in the template changes.
TEMPLATE=1

mysql_version() { "$HOME_OF_MYSQL/bin/mysqld" --version | sed -E 's/.* Ver ([^ ]+) .*/\1/'; }

template_folder() { printf '%s/mysql-data/%s-%s-t%s\n' "$(cache_root)" "$(mysql_version)" "$(uname -m)" "$TEMPLATE"; }

# Accounts that exist before the binary log does: no GTID tells of them, so both
# servers begin alike and empty. root over the socket needs no password; over TCP
# (with --skip-name-resolve that is never 'localhost') it is root@'%'.
write_accounts() {
  cat >"$1" <<SQL
CREATE USER 'root'@'%' IDENTIFIED WITH caching_sha2_password BY '$ROOT_PASSWORD';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;
CREATE USER 'replication'@'%' IDENTIFIED WITH caching_sha2_password BY '$REPLICATION_PASSWORD';
GRANT REPLICATION SLAVE ON *.* TO 'replication'@'%';
SQL
}

make_template() {
  local folder=$1
  # Another run may have finished it while this one waited for the lock.
  [[ ! -d $folder ]] || return 0
  new_temp mysql-data
  write_accounts "$NEW_TEMP/accounts.sql"
  run_logged "initialising MySQL's data folder (once)" "$NEW_TEMP/log" \
    "$HOME_OF_MYSQL/bin/mysqld" --no-defaults --initialize-insecure --skip-log-bin \
    --datadir="$NEW_TEMP/data" --init-file="$NEW_TEMP/accounts.sql" --loose-innodb-redo-log-capacity=32M ||
    die "MySQL could not initialise a data folder in $(cache_root)." "" \
      "hint: where AppArmor confines an installed mysqld, let it write there: aa-complain /usr/sbin/mysqld"
  # The server's identity: each copy makes its own at its first start.
  rm -f "$NEW_TEMP/data/auto.cnf"
  keep_temp "$NEW_TEMP/data" "$folder"
  rm -rf -- "$NEW_TEMP"
}

copy_template() {
  local folder
  folder=$(template_folder)
  [[ -d $folder ]] || with_lock mysql-data "MySQL's data folder" make_template "$folder"
  cp -a --sparse=always --reflink=auto "$folder" "$1"
}

# ---------------------------------------------------------------- one server

# What lib-process.sh looks for in a process before it ends it.
argument_of() {
  case $1 in
    watchdog) printf '%s\n' "$DIR" ;;
    *) printf -- '--datadir=%s\n' "$DIR/$1" ;;
  esac
}

# launch ROLE PORT: what is durable by default stays so (sync_binlog and
# innodb_flush_log_at_trx_commit are 1): tests kill this server and must find
# what a real one would have kept.
launch() {
  local role=$1 port=$2 options=(--server-id=1)
  if [[ $role == replica ]]; then options=(--server-id=2 --read-only --super-read-only --report-host=127.0.0.1 --report-port="$port"); fi
  # The lock of a server that was killed names a process id that another process may have by now: mysqld would refuse.
  rm -f -- "$SOCKETS/$role.sock" "$SOCKETS/$role.sock.lock"
  detach "$role" "$HOME_OF_MYSQL/bin/mysqld" --no-defaults \
    --datadir="$DIR/$role" --port="$port" --socket="$SOCKETS/$role.sock" --pid-file="$DIR/run/$role.mysqld.pid" \
    --bind-address=127.0.0.1 --mysqlx=OFF --skip-name-resolve --secure-file-priv=NULL \
    --gtid-mode=ON --enforce-gtid-consistency=ON --log-bin=bin --relay-log=relay \
    --innodb-buffer-pool-size=256M --loose-innodb-redo-log-capacity=32M --innodb-log-buffer-size=16M --max-connections=400 \
    --performance-schema=ON --general-log=OFF "${options[@]}"
}

query() {
  local role=$1
  shift
  "$HOME_OF_MYSQL/bin/mysql" --no-defaults -u root --socket="$SOCKETS/$role.sock" --connect-timeout=5 -N -B -e "$*"
}

launch_primary() { launch primary "$PRIMARY_PORT"; }
launch_replica() { launch replica "$REPLICA_PORT"; }
primary_answers() { query primary "DO 0"; }
replica_answers() { query replica "DO 0"; }

# A primary that is told to stop waits ten seconds for its replicas' connections
# (seen with 9.7), unless they were ended before. A replica that has not been
# told to stop connects again at once.
let_go_of_replica() {
  local connections tries
  for ((tries = 0; tries < 20; tries++)); do
    connections=$(timeout 3 "$HOME_OF_MYSQL/bin/mysql" --no-defaults -u root --socket="$SOCKETS/primary.sock" -N -B \
      -e "SELECT CONCAT('KILL ', processlist_id, ';') FROM performance_schema.threads WHERE processlist_command LIKE 'Binlog Dump%'" 2>/dev/null) || return 0
    [[ -n $connections ]] || return 0
    # One may be gone by itself, or killed already.
    query primary "$connections" >/dev/null 2>&1 || true
    pause 0.1
  done
}

end_pair() {
  signal_server TERM replica
  if is_running primary; then let_go_of_replica; fi
  end_servers primary replica
}

# ---------------------------------------------------------------- replication

replication_runs() {
  [[ $(query replica "SELECT c.SERVICE_STATE, a.SERVICE_STATE
    FROM performance_schema.replication_connection_status c JOIN performance_schema.replication_applier_status a USING (CHANNEL_NAME)") == $'ON\tON' ]]
}

# The retry settings let replication come back by itself after the primary was killed.
wire_replication() {
  query replica "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=$PRIMARY_PORT,
      SOURCE_USER='replication', SOURCE_PASSWORD='$REPLICATION_PASSWORD', GET_SOURCE_PUBLIC_KEY=1,
      SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, SOURCE_RETRY_COUNT=86400;
    START REPLICA" 2>>"$DIR/replica.log"
  wait_until replica "$START_TIMEOUT" replication_runs && return
  show_log replica
  die "replication did not start."
}

# ---------------------------------------------------------------- env

write_pair_env() {
  local role upper values=(
    TABLEWRIGHT_TEST_MYSQL_HOME "$HOME_OF_MYSQL"
    TABLEWRIGHT_TEST_ROOT_PASSWORD "$ROOT_PASSWORD"
    TABLEWRIGHT_TEST_MYSQL_CA "$DIR/primary/ca.pem"
  )
  for role in $(roles); do
    upper=${role^^}
    local port=${upper}_PORT
    values+=(
      "TABLEWRIGHT_TEST_${upper}_HOST" 127.0.0.1
      "TABLEWRIGHT_TEST_${upper}_PORT" "${!port}"
      "TABLEWRIGHT_TEST_${upper}_SOCKET" "$SOCKETS/$role.sock"
      "TABLEWRIGHT_TEST_${upper}_PID" "$(pid_of "$role")"
      "TABLEWRIGHT_TEST_${upper}_DATADIR" "$DIR/$role"
    )
  done
  write_env "${values[@]}"
}

# The inverse: what `start` decided, for the other commands.
read_pair_env() {
  [[ -r $DIR/env ]] || die "no servers run in $DIR." "" "hint: start them with: $0 start $DIR"
  # shellcheck disable=SC1091 # written above
  . "$DIR/env"
  HOME_OF_MYSQL=$TABLEWRIGHT_TEST_MYSQL_HOME
  PRIMARY_PORT=$TABLEWRIGHT_TEST_PRIMARY_PORT
  REPLICA_PORT=${TABLEWRIGHT_TEST_REPLICA_PORT:-}
  SOCKETS=$(dirname "$TABLEWRIGHT_TEST_PRIMARY_SOCKET")
}

roles() {
  printf 'primary\n'
  if [[ -n ${REPLICA_PORT:-} ]]; then printf 'replica\n'; fi
}

# ---------------------------------------------------------------- commands

remove_data() {
  rm -rf -- "$DIR/primary" "$DIR/replica" "$DIR/env"
  remove_sockets
}

start() {
  local with_replica=yes
  while (($#)); do
    case $1 in
      --without-replica) with_replica= ;;
      --owner) set_owner "${2:?--owner wants a process id}" && shift ;;
      *) usage ;;
    esac
    shift
  done
  refuse_second_start
  HOME_OF_MYSQL=$("$HERE/get-mysql.sh")
  begin_start
  choose_socket_folder
  copy_template "$DIR/primary"
  if [[ -n $with_replica ]]; then cp -a --sparse=always --reflink=auto "$DIR/primary" "$DIR/replica"; fi
  launch_anywhere primary PRIMARY_PORT launch_primary
  if [[ -n $with_replica ]]; then launch_anywhere replica REPLICA_PORT launch_replica; fi
  settle primary PRIMARY_PORT launch_primary primary_answers
  if [[ -n $with_replica ]]; then
    settle replica REPLICA_PORT launch_replica replica_answers
    wire_replication
  fi
  write_pair_env
  finish_start
}

# Data that has an owner is nobody else's to look at: it goes at once.
stop() {
  if is_owned; then
    abandon
    return
  fi
  if [[ -r $DIR/env ]]; then
    read_pair_env
    end_pair
  fi
  end_servers "${SERVERS[@]}"
  release_ports
  remove_sockets
  rm -f "$DIR/env"
}

restart_server() {
  local role=$1 port=${1^^}_PORT receiving=
  read_pair_env
  [[ -n ${!port} ]] || die "the pair in $DIR has no $role."
  if [[ $role == primary ]] && is_running primary; then
    receiving=$(query replica "SELECT 1 FROM performance_schema.replication_connection_status WHERE SERVICE_STATE <> 'OFF'" 2>/dev/null || true)
    if [[ -n $receiving ]]; then query replica "STOP REPLICA IO_THREAD"; fi
    let_go_of_replica
  fi
  end_servers "$role"
  "launch_$role"
  await "$role" "${role}_answers"
  if [[ -n $receiving ]]; then query replica "START REPLICA IO_THREAD"; fi
  write_pair_env
}

status() {
  read_pair_env
  status_lines
}

status_lines() {
  local role port state status=0
  for role in $(roles); do
    port=${role^^}_PORT
    if ! is_running "$role"; then
      state="not running"
      status=1
    elif ! "${role}_answers" >/dev/null 2>&1; then
      state="pid $(pid_of "$role"), does not answer"
      status=1
    else
      state="pid $(pid_of "$role"), 127.0.0.1:${!port}"
      if [[ $role == replica ]] && replication_runs; then state+=", replication runs"; fi
      if [[ $role == replica ]] && ! replication_runs; then
        state+=", replication does not run"
        status=1
      fi
    fi
    printf '%s: %s\n' "$role" "$state"
  done
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
    stop | status | kill-primary | kill-replica | restart-primary | restart-replica)
      existing_folder "$dir"
      case $command in
        stop) stop ;;
        status) status ;;
        kill-*) kill_server "${command#kill-}" ;;
        restart-*) restart_server "${command#restart-}" ;;
      esac
      ;;
    *) usage ;;
  esac
}

main "$@"
