#!/usr/bin/env bash
# Prints the path of a redis-server, which Argo CD keeps its caches in:
#
#   TABLEWRIGHT_REDIS_SERVER  the one to use
#   otherwise the one on PATH
#   otherwise that of Debian bookworm, unpacked once into the cache
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/lib-debian.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib-debian.sh"

DEBIAN_SUITE=bookworm
# Raised when the wrapper changes.
RECIPE=1

is_redis() { [[ $("$1" --version 2>/dev/null) == "Redis server v="* ]]; }

version_of() { "$1" --version | sed -E 's/.* v=([^ ]+) .*/\1/'; }

unpacked_redis() {
  local home found=
  for home in "$(cache_root)"/redis/*-"$(uname -m)-r$RECIPE"; do
    if [[ -x $home/redis-server ]]; then found=$(printf '%s\n' "$found" "$home/redis-server" | sort -V | tail -n 1); fi
  done
  printf '%s\n' "$found"
}

# A wrapper, with the loader and libraries of its own folder, that becomes the server.
write_redis_wrapper() {
  local arch
  arch=$(debian_multiarch)
  cat >"$1/redis-server" <<WRAPPER
#!/bin/sh
# Made by scripts/get-redis.sh.
root=\$(dirname "\$(readlink -f "\$0")")/root
exec "\$root/lib/$arch/$(debian_loader)" --library-path "\$root/lib/$arch:\$root/usr/lib/$arch" "\$root/usr/bin/redis-server" "\$@"
WRAPPER
  chmod 755 "$1/redis-server"
}

unpack() {
  # Another run may have finished it while this one waited for the lock.
  [[ -z $(unpacked_redis) ]] || return 0
  new_temp redis
  local home=$NEW_TEMP/home
  mkdir "$home"
  debian_unpack "downloading and unpacking Redis (10 MB, once)" "$home/root" redis-server
  rm -f "$home/root.log"
  write_redis_wrapper "$home"
  is_redis "$home/redis-server" || die "the redis-server unpacked from Debian $DEBIAN_SUITE does not run here:" \
    "$("$home/redis-server" --version 2>&1 || true)" "" "hint: install Redis and name its server in TABLEWRIGHT_REDIS_SERVER."
  keep_temp "$home" "$(cache_root)/redis/$(version_of "$home/redis-server")-$(uname -m)-r$RECIPE"
  rm -rf -- "$NEW_TEMP"
}

main() {
  local redis
  if [[ -n ${TABLEWRIGHT_REDIS_SERVER:-} ]]; then
    is_redis "$TABLEWRIGHT_REDIS_SERVER" || die "TABLEWRIGHT_REDIS_SERVER is $TABLEWRIGHT_REDIS_SERVER, which is no Redis server." "" \
      "hint: unset it to have one unpacked into the cache."
    readlink -f "$TABLEWRIGHT_REDIS_SERVER"
    return
  fi
  redis=$(command -v redis-server || true)
  if [[ -z $redis ]] || ! is_redis "$redis"; then redis=$(unpacked_redis); fi
  if [[ -z $redis ]]; then
    has_apt || die "Redis is needed: there is no redis-server on PATH, and no apt-get to unpack one with." "" \
      "hint: install Redis with this system's package manager, or set TABLEWRIGHT_REDIS_SERVER=/path/to/redis-server."
    with_lock redis "Redis" unpack
    redis=$(unpacked_redis)
  fi
  printf '%s\n' "$redis"
}

main "$@"
