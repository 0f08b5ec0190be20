#!/usr/bin/env bash
# The long forms of the tests of survival: every fault with and without replicas, a soak of good and
# bad clients under failing nodes, and ten thousand requests whose memory must stay flat. About half
# an hour, most of it the soak; wants a quiet machine, as it bounds times.
#
#   SOAK   length of the soak, as ISO 8601 writes durations (default PT10M; PT7H for a night)
#   SEED   of requests, clients and faults (default 20261125); the one of a failure repeats it
#   TESTS  which of them (default all), such as SoakIT
#
# Histories (a line of JSON per request) and the nodes' logs stay in deploy/cli/target/survival.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
log=$root/deploy/loadtest/target/survival.log
mkdir -p "$(dirname "$log")"
cd "$root"
result=0
mvn -B -pl deploy/cli -am verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false \
  -Dit.test="${TESTS:-SurvivalIT,SurvivalWithoutReplicasIT,SoakIT}" \
  -Dfailsafe.failIfNoSpecifiedTests=false -Dennead.long=true \
  -Dennead.soak="${SOAK:-PT10M}" -Dennead.seed="${SEED:-20261125}" > "$log" 2>&1 || result=$?
grep -E '^[a-z0-9-]+(\.jsonl)?: |Tests run:|^\[ERROR\]' "$log" || tail -n 20 "$log" >&2
exit "$result"
