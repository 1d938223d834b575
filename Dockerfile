# Glyffuse in a container, for amd64 and arm64: `docker compose up -d`. For NVIDIA cards (amd64, about
# 3 GB): `docker build --build-arg VARIANT=cuda .`
#
# `.ci/fresh_root.sh` carries these stages out without a container engine.
ARG RUST=1.95
ARG DEBIAN=bookworm

FROM rust:${RUST}-slim-${DEBIAN} AS build
# "cpu" or "cuda", the Cargo feature of that name.
ARG VARIANT=cpu
WORKDIR /source
# First what the program stands on: this layer stays until Cargo.toml or Cargo.lock change.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src benches \
    && echo 'fn main() {}' > src/main.rs \
    && cp src/main.rs benches/drawing.rs \
    && touch src/lib.rs \
    && cargo build --locked --release --bin glyffuse --features "${VARIANT#cpu}" \
    && rm -r src benches
COPY . .
# The empty sources above were newer.
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --release --bin glyffuse --features "${VARIANT#cpu}" \
    && mkdir /program \
    && cp -r target/release/glyffuse models LICENSE-APACHE LICENSE-MIT NOTICE /program

# ONNX Runtime, pinned by its hash in src/backend/fetch.rs, through Python's package client. The
# program fetches it, and then draws once.
FROM debian:${DEBIAN}-slim AS libraries
ARG VARIANT=cpu
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3-pip \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /program /opt/glyffuse
ENV GLYFFUSE__RUNTIME__CACHE_FOLDER=/opt/glyffuse/libraries
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/glyffuse/glyffuse doctor --fetch "$VARIANT"

FROM debian:${DEBIAN}-slim
ARG VARIANT=cpu
RUN useradd --no-log-init --uid 10001 --user-group --home-dir /data --no-create-home glyffuse \
    && install --directory --owner=glyffuse --group=glyffuse /data
COPY --from=libraries /opt/glyffuse /opt/glyffuse
# Settings in /data/glyffuse/glyffuse.toml, the database beside them. Nothing else is written.
ENV PATH="/opt/glyffuse:${PATH}" \
    HOME=/data \
    XDG_CONFIG_HOME=/data \
    XDG_DATA_HOME=/data \
    XDG_CACHE_HOME=/data \
    GLYFFUSE__RUNTIME__CACHE_FOLDER=/opt/glyffuse/libraries \
    GLYFFUSE__RUNTIME__PROVIDERS=${VARIANT} \
    ORT_DISABLE_TELEMETRY=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["/opt/glyffuse/glyffuse", "health"]
ENTRYPOINT ["/opt/glyffuse/glyffuse"]
CMD ["bot"]
