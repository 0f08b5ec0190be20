#!/usr/bin/env bash
# Runs the Compose cluster for real: builds base and image, brings nine containers up, generates, kills
# an expert node under a request, loads it with ghz, stops it, and does it again under mutual TLS.
# Takes down what it brought up. Uses the Docker engine that answers, or starts one of its own (root,
# Debian's docker.io); says SKIP where there is none.
#
#   verify.sh [--config-only]    only reads the files, as docker-compose does; takes a second
#
#   BASE_IMAGE  base of the image; otherwise one is made with debootstrap and loses its shells
#   BASE_PORT   first port (default 18480)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
work=$here/target
base_port=${BASE_PORT:-18480}
address=127.0.0.1:$base_port
prompt='Once upon a time there was a poor woodcutter'
export COMPOSE_PROJECT_NAME=ennead-verify
export ROUTER_PORT=$base_port ROUTER_ADMIN_PORT=$((base_port + 1)) ROUTER_HTTP_PORT=$((base_port + 2))
export CERTS_DIR=$work/certs GHZ=$work/bin/ghz IMAGE=ennead:verify
export LOAD_TIME=600s COMPOSE_HTTP_TIMEOUT=300 # for machines that others keep busy
export RUN_AS="${RUN_AS:-65532:65532}"
engine_pid=""
up=""

fail() {
  echo "verify: $*" >&2
  exit 1
}

skip() {
  echo "SKIP: $*"
  exit 0
}

passed() {
  printf '%3d s  %s\n' "$SECONDS" "$*"
}

compose() {
  local files=() file
  for file in ${overrides:-}; do
    files+=(-f "$here/compose.$file.yaml")
  done
  if docker compose version > /dev/null 2>&1; then
    docker compose -f "$here/compose.yaml" "${files[@]}" "$@"
  else
    docker-compose -f "$here/compose.yaml" "${files[@]}" "$@"
  fi
}

has_compose() {
  docker compose version > /dev/null 2>&1 || command -v docker-compose > /dev/null
}

check_config() {
  has_compose || skip "no docker compose: the files are not read"
  for overrides in "" tls gpu "gpu tls"; do
    compose --profile observability --profile loadtest config > "$work/config.yaml" ||
      fail "compose.yaml with: ${overrides:-nothing}"
  done
  overrides=""
  passed "the files are read, with each override and with both"
}

find_engine() {
  docker info > /dev/null 2>&1 && return
  if [ "$(id -u)" != 0 ] || ! command -v dockerd > /dev/null; then
    skip "no Docker engine answers, and none can be started (needs root and docker.io)"
  fi
  # The socket's path may have 107 bytes.
  engine=$(mktemp -d /tmp/ennead-verify.XXXXXX)
  export DOCKER_HOST=unix://$engine/socket
  dockerd --data-root "$work/docker" --exec-root "$engine/exec" --pidfile "$engine/pid" \
    --host "$DOCKER_HOST" > "$work/dockerd.log" 2>&1 &
  engine_pid=$!
  for _ in $(seq 1 60); do
    docker info > /dev/null 2>&1 && return
    kill -0 "$engine_pid" 2> /dev/null || skip "dockerd does not start here: $(tail -n 1 "$work/dockerd.log")"
    sleep 0.5
  done
  skip "dockerd does not answer after 30 s: $(tail -n 1 "$work/dockerd.log")"
}

cleanup() {
  local status=$?
  if [ -n "$up" ]; then
    [ "$status" = 0 ] || compose logs --tail 20 > "$work/containers.log" 2>&1 || true
    compose down --volumes --timeout 5 > /dev/null 2>&1 || true
  fi
  if [ -n "$engine_pid" ]; then
    kill "$engine_pid" 2> /dev/null || true
    wait "$engine_pid" 2> /dev/null || true
    rm -rf "$engine"
  fi
  exit "$status"
}

# Debian of this machine's release, less what a container does not need, shells among it.
make_base() {
  BASE_IMAGE=ennead-base:verify
  docker image inspect "$BASE_IMAGE" > /dev/null 2>&1 && return
  command -v debootstrap > /dev/null || skip "no debootstrap to make a base image with (or give BASE_IMAGE)"
  local mirror
  mirror=$({ cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2> /dev/null || true; } |
    sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\?\(http[^ ]*\) .*/\2/p' | sed -n 1p)
  [ -n "$mirror" ] || skip "no mirror of Debian is known here to make a base image from (or give BASE_IMAGE)"
  rm -rf "$work/base"
  debootstrap --variant=minbase "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" "$work/base" "$mirror" \
    > "$work/debootstrap.log" 2>&1 || fail "debootstrap: $(tail -n 1 "$work/debootstrap.log")"
  tar -C "$work/base" --exclude='./var/cache/*' --exclude='./var/lib/apt/lists/*' \
    --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' \
    --exclude='./usr/bin/*sh' -c . | docker import - "$BASE_IMAGE" > /dev/null
  rm -rf "$work/base"
}

build_image() {
  [ -n "${BASE_IMAGE:-}" ] || make_base
  passed "base image: $BASE_IMAGE"
  "$root/deploy/docker/build.sh" --base "$BASE_IMAGE" --tag "$IMAGE" > "$work/build.log" 2>&1 ||
    fail "the image is not built: $(tail -n 3 "$work/build.log")"
  passed "image: $(tail -n 1 "$work/build.log")"
}

start() {
  up=yes
  compose up -d > "$work/up.log" 2>&1 || fail "up: $(tail -n 3 "$work/up.log")"
  for _ in $(seq 1 600); do
    [ "$(health router)" = healthy ] && return
    sleep 1
  done
  fail "the router is not healthy: $(docker inspect --format '{{json .State.Health}}' "$(container router)")"
}

container() {
  compose ps -q "$1"
}

health() {
  docker inspect --format '{{.State.Health.Status}}' "$(container "$1")"
}

# The text that the model goes on with: temperature 0, so always the same.
generate() {
  local tokens=$1
  shift
  "$root/ennead" generate --addr "$address" --prompt "$prompt" --temperature 0 \
    --min-tokens "$tokens" --max-tokens "$tokens" "$@" 2> "$work/generate.log"
}

# As if it had crashed: what `docker kill` ends, Docker does not start again.
crash() {
  local node
  node=$(container "$1")
  kill -KILL "$(docker inspect --format '{{.State.Pid}}' "$node")"
}

survive_a_crash() {
  local expected request restarts sofar
  expected=$(generate 300) || fail "generate: $(tail -n 2 "$work/generate.log")"
  generate 300 > "$work/survivor.txt" &
  request=$!
  until [ -s "$work/survivor.txt" ] || ! kill -0 "$request" 2> /dev/null; do
    sleep 0.05
  done
  crash expert-3
  sofar=$(wc -c < "$work/survivor.txt")
  [ "$sofar" -lt "${#expected}" ] || fail "the request had ended before expert-3 was killed"
  wait "$request" || fail "the request under which expert-3 was killed: $(tail -n 2 "$work/generate.log")"
  [ "$(cat "$work/survivor.txt")" = "$expected" ] || fail "the text differs after expert-3 was killed"
  restarts=$(docker inspect --format '{{.RestartCount}}' "$(container expert-3)")
  [ "$restarts" -ge 1 ] || fail "expert-3 was not started again"
  for _ in $(seq 1 300); do
    [ "$(health expert-3)" = healthy ] && return
    sleep 1
  done
  fail "expert-3 is not healthy again"
}

find_ghz() {
  [ -x "$GHZ" ] && return
  command -v go > /dev/null || return 1
  CGO_ENABLED=0 GOBIN=$work/bin go install github.com/bojand/ghz/cmd/ghz@v0.93.0 > "$work/ghz-build.log" 2>&1 ||
    fail "ghz is not built: $(tail -n 1 "$work/ghz-build.log")"
}

load() {
  if ! find_ghz; then
    echo "SKIP: no go to build ghz with"
    return
  fi
  local name total
  for name in unary-smoke stream-closed-loop; do
    compose --profile loadtest run --rm ghz --config "ghz/$name.json" router:8470 > "$work/$name.txt" 2>&1 ||
      fail "ghz $name: $(tail -n 3 "$work/$name.txt")"
    total=$(sed -n 's/.*Count:\s*\([0-9]*\).*/\1/p' "$work/$name.txt")
    grep -q "\[OK\] *$total resp" "$work/$name.txt" || fail "ghz $name: not all calls OK, see $work/$name.txt"
    passed "ghz $name: $total calls, all OK, $(sed -n 's/.*Requests\/sec:\s*//p' "$work/$name.txt") a second"
  done
}

stop() {
  local node code
  compose stop > /dev/null 2>&1
  for node in router expert-{0..7}; do
    code=$(docker inspect --format '{{.State.ExitCode}}' "$(compose ps -aq "$node" 2> /dev/null || compose ps -q "$node")")
    [ "$code" = 0 ] || fail "$node ended with status $code (expected: 0)"
  done
  compose down --volumes > /dev/null 2>&1
  up=""
}

issue_certificates() {
  rm -rf "$CERTS_DIR"
  "$root/ennead" certs node --dir "$CERTS_DIR" --role node \
    --host router,expert-0,expert-1,expert-2,expert-3,expert-4,expert-5,expert-6,expert-7 > /dev/null
  "$root/ennead" certs client --dir "$CERTS_DIR" --role infer > /dev/null
  chown "$RUN_AS" "$CERTS_DIR"/node*.pem
}

under_tls() {
  local expected=$1 text
  overrides=tls
  start
  passed "mutual TLS: nine containers healthy"
  text=$(generate 24 --tls-ca "$CERTS_DIR/ca.pem" --tls-cert "$CERTS_DIR/client.pem" --tls-key "$CERTS_DIR/client-key.pem") ||
    fail "mutual TLS: $(tail -n 2 "$work/generate.log")"
  [ "$text" = "$expected" ] || fail "mutual TLS: another text: $text"
  if generate 1 --tls-ca "$CERTS_DIR/ca.pem" > /dev/null; then
    fail "mutual TLS: a client without certificate was answered"
  fi
  passed "mutual TLS: the same text; refused without a certificate"
}

mkdir -p "$work"
check_config
if [ "${1:-}" = --config-only ]; then
  exit 0
fi
trap cleanup EXIT
find_engine
passed "engine: Docker $(docker version --format '{{.Server.Version}}'), $(compose version | head -n 1)"
build_image
start
passed "nine containers healthy: $(docker stats --no-stream --format '{{.Name}} {{.MemUsage}}' | sed -n 's/.*_\?\(router\|expert.[0-7]\).* \([0-9.]*MiB\) .*/\1 \2/p' | sort | paste -sd , -)"
text=$(generate 24) || fail "generate: $(tail -n 2 "$work/generate.log")"
passed "generated:$(tr '\n' ' ' <<< "$text")"
survive_a_crash
passed "expert-3 killed under a request: that ended with the same 300 tokens, and expert-3 is healthy again"
load
stop
passed "stopped: nine containers ended with status 0"
issue_certificates
under_tls "$text"
stop
passed "done"
