# shellcheck shell=bash
# What every script here shares: the cache folder, its locks, building a thing
# aside and renaming it into place, progress, and naming what is missing.
#
# Guarantees to whoever uses it:
# - What exists under its final name in the cache is complete: a folder, or a
#   program of the control plane.
# - Two runs at once build a thing once: the second waits for the first.
# - Ctrl-C, TERM and a failure leave neither a half-made folder nor a process.
# - stdout is for the answer of a script; everything said to a person goes to stderr.
#
# It is sourced, never run, by scripts that have set `set -euo pipefail`.

say() { printf '%s\n' "$*" >&2; }

die() {
  say "error: $1"
  shift
  local line
  for line in "$@"; do say "$line"; done
  exit 1
}

# need CMD "how to install it"
need() {
  command -v "$1" >/dev/null 2>&1 || die "the command '$1' is needed and is not on PATH." "" "hint: install it with: $2"
}

# ---------------------------------------------------------------- the cache

cache_root() { printf '%s\n' "${XDG_CACHE_HOME:-${HOME:?HOME is not set: set it or XDG_CACHE_HOME}/.cache}/tablewright"; }

make_cache_root() {
  mkdir -p "$(cache_root)" || die "the cache folder $(cache_root) cannot be made." "" "hint: set XDG_CACHE_HOME to a folder that you may write."
}

# ---------------------------------------------------------------- cleaning up

# Paths to remove and process groups to end when the script ends, early or not:
# what is finished has been renamed away (keep_temp) or waited for (run_logged).
TEMP_PATHS=()
CHILD_GROUPS=()

end_group() {
  local group=$1 tries=0
  kill -TERM -- "-$group" 2>/dev/null || return 0
  while kill -0 -- "-$group" 2>/dev/null; do
    tries=$((tries + 1))
    if ((tries > 50)); then
      kill -KILL -- "-$group" 2>/dev/null || true
      return 0
    fi
    # `wait` reaps: within a trap bash does not by itself, and an unreaped child
    # looks alive for ever. The sleep bounds the wait.
    sleep 0.1 &
    wait -n 2>/dev/null || true
  done
}

clean_up() {
  local group path
  clear_progress
  for group in ${CHILD_GROUPS[@]+"${CHILD_GROUPS[@]}"}; do end_group "$group"; done
  CHILD_GROUPS=()
  for path in ${TEMP_PATHS[@]+"${TEMP_PATHS[@]}"}; do rm -rf -- "$path"; done
  TEMP_PATHS=()
  # A script may have something of its own to undo (lib-process.sh does).
  if declare -F on_early_end >/dev/null; then on_early_end; fi
}

# A signal may come while a function's output is sent elsewhere; people are talked to here.
exec {STDERR}>&2

clean_up_on_signal() {
  exec 2>&"$STDERR"
  trap - EXIT INT TERM HUP
  # A second Ctrl-C must not cut the cleaning short.
  trap '' INT TERM HUP
  clean_up
  say "stopped: nothing half-made is left behind."
  trap - INT TERM HUP
  # Dying of the signal itself lets the caller (make, a shell loop) see it.
  kill -s "$1" "$BASHPID"
}

trap clean_up EXIT
trap 'clean_up_on_signal INT' INT
trap 'clean_up_on_signal TERM' TERM
trap 'clean_up_on_signal HUP' HUP

# ---------------------------------------------------------------- progress

# pause SECONDS: a read that times out. A sleep would be one more process, which
# inherits our locks and may outlive us.
exec {NEVER}<> <(:)
pause() { read -r -t "$1" -u "$NEVER" || true; }

PROGRESS_LAST=0
PROGRESS_DRAWN=

# One line while something long runs: rewritten each second on a terminal, a
# plain line every 15 s elsewhere (a log of CI with 300 such lines helps nobody).
progress() {
  local label=$1 started=$2 elapsed
  elapsed=$((SECONDS - started))
  if [[ -t 2 ]]; then
    if [[ $PROGRESS_DRAWN == "$label $elapsed" ]]; then return; fi
    printf '\r\033[K%s ... %d s' "$label" "$elapsed" >&2
    PROGRESS_DRAWN="$label $elapsed"
  elif ((elapsed > 0 && SECONDS - PROGRESS_LAST >= 15)); then
    PROGRESS_LAST=$SECONDS
    say "$label ... $elapsed s"
  fi
}

clear_progress() {
  if [[ -n $PROGRESS_DRAWN ]]; then printf '\r\033[K' >&2; fi
  PROGRESS_DRAWN=
}

# run_logged LABEL LOG CMD...: runs CMD with its output in LOG and a progress
# line, ends it together with all its children when the script is interrupted,
# and shows the end of LOG when it fails.
run_logged() {
  local label=$1 log=$2 started=$SECONDS group status=0
  need setsid "apt-get install util-linux"
  shift 2
  [[ -t 2 ]] || say "$label ..."
  PROGRESS_LAST=$SECONDS
  # A session of its own makes the whole tree of children one group to end:
  # bash would start them in ours, with SIGINT ignored.
  setsid "$@" </dev/null >"$log" 2>&1 {STDERR}>&- {NEVER}>&- &
  group=$!
  CHILD_GROUPS+=("$group")
  while kill -0 "$group" 2>/dev/null; do
    progress "$label" "$started"
    pause 0.2
  done
  wait "$group" || status=$?
  CHILD_GROUPS=()
  clear_progress
  if ((status == 0)); then
    say "$label: done in $((SECONDS - started)) s."
    return 0
  fi
  say "$label: failed after $((SECONDS - started)) s. The end of its output:"
  tail -n 25 "$log" | sed 's/^/    /' >&2
  return "$status"
}

# ---------------------------------------------------------------- locks

# with_lock NAME LABEL CMD...: runs the function CMD while holding the cache's
# lock NAME. Builders inherit the lock on purpose: one whose parent was killed
# with SIGKILL keeps it until it has ended too, so nobody builds beside it.
with_lock() {
  local name=$1 label=$2 lock started=$SECONDS
  shift 2
  need flock "apt-get install util-linux"
  make_cache_root
  exec {lock}>"$(cache_root)/$name.lock"
  if ! flock -n "$lock"; then
    [[ -t 2 ]] || say "waiting for another run that is busy with $label ..."
    PROGRESS_LAST=$SECONDS
    until flock -w 1 "$lock"; do progress "waiting for another run that is busy with $label" "$started"; done
    clear_progress
  fi
  "$@"
  exec {lock}>&-
}

# ---------------------------------------------------------------- build aside, then rename

# new_temp NAME: sets NEW_TEMP to a fresh folder in the cache, beside where the
# finished thing will be (a rename across file systems is a copy). To be called
# while holding the lock of NAME: what an earlier run left under that name when
# it was killed is removed first.
new_temp() {
  local root
  root=$(cache_root)
  mkdir -p "$root"
  rm -rf -- "$root/.tmp-$1."*
  NEW_TEMP=$(mktemp -d "$root/.tmp-$1.XXXXXX")
  TEMP_PATHS+=("$NEW_TEMP")
}

# keep_temp FROM TO: the one step that makes a finished thing visible.
keep_temp() {
  mkdir -p "$(dirname "$2")"
  mv -T -- "$1" "$2"
}
