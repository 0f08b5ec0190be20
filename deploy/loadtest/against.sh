#!/usr/bin/env bash
# Compares a cluster with other engines on the same weights, threads and machine, all in turns:
#
#   against.sh transformers llama_cpp     tokens per second generated and of a prompt
#   against.sh hivemind                   one layer of experts behind the network, milliseconds
#
# Starts the clusters itself, and gives per figure the medians of the rounds and the median, least and most of the rounds' ratios. What a
# peer needs is told in peers/*_peer.py.
#
#   NODES      local (one JVM), processes (nine), or both, one after the other (default: "local processes")
#   BASE_PORT  first port of the clusters (default 18470; nine processes take the ports 100 above)
#   MODEL      model directory (default: the bundled demo model)
#   PYTHON     a Python with what the peers need (default python3)
#   DTYPE      f32 or bf16, of all (default f32; hivemind has only f32)
#   THREADS    native threads of the peers (default: all processors)
#   TOKENS     that every stream makes (default 128)
#   SECONDS_OF_CALLS  that hivemind and the layer are called, per number of rows (default 3)
#   EXPERTS    implementations of transformers, with commas (default: all; the best of each figure counts)
#   WARM_UP    runs of a cluster that are thrown away: a JVM that has just started makes half the tokens of a warm one (default 5)
#   ROUNDS     default 5
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
ennead=$root/ennead
model=${MODEL:-$root/deploy/models/demo}
dtype=${DTYPE:-f32}
threads=${THREADS:-$(getconf _NPROCESSORS_ONLN)}
tokens=${TOKENS:-128}
seconds=${SECONDS_OF_CALLS:-3}
read -ra nodes <<< "${NODES:-local processes}"
local_port=${BASE_PORT:-18470}
processes_port=$((local_port + 100))
work=$here/target/against/$dtype-${1:-}
log=$work/local.log
cluster=(--dtype "$dtype" --model "$model")
pid=

fail() {
  echo "against: $*" >&2
  exit 1
}

start_local() {
  rm -f "$log"
  "$ennead" local "${cluster[@]}" --base-port "$local_port" --max-tokens 8 > "$log" 2>&1 &
  pid=$!
  until grep -qs '^Serving' "$log"; do
    kill -0 "$pid" 2> /dev/null || fail "the cluster ended: $(tail -n 5 "$log")"
    sleep 0.2
  done
}

start_processes() {
  "$ennead" cluster up "${cluster[@]}" --base-port "$processes_port" --run-dir "$work/run" > "$work/up.log"
}

# A cluster that waits is not free: 30 waiting processes took 0.6 of a core. Only one runs at a time.
stop_local() {
  kill "$pid" || true
  wait "$pid" || true
}

stop_processes() {
  "$ennead" cluster down --base-port "$processes_port" --run-dir "$work/run" > /dev/null || true
}

# Lines "FIGURE STREAMS RATE" of one side.
peer() {
  local flags=(--dtype "$dtype" --tokens "$tokens")
  case $1 in
    hivemind) flags=(--seconds "$seconds") ;;
    llama_cpp) flags+=(--repetitions 5) ;; # of 50 ms each for one stream
    transformers) flags+=(--repetitions 1 --experts "${EXPERTS:-}") ;;
  esac
  HF_HUB_OFFLINE=1 "${PYTHON:-python3}" "$here/peers/$1_peer.py" "$model" --threads "$threads" "${flags[@]}" 2> "$work/$1.log" |
    grep -v '^#' || fail "$1: $(tail -n 5 "$work/$1.log")"
}

ours() {
  local port=$1_port
  local address=127.0.0.1:${!port}
  case $2 in
    hivemind) "$ennead" bench layer --addr "$address" --time "${seconds}s" | awk 'NR > 1 { print "layer", $1, 1e6 / $2 }' ;;
    *)
      "$ennead" bench --addr "$address" --runs 1 --tokens "$tokens" --prompts 1 --prompt-tokens 512 |
        awk '$1 == "decode" || $1 == "prefill" { print $1, $2, $3 }'
      ;;
  esac
}

round() {
  for name in "$@"; do
    peer "$name" | awk -v who="$name" '{ print who, $1, $2, $3 }'
  done
  ours "$where" "$@" | awk -v who="$where" '{ print who, $1, $2, $3 }'
}

table() {
  awk -v peers="$*" -v nodes="$where" '
    function median(values, n,  i, j, t) {
      for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j - 1] > values[j]; j--) { t = values[j]; values[j] = values[j - 1]; values[j - 1] = t }
      return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    function middle(who, figure,  r, rates) {
      for (r = 1; r <= rounds; r++) rates[r] = rate[who, figure, r]
      r = median(rates, rounds)
      return figure ~ /^layer/ ? sprintf("%.2f ms", 1000 / r) : sprintf("%.0f", r)
    }
    function ratio(us, who, figure,  r, ratios, m) {
      for (r = 1; r <= rounds; r++) ratios[r] = rate[us, figure, r] / rate[who, figure, r]
      m = median(ratios, rounds)
      return sprintf("%.2f (%.2f to %.2f)", m, ratios[1], ratios[rounds])
    }
    function cells(figure,  line, p, w) {
      line = "| " figure " |"
      for (w = 1; w <= places; w++) line = line " " (figure == "" ? where[w] : middle(where[w], figure)) " |"
      for (p = 1; p <= others; p++) {
        line = line " " (figure == "" ? other[p] : middle(other[p], figure)) " |"
        for (w = 1; w <= places; w++) line = line " " (figure == "" ? where[w] " to " other[p] : ratio(where[w], other[p], figure)) " |"
      }
      return line
    }
    BEGIN { others = split(peers, other, " "); places = split(nodes, where, " ") }
    { figure = $3 " " $4; rounds = $1; rate[$2, figure, $1] = $5 }
    $1 == 1 && $2 == where[1] { figures[++count] = figure }
    END {
      head = rule = cells("")
      gsub(/[^|]+/, "---", rule)
      print head; print rule
      for (f = 1; f <= count; f++) print cells(figures[f])
    }' "$work/rounds.txt"
}

[ $# -gt 0 ] || fail "which peers? (transformers, llama_cpp, hivemind)"
for name in "$@"; do
  [ -f "$here/peers/${name}_peer.py" ] || fail "no such peer: $name"
  [ "$name" != hivemind ] || [ $# = 1 ] || fail "hivemind has a table of its own"
done
mkdir -p "$work"
"$ennead" --version > /dev/null # builds, when that is needed
compare() {
  for _ in $(seq "${WARM_UP:-5}"); do
    ours "$where" "$@" > /dev/null
  done
  : > "$work/rounds.txt"
  for i in $(seq "${ROUNDS:-5}"); do
    round "$@" | awk -v round="$i" '{ print round, $0 }' >> "$work/rounds.txt"
  done
  table "$@"
}

for where in "${nodes[@]}"; do
  trap 'stop_$where' EXIT
  "start_$where"
  compare "$@"
  "stop_$where"
  trap - EXIT
done
