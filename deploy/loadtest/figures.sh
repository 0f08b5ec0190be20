#!/usr/bin/env bash
# Measures a cluster on this machine, in one JVM and as nine processes, and prints the figures as a
# Markdown table: start to ready, tokens per second of 1, 8 and 32 streams, and of long prompts.
#
#   BASE_PORT  first port of the clusters (default 18470)
#   MODEL      model directory (default: the bundled demo model)
#   DTYPE      f32 or bf16 (default f32)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ennead=$(cd "$here/../.." && pwd -P)/ennead
base=${BASE_PORT:-18470}
address=127.0.0.1:$base
work=$here/target
log=$work/cluster.log
cluster=(--base-port "$base" --dtype "${DTYPE:-f32}")
[ -z "${MODEL:-}" ] || cluster+=(--model "$MODEL")
mkdir -p "$work"

fail() {
  echo "figures: $*" >&2
  exit 1
}

await_serving() {
  for _ in $(seq 1 1200); do
    grep -q '^Serving' "$log" && return
    kill -0 "$pid" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
    sleep 0.5
  done
  fail "the cluster is not ready after 10 minutes: $(tail -n 5 "$log")"
}

ready_seconds() {
  sed -n 's/^Ready after \([0-9.]*\) s.*/\1/p' "$1"
}

bench() {
  "$ennead" bench --addr "$address" --streams 1,8,32 --tokens 128 --prompt-tokens 900 > "$1"
}

stop_local() {
  kill "$pid" 2> /dev/null || true
  wait "$pid" 2> /dev/null || true
}

stop_processes() {
  "$ennead" cluster down --base-port "$base" --run-dir "$work/run" > /dev/null
}

# Tokens per second of one line of a bench table, rounded; with the ratio to one stream.
speed() {
  awk -v phase="$2" -v streams="${3:-}" '
    $1 == "decode" && $2 == 1 { one = $3 }
    $1 == phase && (streams == "" || $2 == streams) {
      printf "%.0f tokens/s", $3
      if (streams > 1) printf " (%.1f×)", $3 / one
    }' "$1"
}

machine() {
  local cpu
  cpu=$(lscpu 2> /dev/null | sed -n 's/^Model name: *//p' | head -n 1)
  [ -n "$cpu" ] || cpu=$(sysctl -n machdep.cpu.brand_string 2> /dev/null || uname -m)
  echo "$cpu, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr), Java $(java_version)"
}

java_version() {
  "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p'
}

row() {
  printf '| %s | %s | %s |\n' "$1" "$2" "$3"
}

"$ennead" --version > /dev/null # builds, when that is needed

"$ennead" local "${cluster[@]}" --max-tokens 8 > "$log" 2>&1 &
pid=$!
trap stop_local EXIT
await_serving
local_ready=$(ready_seconds "$log")
bench "$work/local.txt"
stop_local

trap stop_processes EXIT
"$ennead" cluster up "${cluster[@]}" --run-dir "$work/run" > "$work/up.log"
processes_ready=$(ready_seconds "$work/up.log")
bench "$work/processes.txt"

echo "Measured on $(machine)."
echo
row "" "one JVM" "nine processes"
row "---" "---" "---"
row "start to ready" "$local_ready s" "$processes_ready s"
for streams in 1 8 32; do
  row "decode, $streams stream$([ "$streams" = 1 ] || echo s)" \
    "$(speed "$work/local.txt" decode "$streams")" "$(speed "$work/processes.txt" decode "$streams")"
done
row "prefill" "$(speed "$work/local.txt" prefill)" "$(speed "$work/processes.txt" prefill)"
