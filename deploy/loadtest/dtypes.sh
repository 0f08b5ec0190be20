#!/usr/bin/env bash
# Perplexity of the demo model on its validation text, bytes of its experts, and tokens per second, in
# each compute type, as a Markdown table. One cluster in one JVM after the other.
#
#   BASE_PORT  first port of the clusters (default 18670)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
ennead=$(cd "$here/../.." && pwd -P)/ennead
base=${BASE_PORT:-18670}
address=127.0.0.1:$base
log=$here/target/dtypes.log
mkdir -p "$here/target"

fail() {
  echo "dtypes: $*" >&2
  exit 1
}

await_serving() {
  for _ in $(seq 1 600); do
    grep -q '^Serving' "$log" && return
    kill -0 "$1" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
    sleep 0.5
  done
  fail "no cluster after 300 s"
}

"$ennead" --version > /dev/null # builds, if need be
sizes=$("$ennead" inspect | sed -n 's/^each of 8 expert nodes  *[0-9,]*  *//p')
echo '| compute type | perplexity | experts of a node | tokens/s generated, 8 streams | tokens/s scored |'
echo '|---|---|---|---|---|'
column=0
for type in f32 bf16 int8; do
  column=$((column + 1))
  "$ennead" local --dtype "$type" --base-port "$base" > "$log" 2>&1 &
  pid=$!
  trap 'kill "$pid" 2> /dev/null || true' EXIT
  await_serving "$pid"
  # "37 texts, 54321 tokens: perplexity 27.1, 5000 tokens/s"
  read -r _ _ _ _ _ quality rate _ < <(
    "$ennead" score --addr "$address" --jsonl "$here/val.jsonl" --chunk 1023 --no-fit | tail -n 1
  )
  speed=$("$ennead" bench --addr "$address" --streams 8 --tokens 128 --prompts 8 --prompt-tokens 64 | awk '$1 == "decode" { printf "%.0f", $3 }')
  kill "$pid"
  wait "$pid" || true
  size=$(echo "$sizes" | sed 's/  */ /g' | cut -d' ' -f$((2 * column - 1)),$((2 * column)))
  echo "| $type | ${quality%,} | $size | $speed | $rate |"
done
