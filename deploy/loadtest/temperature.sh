#!/usr/bin/env bash
# Samples 20,000 tokens at each of several temperatures and fits the temperature again: runs
# TemperatureRecoveryIT, of which the build runs a part, on all of them. About a minute for each.
#
#   TEMPERATURES  (default 0.5,0.7,1,1.4,2)
#   SEED          of the first sample (default 1); an interval at 95 % misses for one seed in twenty
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
log=$root/deploy/loadtest/target/temperature.log
mkdir -p "$(dirname "$log")"
cd "$root"
result=0
mvn -B -pl deploy/cli -am verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false \
  -Dit.test=TemperatureRecoveryIT -Dfailsafe.failIfNoSpecifiedTests=false \
  -Dennead.temperatures="${TEMPERATURES:-0.5,0.7,1,1.4,2}" -Dennead.seed="${SEED:-1}" > "$log" 2>&1 || result=$?
grep '^T [0-9.]*: ' "$log" || tail -n 20 "$log" >&2
exit "$result"
