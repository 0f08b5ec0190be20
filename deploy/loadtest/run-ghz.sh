#!/usr/bin/env bash
# Starts a cluster of its own, lists its services by reflection and runs every load test in ghz/ against it, or those named.
# Fails when a call does not end as its test's tag "expect" says. Reports: target/ghz/NAME.json and NAME.html, and the table
# that GHZ.md shows. Needs Go for ghz and grpcurl where they are not installed.
#
#   run-ghz.sh [NAME...]
#   BASE_PORT  first port of the cluster (default 18470)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
base=${BASE_PORT:-18470}
router=127.0.0.1:$base
expert=127.0.0.1:$((base + 30))
work=$here/target
reports=$work/ghz
log=$work/cluster.log
table=$reports/table.md
mkdir -p "$reports"

fail() {
  echo "run-ghz: $*" >&2
  exit 1
}

# The path of a tool: the installed one, or else one built into target/bin.
tool() {
  local name=$1 package=$2 version=$3
  if command -v "$name"; then
    return
  fi
  if [ ! -x "$work/bin/$name" ]; then
    command -v go > /dev/null || fail "no $name and no go found: install one of them"
    GOBIN=$work/bin go install "$package@$version" >&2
  fi
  echo "$work/bin/$name"
}

await() {
  local text=$1
  for _ in $(seq 1 600); do
    grep -q "$text" "$log" && return
    kill -0 "$pid" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
    sleep 0.5
  done
  fail "the cluster is not ready after 5 minutes: $(tail -n 5 "$log")"
}

stop() {
  kill "$pid" 2> /dev/null || true
  wait "$pid" 2> /dev/null || true
}

# A string or number of a test's own file.
setting() {
  sed -n "s/.*\"$2\": \"\{0,1\}\([^\",]*\).*/\1/p" "$1" | head -n 1
}

milliseconds() {
  local nanos
  nanos=$(grep -o "\"percentage\":$2,\"latency\":[0-9]*" "$1" | cut -d: -f3)
  LC_ALL=C awk -v nanos="${nanos:-0}" 'BEGIN { printf "%.1f", nanos / 1e6 }'
}

# Every call of a test must have ended as the test expects.
run() {
  local config=$1 name total expect out address rate
  name=$(basename "$config" .json)
  total=$(setting "$config" total)
  expect=$(sed -n 's/.*"expect": "\([A-Za-z]*\)".*/\1/p' "$config")
  out=$reports/$name.json
  address=$router
  case $name in expert-*) address=$expert ;; esac
  (cd "$here" && "$ghz" --config "$config" --format json --output "$out" "$address")
  tr -d ' \n' < "$out" | grep -q "\"statusCodeDistribution\":{\"$expect\":$total}" ||
    fail "$name: not all of $total calls ended with $expect: $(tr -d '\n' < "$out" | grep -o '"\(status\|error\)[A-Za-z]*Distribution":{[^}]*}')"
  rate=$(grep -o '"rps":[0-9.]*' "$out" | head -n 1 | cut -d: -f2)
  LC_ALL=C printf '| %s | %s | %d | all %s | %.0f | %s | %s | %s |\n' "$name" "$(setting "$config" call)" "$total" "$expect" "$rate" \
    "$(milliseconds "$out" 50)" "$(milliseconds "$out" 95)" "$(milliseconds "$out" 99)" | tee -a "$table"
}

ghz=$(tool ghz github.com/bojand/ghz/cmd/ghz v0.93.0)
grpcurl=$(tool grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl v1.9.4)

"$root/ennead" loadtest-data --out "$work/moe-forward.bin"
"$root/ennead" loadtest-data --service expert --tokens 85 --out "$work/expert-forward.bin"
"$root/ennead" local --base-port "$base" --max-tokens 8 > "$log" 2>&1 &
pid=$!
trap stop EXIT
await '^Serving'

services=$("$grpcurl" -plaintext "$router" list)
for service in ennead.v1.InferenceService ennead.v1.MoeService grpc.health.v1.Health; do
  grep -qx "$service" <<< "$services" || fail "reflection does not list $service: $services"
done
echo "services: $(tr '\n' ' ' <<< "$services")"

"$grpcurl" -plaintext -d '{"text": "Once upon a time", "stopping": {"max_tokens": 4}}' \
  "$router" ennead.v1.InferenceService/Generate > "$work/grpcurl.json" ||
  fail "grpcurl could not call Generate"

printf '| test | call | calls | ended | calls/s | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|---|---|---|\n' | tee "$table"
if [ $# -eq 0 ]; then
  set -- unary-smoke stream-closed-loop stream-open-loop step-ramp cancel-storm large-prompt moe-forward expert-forward-64KiB
fi
for name in "$@"; do
  run "$here/ghz/$name.json"
done
