# shellcheck shell=bash
# Servers that outlive the script which starts them: detached, recorded in a pid
# file, ended only after a look at what the pid is now, and (where asked)
# stopped by a watchdog when their owner is gone.
#
# A folder DIR of servers has: run/NAME.pid, NAME.log and env. The file env is
# written last: where it exists, everything in it answered.
#
# It is sourced after lib.sh, by a script that sets
#   HERE           the folder of the scripts
#   KIND           marks its folders
#   SERVERS        their names, in the order in which to end them
# and defines
#   argument_of NAME   an argument by which that server's process is known
#   remove_data        removes what `start` made in DIR, except logs
#   status_lines       says what runs; succeeds when all of it does

# ---------------------------------------------------------------- the folder

# open_folder DIR: sets DIR (absolute) and takes its lock. The mark of KIND makes
# sure that nothing is ever removed from a folder that is not ours.
open_folder() {
  local lock
  need flock "apt-get install util-linux"
  need setsid "apt-get install util-linux"
  [[ -r /proc/self/stat ]] || die "this script needs Linux: it looks at /proc before it ends a process."
  # Whoever may read the folder can be root in these servers.
  umask 077
  mkdir -p "$1"
  DIR=$(cd "$1" && pwd)
  if [[ ! -e $DIR/.tablewright-$KIND ]]; then
    [[ -z $(ls -A "$DIR") ]] || die "$DIR is not empty and was not made by this script." "" "hint: name a new folder."
    : >"$DIR/.tablewright-$KIND"
  fi
  mkdir -p "$DIR/run"
  exec {lock}>"$DIR/run/lock"
  flock -w 120 "$lock" || die "another run has been busy with $DIR for two minutes." "" "hint: see which one with: fuser $DIR/run/lock"
}

# existing_folder DIR: the same for a folder that must be there already.
existing_folder() {
  [[ -e $1/.tablewright-$KIND ]] || die "$1 is not a folder that '$(basename "$0") start' has made." "" "hint: run first: $0 start $1"
  open_folder "$1"
}

# ---------------------------------------------------------------- sockets

# The path of a Unix socket may be 107 bytes long, and test folders are often longer.
choose_socket_folder() {
  SOCKETS=$DIR/run
  if ((${#SOCKETS} > 90)); then SOCKETS=$(mktemp -d /tmp/tablewright.XXXXXX); fi
  printf '%s\n' "$SOCKETS" >"$DIR/run/sockets"
}

# Where choose_socket_folder has put them.
remove_sockets() {
  local sockets
  sockets=$(cat "$DIR/run/sockets" 2>/dev/null || true)
  if [[ $sockets == /tmp/tablewright.* ]]; then rm -rf -- "$sockets"; fi
}

# ---------------------------------------------------------------- processes

# detach NAME CMD...: starts CMD with no terminal, no input and none of our open
# files (a caller that reads our output must not wait for the server to end),
# in a session of its own, so that a Ctrl-C meant for us does not reach it.
detach() {
  local name=$1
  shift
  (
    local fd
    exec </dev/null >>"$DIR/$name.log" 2>&1
    # Nor the caller's folder: it may be a test's, to be removed.
    cd /
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      if ((fd > 2)); then eval "exec $fd>&-"; fi
    done
    exec setsid "$@"
  ) &
  printf '%s\n' $! >"$DIR/run/$name.pid"
  # It is no job of ours: bash shall not report how it ends.
  disown $!
  # Until it has become CMD it cannot be told from any other process.
  while kill -0 $! 2>/dev/null && ! is_running "$name"; do pause 0.01; done
}

pid_of() { cat "$DIR/run/$1.pid" 2>/dev/null || true; }

# is_running NAME: is the recorded pid still that server? A pid alone may have
# become another process; each of ours names its folder in an argument.
is_running() {
  local pid
  pid=$(pid_of "$1")
  [[ -n $pid ]] && has_argument "$pid" "$(argument_of "$1")"
}

has_argument() {
  local argument arguments=()
  { mapfile -d '' arguments <"/proc/$1/cmdline"; } 2>/dev/null || return 1
  for argument in ${arguments[@]+"${arguments[@]}"}; do
    if [[ $argument == "$2" ]]; then return 0; fi
  done
  return 1
}

# birth_of PID: its start time: with it a pid cannot be mistaken for a later
# process of the same number. Empty when it has ended, with its files and ports
# closed, which is later than is_running tells: the last thread closes them. A
# zombie has ended (a container's init may never reap it) unless threads still live.
birth_of() {
  local stat fields tasks
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  # The name, in parentheses, may hold spaces: what follows the last one is regular.
  read -r -a fields <<<"${stat##*) }"
  tasks=("/proc/$1/task"/*)
  if [[ ${fields[0]} == [ZX] ]] && ((${#tasks[@]} <= 1)); then return 0; fi
  printf '%s\n' "${fields[19]}"
}

signal_server() {
  if is_running "$2"; then kill -s "$1" "$(pid_of "$2")" 2>/dev/null || true; fi
}

# end_with SIGNAL SECONDS NAME...: signals all at once and waits until they have
# ended; SIGKILL to what is left after SECONDS.
end_with() {
  local signal=$1 seconds=$2 limit=$((SECONDS + $2)) name
  local -A pids=() births=()
  shift 2
  for name in "$@"; do
    is_running "$name" || continue
    pids[$name]=$(pid_of "$name")
    births[$name]=$(birth_of "${pids[$name]}")
    signal_server "$signal" "$name"
    # One that a test has stopped with SIGSTOP hears of it only when it goes on.
    signal_server CONT "$name"
  done
  for name in ${pids[@]+"${!pids[@]}"}; do
    while [[ -n ${births[$name]} && $(birth_of "${pids[$name]}") == "${births[$name]}" ]]; do
      if ((SECONDS > limit)) && [[ $signal != KILL ]]; then
        say "$name still runs $seconds s after SIG$signal: SIGKILL."
        signal=KILL
      fi
      if [[ $signal == KILL ]]; then signal_server KILL "$name"; fi
      pause 0.02
    done
  done
  for name in "$@"; do rm -f "$DIR/run/$name.pid"; done
}

end_servers() { end_with TERM 20 "$@"; }

# For servers whose data nobody will look at again, and to play a crash.
kill_servers() { end_with KILL 0 "$@"; }

kill_server() {
  is_running "$1" || die "$1 in $DIR is not running." "" "hint: see: $0 status $DIR"
  kill_servers "$1"
}

# wait_until NAME SECONDS CMD...: until CMD succeeds. Fails as soon as the
# server NAME has ended, or after SECONDS.
wait_until() {
  local name=$1 limit=$((SECONDS + $2)) started=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    # While it becomes CMD (setsid goes first) it shows no arguments for a moment.
    is_running "$name" || { pause 0.5; is_running "$name"; } || return 1
    ((SECONDS < limit)) || return 2
    progress "waiting for $name" "$started"
    pause 0.1
  done
  clear_progress
  # What answered may be another server on that port; ours must be there as well.
  is_running "$name"
}

show_log() {
  say "the end of $DIR/$1.log:"
  tail -n 20 "$DIR/$1.log" | sed 's/^/    /' >&2
}

# http_get PORT PATH: by bash's own sockets, curl is not on every machine.
http_get() {
  local line
  exec 4<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\n\r\n' "$2" >&4
  while read -r -t 2 line || [[ -n $line ]]; do printf '%s\n' "$line"; done <&4
  exec 4>&-
}

# ---------------------------------------------------------------- ports

# A port stays reserved for a folder while its servers are stopped and started
# again (a link PORT -> DIR in one folder of the machine); a reservation whose
# folder is gone counts for nothing. Ports come from below the range that the
# kernel hands to clients, or a client's own port could be in our way.
port_registry() { printf '%s/tablewright-ports-%s\n' "${TMPDIR:-/tmp}" "$(id -u)"; }

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# reserve_port: sets PORT
reserve_port() {
  local registry low high tries
  registry=$(port_registry)
  mkdir -p "$registry"
  low=10000
  read -r high _ </proc/sys/net/ipv4/ip_local_port_range
  ((high > low + 1000)) || high=32768
  for ((tries = 0; tries < 200; tries++)); do
    PORT=$((low + SRANDOM % (high - low)))
    port_answers "$PORT" && continue
    if [[ -L $registry/$PORT && ! -d $registry/$PORT ]]; then rm -f "$registry/$PORT"; fi
    if ln -sT "$DIR" "$registry/$PORT" 2>/dev/null; then return 0; fi
  done
  die "no free port was found between $low and $high."
}

release_ports() {
  local link
  for link in "$(port_registry)"/*; do
    if [[ $(readlink "$link") == "$DIR" ]]; then rm -f "$link"; fi
  done
}

# ---------------------------------------------------------------- the owner

# set_owner PID: from now on what is started belongs to that process.
OWNER='' OWNER_BIRTH=''
set_owner() {
  OWNER=$1 OWNER_BIRTH=$(birth_of "$1")
  [[ -n $OWNER_BIRTH ]] || die "the owner, process $OWNER, does not run."
}

is_owned() { [[ -e $DIR/run/owner ]]; }

# watch DIR OWNER BIRTH: runs as the watchdog until the owner is gone. It takes the
# folder's lock only then, since others use the folder meanwhile.
watch() {
  DIR=$1
  while [[ $(birth_of "$2") == "$3" ]]; do pause 1; done
  if [[ ! -d $DIR/run ]]; then
    kill_by_argument
    return
  fi
  open_folder "$DIR"
  # A later `start` has its own watchdog.
  [[ $(pid_of watchdog) == "$$" ]] || return 0
  rm -f "$DIR/run/watchdog.pid"
  abandon
}

# For a folder that its owner has removed, pid files and all, while the servers ran.
kill_by_argument() {
  local process name
  for process in /proc/[0-9]*; do
    for name in "${SERVERS[@]}"; do
      if has_argument "${process#/proc/}" "$(argument_of "$name")"; then kill -KILL "${process#/proc/}" 2>/dev/null || true; fi
    done
  done
}

# ---------------------------------------------------------------- from start to stop

refuse_second_start() {
  local name
  for name in "${SERVERS[@]}"; do
    if is_running "$name"; then die "$name runs in $DIR already." "" "hint: stop it with: $0 stop $DIR"; fi
  done
}

# begin_start: an empty folder, and the promise to leave nothing unless finish_start is reached.
begin_start() {
  kill_servers watchdog
  remove_data
  rm -f "$DIR"/*.log "$DIR"/*.log.? "$DIR/run/owner"
  release_ports
  STARTING=yes
  if [[ -n $OWNER ]]; then
    printf '%s\n' "$OWNER" >"$DIR/run/owner"
    # Before the servers: an owner that dies while we are at it leaves nothing either.
    detach watchdog bash "$HERE/$(basename "$0")" watch "$DIR" "$OWNER" "$OWNER_BIRTH"
  fi
}

finish_start() {
  status_lines >&2
  STARTING=
}

# abandon: ends the servers and removes what they kept, except logs.
abandon() {
  kill_servers watchdog "${SERVERS[@]}"
  release_ports
  remove_data
}

# lib.sh calls it when a script ends early.
STARTING=
on_early_end() { if [[ -n $STARTING ]]; then abandon; fi; }

# launch_anywhere NAME PORT-VARIABLE LAUNCH: runs LAUNCH with the variable set to a free port.
launch_anywhere() {
  reserve_port
  printf -v "$2" %s "$PORT"
  "$3"
}

# settle NAME PORT-VARIABLE LAUNCH ANSWERS: after launch_anywhere, until ANSWERS
# succeeds. A port that another program took between the choice and the start is
# no reason to fail.
settle() {
  local name=$1 tries
  for tries in 1 2 3; do
    if wait_until "$name" "$START_TIMEOUT" "$4"; then return; fi
    end_servers "$name"
    grep -qiE 'address already in use|port: .* already in use|Bind on TCP/IP port' "$DIR/$name.log" || break
    say "port ${!2} was taken meanwhile: trying another."
    mv "$DIR/$name.log" "$DIR/$name.log.$tries"
    launch_anywhere "$1" "$2" "$3"
  done
  show_log "$name"
  die "$name did not start."
}

# await NAME ANSWERS: after a launch on a port that is decided.
await() {
  if wait_until "$1" "$START_TIMEOUT" "$2"; then return; fi
  show_log "$1"
  die "$1 did not start."
}

# ---------------------------------------------------------------- env

# write_env KEY VALUE KEY VALUE ...: renamed into place, so a reader never sees half of it.
write_env() {
  local file=$DIR/env
  while (($#)); do
    printf '%s=%q\n' "$1" "$2"
    shift 2
  done >"$file.new"
  mv -- "$file.new" "$file"
}

random_word() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }
