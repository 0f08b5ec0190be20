#!/usr/bin/env bash
# What determinism and traces cost, as Markdown tables: throughput with fixed tiles against kernels that run on as many rows as there
# are, and with a trace of each level against none. Both sides run alternately on this machine, and the ratios are of neighbours in time.
#
#   overheads.sh [tiles]   with tiles: only the first table
#
#   BASE_PORT  first port of the clusters (default 18570; two clusters in one JVM each)
#   ROUNDS     runs of each side (default 7)
#   DTYPE      f32, bf16 or int8 (default f32)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ennead=$(cd "$here/../.." && pwd -P)/ennead
base=${BASE_PORT:-18570}
rounds=${ROUNDS:-7}
work=$here/target/overheads
mkdir -p "$work"
pids=()

fail() {
  echo "overheads: $*" >&2
  exit 1
}

stop_all() {
  for pid in "${pids[@]}"; do
    kill "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  done
}
trap stop_all EXIT

# Starts a cluster in one JVM on the given port, which computes every prompt: each bench sends the same ones, and requests with a trace
# would be the only ones that skip nothing.
start() {
  local log=$work/cluster-$1.log pid
  : > "$log"
  "$ennead" local --base-port "$1" --dtype "${DTYPE:-f32}" --max-tokens 8 --router-set prefix-cache=false "${@:2}" > "$log" 2>&1 &
  pid=$!
  pids+=("$pid")
  for _ in $(seq 1 600); do
    grep -q '^Serving' "$log" && return
    kill -0 "$pid" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
    sleep 0.5
  done
  fail "no cluster after 300 s"
}

# One run against a port; lines "phase streams tokens/s" go to the file.
bench() {
  "$ennead" bench --addr "127.0.0.1:$1" --runs 1 --streams 1,8,32 --tokens 128 "${@:3}" |
    awk '$1 == "decode" || $1 == "prefill" { print $1, $2, $3 }' > "$2"
}

median() {
  sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# A table of two sides: medians, and the median and range of the ratios of neighbours.
table() {
  local line a b ratios
  echo "| | $3 | $4 | ratio |"
  echo '|---|---|---|---|'
  for line in "decode 1" "decode 8" "decode 32" "prefill 4"; do
    a=$(grep -h "^$line " "$work/$1".* | cut -d' ' -f3 | median)
    b=$(grep -h "^$line " "$work/$2".* | cut -d' ' -f3 | median)
    ratios=$(for i in $(seq 1 "$rounds"); do
      paste -d' ' <(grep "^$line " "$work/$1.$i") <(grep "^$line " "$work/$2.$i") | awk '{ print $3 / $6 }'
    done)
    awk -v line="$line" -v a="$a" -v b="$b" -v m="$(median <<< "$ratios")" \
      -v low="$(sort -n <<< "$ratios" | head -n 1)" -v high="$(sort -n <<< "$ratios" | tail -n 1)" \
      'BEGIN { printf "| %s streams | %.0f tokens/s | %.0f tokens/s | %.3f (%.3f to %.3f) |\n", line, a, b, m, low, high }'
  done
}

"$ennead" --version > /dev/null # builds, when that is needed
rm -f "$work"/{fixed,free,none,summary,full}.*
start "$base"
start $((base + 100)) --router-set batch-invariant=false --expert-set batch-invariant=false
for i in $(seq 0 "$rounds"); do # the first round warms up and is overwritten
  if ((i % 2)); then
    bench "$base" "$work/fixed.$i"
    bench $((base + 100)) "$work/free.$i"
  else
    bench $((base + 100)) "$work/free.${i/#0/1}"
    bench "$base" "$work/fixed.${i/#0/1}"
  fi
done
table fixed free "fixed tiles" "as many rows as there are"
[ "${1:-}" != tiles ] || exit 0
echo
levels=(none summary full)
for i in $(seq 1 "$rounds"); do
  for place in 0 1 2; do # each level comes first, second and last in turn
    level=${levels[$(((place + i) % 3))]}
    bench "$base" "$work/$level.$i" --trace "$level"
  done
done
table summary none "summary" "no trace"
echo
table full none "full trace" "no trace"
