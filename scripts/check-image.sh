#!/usr/bin/env bash
# Builds the image of the Dockerfile and looks at what came out, on a machine without a container engine or a registry: with
# Debian's buildah (isolation by chroot), unpacked into the cache, and with stand-ins for the two base images, because those
# cannot be had from package registries:
#
#   docker.io/library/rust:1.95-trixie      Debian trixie with gcc, and this machine's own Rust and rustup
#   gcr.io/distroless/cc-debian13:nonroot   trixie's libc6 and libgcc-s1, certificates, the user nonroot; no shell
#
# So it proves the Dockerfile, not the base images. It builds for this machine's own architecture: for the other one rustup
# would have to download a standard library. The first run compiles everything (ten minutes on two cores); later ones keep what
# was compiled. Nothing of the machine is changed; it takes root (mount namespaces).
#
# usage: scripts/check-image.sh            builds and looks
#        scripts/check-image.sh --where    prints the folder in which the files of the image are afterwards (run-image.sh)
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$HERE")
# shellcheck source=scripts/lib.sh
. "$HERE/lib.sh"
# shellcheck source=scripts/lib-debian.sh
. "$HERE/lib-debian.sh"
DEBIAN_SUITE=trixie
# Raised when what is made below changes.
RECIPE=1
BUILDER=docker.io/library/rust:$(sed -n 's/^ARG RUST=//p' "$ROOT/Dockerfile")-trixie
BASE=$(sed -n 's/^FROM \(gcr\.io[^ ]*\)$/\1/p' "$ROOT/Dockerfile")
IMAGE=localhost/tablewright:check

# ---------------------------------------------------------------- what builds, and the stand-ins

# One folder has buildah, its storage and the base images' files: buildah can mount and pivot only within its own root.
home() { printf '%s/image-check/trixie-%s-r%s\n' "$(cache_root)" "$(uname -m)" "$RECIPE"; }

unpack() {
  [[ ! -d $(home) ]] || return 0
  new_temp image-check
  local root=$NEW_TEMP/root
  debian_unpack "downloading and unpacking buildah (once)" "$root" buildah,netavark,mount,util-linux,coreutils,bash,diffutils,findutils,grep,sed
  mkdir -p "$root/bases"
  debian_unpack "downloading and unpacking a compiler (once)" "$root/bases/builder" gcc,libc6-dev,coreutils,dash,sed,grep,base-files,base-passwd
  debian_unpack "downloading and unpacking the libraries of the image (once)" "$root/bases/base" libc6,libgcc-s1,base-files
  rm -f "$NEW_TEMP"/*.log "$root"/bases/*.log
  accounts "$root"
  accounts "$root/bases/builder"
  add_rust "$root/bases/builder"
  bare_base "$root/bases/base"
  keep_temp "$root" "$(home)"
  rm -rf -- "$NEW_TEMP"
}

# Maintainer scripts, which were not run, would make these.
accounts() {
  printf 'root:x:0:0:root:/root:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\n' >"$1/etc/group"
}

# As the image rust has it: under /usr/local, with rustup in front of the toolchain.
add_rust() {
  local builder=$1 wanted toolchain name
  need rustup "https://rustup.rs"
  wanted=$(sed -n 's/^ARG RUST=//p' "$ROOT/Dockerfile")
  toolchain=$(rustc --print sysroot)
  [[ $(rustc --version) == "rustc $wanted"* ]] || die "the Dockerfile takes Rust $wanted, and this machine has $(rustc --version)."
  name=$wanted-$(rustc -vV | sed -n 's/^host: //p')
  mkdir -p "$builder/usr/local/rustup/toolchains" "$builder/usr/local/cargo/bin" "$builder/etc/ssl/certs"
  cp -a "$toolchain" "$builder/usr/local/rustup/toolchains/$name"
  rm -rf "$builder/usr/local/rustup/toolchains/$name/share/doc"
  cp -L "$(command -v rustup)" "$builder/usr/local/cargo/bin/rustup"
  ln -s rustup "$builder/usr/local/cargo/bin/cargo"
  ln -s rustup "$builder/usr/local/cargo/bin/rustc"
  printf 'version = "12"\ndefault_toolchain = "%s"\nprofile = "minimal"\n' "$name" >"$builder/usr/local/rustup/settings.toml"
  # And these.
  ln -sf gcc "$builder/usr/bin/cc"
  ln -sf dash "$builder/usr/bin/sh"
}

# Nothing but libraries: no shell that a Dockerfile could lean on.
bare_base() {
  local base=$1
  rm -rf "${base:?}/usr/bin" "${base:?}/usr/sbin" "${base:?}/usr/share" "${base:?}/var"
  mkdir -p "$base/etc/ssl/certs" "$base/home/nonroot" "$base/tmp"
  cp -L /etc/ssl/certs/ca-certificates.crt "$base/etc/ssl/certs/" 2>/dev/null || true
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' >"$base/etc/passwd"
  printf 'root:x:0:\nnonroot:x:65532:\n' >"$base/etc/group"
  chown 65532:65532 "$base/home/nonroot"
}

# ---------------------------------------------------------------- within that folder

# inside FUNCTION ARG...: runs a function of this script in a mount namespace whose root is the folder.
inside() {
  # shellcheck disable=SC2016 # the inner bash expands these
  unshare --mount --propagation private bash -c '
    set -euo pipefail
    home=$1 source=$2
    shift 2
    mount --bind "$home" "$home"
    mkdir -p "$home/proc" "$home/dev" "$home/sys" "$home/src" "$home/old" "$home/certs"
    for folder in proc dev sys; do mount --rbind "/$folder" "$home/$folder"; done
    mount --bind -o ro "$source" "$home/src"
    mount --bind -o ro /etc/ssl/certs "$home/certs"
    cp /etc/resolv.conf /etc/hosts "$home/etc/"
    cd "$home"
    pivot_root . old
    umount -l /old
    export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin BUILDAH_ISOLATION=chroot
    cd /src
    exec bash scripts/check-image.sh --inside "$@"' check-image "$(home)" "$ROOT" "$@"
}

stand_ins() {
  local container
  if ! buildah inspect --type image "$BUILDER" >/dev/null 2>&1; then
    container=$(buildah from scratch)
    buildah add --quiet "$container" /bases/builder / >/dev/null
    buildah config --env RUSTUP_HOME=/usr/local/rustup --env CARGO_HOME=/usr/local/cargo \
      --env PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah commit --quiet --rm "$container" "$BUILDER" >/dev/null
  fi
  if ! buildah inspect --type image "$BASE" >/dev/null 2>&1; then
    container=$(buildah from scratch)
    buildah add --quiet "$container" /bases/base / >/dev/null
    buildah config --user nonroot --workingdir /home/nonroot --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt "$container"
    buildah commit --quiet --rm "$container" "$BASE" >/dev/null
  fi
}

build() {
  local files processes
  # Limits are set anew in the container, and may not be raised.
  files=$(ulimit -Hn) processes=$(ulimit -Hu)
  buildah build --pull=never --network=host --ulimit "nofile=$files:$files" --ulimit "nproc=$processes:$processes" \
    --volume /certs:/etc/ssl/certs:ro --tag "$IMAGE" .
}

# expect WHAT WANTED FOUND
expect() {
  [[ $2 == "$3" ]] || die "$1 is '$3', and should be '$2'."
  printf '%s: %s\n' "$1" "$3"
}

look() {
  local container base_container base added image out
  expect "user" 65532:65532 "$(buildah inspect --type image --format '{{.OCIv1.Config.User}}' "$IMAGE")"
  expect "entry point" '[/usr/local/bin/tablewright]' "$(buildah inspect --type image --format '{{.OCIv1.Config.Entrypoint}}' "$IMAGE")"
  expect "command" '[]' "$(buildah inspect --type image --format '{{.OCIv1.Config.Cmd}}' "$IMAGE")"
  expect "ports" 'map[8080:{}]' "$(buildah inspect --type image --format '{{.OCIv1.Config.ExposedPorts}}' "$IMAGE" | sed 's,8080/tcp,8080,')"
  # Those of a run that failed.
  buildah rm --all >/dev/null 2>&1 || true
  container=$(buildah from --pull=never "$IMAGE")
  base_container=$(buildah from --pull=never "$BASE")
  image=$(buildah mount "$container")
  base=$(buildah mount "$base_container")
  added=$(diff <(cd "$base" && find . ! -type d | sort) <(cd "$image" && find . ! -type d | sort) || true)
  expect "what it adds to its base, and takes away" "> ./usr/local/bin/tablewright" "$(grep '^[<>]' <<<"$added")"
  expect "what it changes there" "" "$(diff -rq --no-dereference "$base" "$image" | grep -v '^Only in ' || true)"
  expect "owner and mode" '0:0 755' "$(stat -c '%u:%g %a' "$image/usr/local/bin/tablewright")"

  # As a Pod of the chart: this user, a root that cannot be written, nothing to gain.
  mount --bind "$image" "$image"
  mount -o remount,bind,ro "$image"
  program() { setpriv --no-new-privs chroot --userspec=65532:65532 "$image" /usr/local/bin/tablewright "$@"; }
  out=$(program version)
  expect "it says" "tablewright $(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)" "${out%% (*}"
  program controller --help >/dev/null
  # It reads, parses, plans and prints, as this user on this root.
  out=$(printf 'CREATE TABLE t (id int primary key);' | program convert -f - --format yaml)
  [[ $out == *'kind: Table'* ]] || die "it does not work:" "$out"
  # And it talks to a server over TLS, where scripts/with-servers.sh has started one.
  if [[ -n ${TABLEWRIGHT_TEST_PRIMARY_PORT:-} ]]; then
    out=$(printf 'CREATE TABLE t (id int primary key);' |
      TABLEWRIGHT_URL="mysql://root:$TABLEWRIGHT_TEST_ROOT_PASSWORD@127.0.0.1:$TABLEWRIGHT_TEST_PRIMARY_PORT/image_check" \
        program plan -f - --format sql)
    [[ $out == *'CREATE TABLE'* ]] || die "it does not plan:" "$out"
    printf 'it plans on a server\n'
  fi
  if program crds --output /home/nonroot >/dev/null 2>&1; then die "the root can be written."; fi
  umount "$image"
  # For run-image.sh.
  rm -rf /image
  cp -a "$image" /image
  buildah rm "$container" "$base_container" >/dev/null
  say "the image of the Dockerfile is built and runs (on stand-ins for its base images, for $(uname -m))."
}

# ---------------------------------------------------------------- main

if [[ ${1-} == --inside ]]; then
  shift
  "$@"
  exit
fi
if [[ ${1-} == --where ]]; then
  printf '%s/image\n' "$(home)"
  exit
fi
((EUID == 0)) || die "mount namespaces are needed, and so is root."
has_apt || die "buildah is unpacked from Debian's packages, and there is no apt-get."
with_lock image-check "the image's tools" unpack
inside stand_ins
inside build
if [[ -n ${TABLEWRIGHT_TEST_PRIMARY_PORT:-} ]]; then
  MYSQL_PWD=$TABLEWRIGHT_TEST_ROOT_PASSWORD "$TABLEWRIGHT_MYSQL_HOME/bin/mysql" --host=127.0.0.1 --port="$TABLEWRIGHT_TEST_PRIMARY_PORT" \
    --user=root --execute='CREATE DATABASE IF NOT EXISTS image_check'
fi
inside look
