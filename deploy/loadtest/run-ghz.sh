#!/usr/bin/env bash
# Starts a cluster of its own, lists its services by reflection and runs the load tests in ghz/
# against it. Fails when a call fails. Needs Go for ghz and grpcurl where they are not installed.
#
#   BASE_PORT  first port of the cluster (default 18470)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
base=${BASE_PORT:-18470}
address=127.0.0.1:$base
work=$here/target
log=$work/cluster.log
mkdir -p "$work"

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

# Every call of a test must have ended with OK.
run() {
  local config=$1 name total out
  name=$(basename "$config" .json)
  total=$(sed -n 's/.*"total": \([0-9]*\).*/\1/p' "$config")
  out=$work/$name.result.json
  (cd "$here" && "$ghz" --config "$config" --format json --output "$out" "$address")
  grep -q "\"statusCodeDistribution\":{\"OK\":$total}" "$out" ||
    fail "$name: not all of $total calls ended with OK: $(grep -o '"errorDistribution":{[^}]*}' "$out")"
  rate=$(grep -o '"rps":[0-9.]*' "$out" | cut -d: -f2)
  printf '%-18s %5d calls, all OK, %.0f calls/s\n' "$name" "$total" "$rate"
}

ghz=$(tool ghz github.com/bojand/ghz/cmd/ghz v0.93.0)
grpcurl=$(tool grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl v1.9.4)

"$root/ennead" loadtest-data --out "$work/moe-forward.bin"
"$root/ennead" local --base-port "$base" --max-tokens 8 > "$log" 2>&1 &
pid=$!
trap stop EXIT
await '^Serving'

services=$("$grpcurl" -plaintext "$address" list)
for service in ennead.v1.InferenceService ennead.v1.MoeService grpc.health.v1.Health; do
  grep -qx "$service" <<< "$services" || fail "reflection does not list $service: $services"
done
echo "services: $(tr '\n' ' ' <<< "$services")"

"$grpcurl" -plaintext -d '{"text": "Once upon a time", "stopping": {"max_tokens": 4}}' \
  "$address" ennead.v1.InferenceService/Generate > "$work/grpcurl.json" ||
  fail "grpcurl could not call Generate"

for config in "$here"/ghz/*.json; do
  run "$config"
done
