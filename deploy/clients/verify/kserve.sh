#!/usr/bin/env bash
# Calls a cluster with the clients of Triton and KServe as they are published: makes a Python environment for each,
# starts ./ennead local, runs kserve_*.py, and fails when any answer differs from what is expected. Needs Python 3.9 or
# newer with venv, and a package index.
#
#   BASE_PORT  first port of the cluster (default 18490)
#   PYTHON     which Python (default python3)
#   CLIENTS    of "tritonclient kserve" (default: both)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../../.." && pwd -P)
port=${BASE_PORT:-18490}
python=${PYTHON:-python3}
read -ra clients <<< "${CLIENTS:-tritonclient kserve}"
work=$here/target
log=$work/local.log
pid=

# Each pins what it needs of grpc and protobuf, and both register the same messages: one environment each.
declare -A packages=(
  [tritonclient]="tritonclient[grpc]==2.60.0 numpy==1.26.4"
  [kserve]="kserve==0.21.0"
)

fail() {
  echo "kserve: $*" >&2
  exit 1
}

stop() {
  if [ -n "$pid" ]; then
    kill "$pid" 2> /dev/null || true
    wait "$pid" 2> /dev/null || true
  fi
}
trap stop EXIT

environment() {
  local client=$1 wanted
  read -ra wanted <<< "${packages[$client]}"
  [ -x "$work/$client/bin/python" ] || "$python" -m venv "$work/$client"
  "$work/$client/bin/python" -m pip install --quiet --disable-pip-version-check "${wanted[@]}" ||
    fail "$client cannot be installed here"
}

mkdir -p "$work"
for client in "${clients[@]}"; do
  [ -n "${packages[$client]:-}" ] || fail "CLIENTS: $client (expected: tritonclient, kserve)"
  environment "$client"
done
rm -f "$log"
"$root/ennead" local --base-port "$port" --max-tokens 8 > "$log" 2>&1 &
pid=$!
until grep -qs '^Serving' "$log"; do
  kill -0 "$pid" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
  sleep 0.2
done
for client in "${clients[@]}"; do
  "$work/$client/bin/python" "$here/kserve_$client.py" "127.0.0.1:$port" "$root"
done
