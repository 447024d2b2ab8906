# shellcheck shell=bash
# Unpacks packages of a Debian suite into a folder: programs that this machine's
# own release does not carry, or has not installed, without a chroot and without
# changing the machine. The packages' signatures are checked by apt; none of their
# maintainer scripts is run (mmdebstrap's variant "extract").
#
# It is sourced after lib.sh.

# Unstable, unless the script that sources this names another.
DEBIAN_SUITE=sid

# The first Debian archive in the machine's own apt sources (one-line .list and
# deb822 .sources alike: apt itself reads them), so that a machine that reaches
# only a mirror of its own is served from there.
debian_mirror() {
  local uri
  if [[ -n ${TABLEWRIGHT_DEBIAN_MIRROR:-} ]]; then
    printf '%s\n' "$TABLEWRIGHT_DEBIAN_MIRROR"
    return
  fi
  uri=$(
    apt-get indextargets --format "\$(REPO_URI)" 'Created-By: Packages' |
      # Other archives (security updates, vendors' own) do not carry the suite.
      grep -E '/debian/?$' | head -n 1
  ) || true
  [[ -n $uri ]] || die "no Debian archive is among this machine's apt sources." "" \
    "hint: name a Debian mirror that this machine reaches: export TABLEWRIGHT_DEBIAN_MIRROR=http://..."
  printf '%s\n' "${uri%/}"
}

has_apt() { command -v apt-get >/dev/null 2>&1; }

# need_mmdebstrap LOG
need_mmdebstrap() {
  command -v mmdebstrap >/dev/null 2>&1 && return
  ((EUID == 0)) || die "the command 'mmdebstrap' is needed and is not on PATH." "" "hint: install it with: sudo apt-get install mmdebstrap"
  run_logged "installing mmdebstrap with apt-get" "$1" \
    sh -c 'install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends mmdebstrap; }
           install || { apt-get update && install; }' ||
    die "mmdebstrap could not be installed." "" "hint: run: apt-get update && apt-get install mmdebstrap"
}

# debian_unpack LABEL FOLDER PACKAGES: PACKAGES is a comma-separated list.
debian_unpack() {
  local label=$1 folder=$2 packages=$3 mode=root mirror
  need_mmdebstrap "$folder.log"
  mirror=$(debian_mirror)
  # Without root nothing may be mounted or owned by others: "chrootless" asks for neither.
  ((EUID == 0)) || mode=chrootless
  run_logged "$label" "$folder.log" \
    mmdebstrap --mode="$mode" --variant=extract --components=main \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --include="$packages" "$DEBIAN_SUITE" "$folder" "$mirror" ||
    die "$packages could not be unpacked from Debian $DEBIAN_SUITE ($mirror)." "" \
      "hint: is that archive reachable? Another can be named in TABLEWRIGHT_DEBIAN_MIRROR."
}

# The names that Debian gives this machine's libraries and loader.
debian_multiarch() {
  case $(uname -m) in
    x86_64) printf 'x86_64-linux-gnu\n' ;;
    aarch64) printf 'aarch64-linux-gnu\n' ;;
    *) die "this machine ($(uname -m)) is neither x86_64 nor aarch64." "Set TABLEWRIGHT_MYSQLD and KUBEBUILDER_ASSETS to servers that run on it." ;;
  esac
}

debian_loader() {
  case $(uname -m) in
    aarch64) printf 'ld-linux-aarch64.so.1\n' ;;
    *) printf 'ld-linux-x86-64.so.2\n' ;;
  esac
}
