# syntax=docker/dockerfile:1
# The image: one program, no shell. For amd64 and arm64, compiled on the builder's own platform:
#   docker buildx build --platform linux/amd64,linux/arm64 .
ARG RUST=1.95

FROM --platform=$BUILDPLATFORM rust:${RUST}-trixie AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY benches benches
COPY tests/it/main.rs tests/it/main.rs
ARG BUILDARCH TARGETARCH
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target,id=target-${TARGETARCH} <<'SH'
set -eu
case $TARGETARCH in
  amd64) triple=x86_64-unknown-linux-gnu compiler=gcc-x86-64-linux-gnu ;;
  arm64) triple=aarch64-unknown-linux-gnu compiler=gcc-aarch64-linux-gnu ;;
  *) echo "no build for $TARGETARCH" >&2; exit 1 ;;
esac
gcc=gcc
if [ "$BUILDARCH" != "$TARGETARCH" ]; then
  apt-get update
  apt-get install -y --no-install-recommends "$compiler" "libc6-dev-$TARGETARCH-cross"
  gcc=$(echo "$triple" | sed 's/-unknown//')-gcc
fi
variable=$(echo "$triple" | tr 'a-z-' 'A-Z_')
rustup target add "$triple"
env "CARGO_TARGET_${variable}_LINKER=$gcc" "CC_$(echo "$triple" | tr - _)=$gcc" \
  cargo build --release --locked --bin tablewright --target "$triple"
cp "target/$triple/release/tablewright" /tablewright
SH

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /tablewright /usr/local/bin/tablewright
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/tablewright"]
