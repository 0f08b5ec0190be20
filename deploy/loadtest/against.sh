#!/usr/bin/env bash
# Compares a cluster with other engines on the same weights, threads and machine, all in turns:
#
#   against.sh transformers llama_cpp     tokens per second generated and of a prompt
#   against.sh hivemind                   one layer of experts behind the network, milliseconds
#
# Starts the cluster itself, and gives per figure the medians of the rounds and the median, least and most of the rounds' ratios. A first
# round is thrown away: a cluster that has just started is slow. What a peer needs is told in peers/*_peer.py.
#
#   NODES      local: one JVM (default); processes: nine processes
#   BASE_PORT  first port of the cluster (default 18470)
#   MODEL      model directory (default: the bundled demo model)
#   PYTHON     a Python with what the peers need (default python3)
#   DTYPE      f32 or bf16, of all (default f32; hivemind has only f32)
#   THREADS    native threads of the peers (default: all processors)
#   ROUNDS     default 5
#   LOCK       a file to lock while something runs, where a machine is shared (default: none)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
ennead=$root/ennead
base=${BASE_PORT:-18470}
address=127.0.0.1:$base
model=${MODEL:-$root/deploy/models/demo}
dtype=${DTYPE:-f32}
threads=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
work=$here/target/against
log=$work/cluster.log
cluster=(--base-port "$base" --dtype "$dtype" --model "$model")

fail() {
  echo "against: $*" >&2
  exit 1
}

# Nothing that is started and stays may keep the lock.
alone() {
  if [ -n "${LOCK:-}" ]; then
    { flock 9 && "$@" 9>&-; } 9> "$LOCK"
  else
    "$@"
  fi
}

start() {
  "$ennead" --version > /dev/null # builds, when that is needed
  if [ "${NODES:-local}" = processes ]; then
    "$ennead" cluster up "${cluster[@]}" --run-dir "$work/run" > "$log"
    trap '"$ennead" cluster down --base-port "$base" --run-dir "$work/run" > /dev/null' EXIT
    return
  fi
  "$ennead" local "${cluster[@]}" --max-tokens 8 > "$log" 2>&1 &
  pid=$!
  trap 'kill "$pid"; wait "$pid" || true' EXIT
  until grep -q '^Serving' "$log"; do
    kill -0 "$pid" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
    sleep 0.2
  done
}

# Lines "FIGURE STREAMS RATE" of one side.
peer() {
  case $1 in
    hivemind) set -- "$1" --seconds 3 ;;
    *) set -- "$1" --dtype "$dtype" --repetitions 1 ;;
  esac
  HF_HUB_OFFLINE=1 "${PYTHON:-python3}" "$here/peers/$1_peer.py" "$model" --threads "$threads" "${@:2}" 2> "$work/$1.log" | grep -v '^#' ||
    fail "$1: $(tail -n 5 "$work/$1.log")"
}

ours() {
  case $* in
    hivemind) "$ennead" bench layer --addr "$address" | awk 'NR > 1 { print "layer", $1, 1e6 / $2 }' ;;
    *) "$ennead" bench --addr "$address" --prompts 1 --prompt-tokens 512 | awk '$1 == "decode" || $1 == "prefill" { print $1, $2, $3 }' ;;
  esac
}

round() {
  for name in "$@"; do
    peer "$name" | awk -v who="$name" '{ print who, $1, $2, $3 }'
  done
  ours "$@" | awk '{ print "ennead", $1, $2, $3 }'
}

table() {
  awk -v peers="$*" '
    function median(values, n,  i, j, t) {
      for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j - 1] > values[j]; j--) { t = values[j]; values[j] = values[j - 1]; values[j - 1] = t }
      return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    function middle(who, figure,  r, rates) {
      for (r = 1; r <= rounds; r++) rates[r] = rate[who, figure, r]
      r = median(rates, rounds)
      return figure ~ /^layer/ ? sprintf("%.2f ms", 1000 / r) : sprintf("%.0f", r)
    }
    function ratio(who, figure,  r, ratios, m) {
      for (r = 1; r <= rounds; r++) ratios[r] = rate["ennead", figure, r] / rate[who, figure, r]
      m = median(ratios, rounds)
      return sprintf("%.2f (%.2f to %.2f)", m, ratios[1], ratios[rounds])
    }
    { figure = $3 " " $4; rounds = $1; rate[$2, figure, $1] = $5 }
    $1 == 1 && $2 == "ennead" { figures[++count] = figure }
    END {
      n = split(peers, names, " ")
      head = "| | ennead |"; rule = "|---|---|"
      for (p = 1; p <= n; p++) { head = head " " names[p] " | times as fast |"; rule = rule "---|---|" }
      print head; print rule
      for (f = 1; f <= count; f++) {
        line = "| " figures[f] " | " middle("ennead", figures[f]) " |"
        for (p = 1; p <= n; p++) line = line " " middle(names[p], figures[f]) " | " ratio(names[p], figures[f]) " |"
        print line
      }
    }' "$work/rounds.txt"
}

[ $# -gt 0 ] || fail "which peers? (transformers, llama_cpp, hivemind)"
for name in "$@"; do
  [ -f "$here/peers/${name}_peer.py" ] || fail "no such peer: $name"
  [ "$name" != hivemind ] || [ $# = 1 ] || fail "hivemind has a table of its own"
done
mkdir -p "$work"
alone start
alone round "$@" > "$work/first.txt"
: > "$work/rounds.txt"
for i in $(seq "${ROUNDS:-5}"); do
  alone round "$@" | awk -v round="$i" '{ print round, $0 }' >> "$work/rounds.txt"
done
table "$@"
