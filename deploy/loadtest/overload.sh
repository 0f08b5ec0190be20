#!/usr/bin/env bash
# Twice the load that a cluster can sustain: nine processes with the bundled model, requests at random
# moments (open loop). First the sustainable load: a ladder of rates, from 60 % of what a closed loop
# gets through up until requests are refused; the one with the most requests per second that meet the
# objective (goodput). Then twice that, and the same rate once more, for machines that change meanwhile.
# Passes when goodput stays at 90 % of its peak or more, refusals come within 50 ms, and the slowest that
# was let in had its first token within the bound. Five to seven minutes; wants a quiet machine and jq.
#
#   LENGTH     seconds at twice the load (default 120)
#   STEP       seconds of each rate before (default 30)
#   FIRST      objective: first token within so many ms (default 2000)
#   TOKEN      objective: on average so many ms between tokens (default 250)
#   QUEUE      the router's --max-queue-time in ms (default 500)
#   REFUSAL    bound of the 99th percentile of the time to a refusal, in ms (default 50)
#   MIX        lengths of prompts and answers (default 16-64 and 16-64)
#   BASE_PORT  first port (default 18870)
# shellcheck source-path=SCRIPTDIR source=report/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/report/lib.sh"

length=${LENGTH:-120}
step=${STEP:-30}
first=${FIRST:-2000}
token=${TOKEN:-250}
queue=${QUEUE:-500}
refusal=${REFUSAL:-50}
mix=${MIX:-16-64}
command -v jq > /dev/null || fail "no jq found"

# traffic NAME SECONDS FLAG...: what a run showed, in $work/overload-NAME.json.
traffic() {
  local file=$work/overload-$1.json
  "$ennead" bench traffic --addr "$address" --connections 4 --duration "$2s" --timeout 1m \
    --prompt-tokens "$mix" --tokens "$mix" --slo-first-token "${first}ms" --slo-token "${token}ms" \
    --output "$file" "${@:3}" > "$work/overload-$1.txt" 2>&1 ||
    fail "no load: $(tail -n 5 "$work/overload-$1.txt")"
}

# goodput NAME: good requests per second of sending; those that come last end after it.
goodput() {
  figure "$1" '.ennead.good / (.options.duration / 1e9)'
}

# figure NAME FILTER: a number of a run.
figure() {
  jq -r "$2" "$work/overload-$1.json"
}

# millis NAME KIND: p50, p99 and most of the times of a kind, in ms.
millis() {
  figure "$1" ".ennead.$2 | [.p50, .p99, .max] | map(. / 1e6 | round | tostring) | join(\" \")"
}

# refused_share NAME: of a run's requests, in percent.
refused_share() {
  figure "$1" '100 * .ennead.refused / .count | floor'
}

cpu_load() {
  cut -d ' ' -f 1-3 /proc/loadavg
}

start_processes --router-flag="--max-queue-time=${queue}ms"
echo "load average before: $(cpu_load)"
traffic warm "$step" --concurrency 64
traffic closed "$step" --concurrency 64
most=$(figure closed '.statusCodeDistribution.OK / (.total / 1e9)')
echo "closed loop of 64: $(printf '%.1f' "$most") requests/s"

# try_rate NAME RATE: one rung; keeps the best in $peak and $sustained.
peak=0
sustained=0
try_rate() {
  local good
  traffic "$1" "$step" --rps "$2"
  good=$(goodput "$1")
  echo "open loop, $2 requests/s: goodput $(printf '%.2f' "$good")," \
    "first token p50 p99 max $(millis "$1" firstToken) ms, refused $(figure "$1" .ennead.refused)"
  if awk -v good="$good" -v peak="$peak" 'BEGIN { exit !(good > peak) }'; then
    peak=$good
    sustained=$2
  fi
}

rate=$(awk -v most="$most" 'BEGIN { printf "%.2f", most * 0.6 }')
for number in $(seq 1 10); do
  try_rate "step-$number" "$rate"
  [ "$(refused_share "step-$number")" -lt 5 ] || break
  rate=$(awk -v rate="$rate" 'BEGIN { printf "%.2f", rate * 1.2 }')
done

twice=$(awk -v rate="$sustained" 'BEGIN { printf "%.2f", 2 * rate }')
traffic twice "$length" --rps "$twice"
try_rate again "$sustained"
echo "load average after: $(cpu_load)"
good=$(goodput twice)
ratio=$(awk -v good="$good" -v peak="$peak" 'BEGIN { printf "%.3f", (peak > 0 ? good / peak : 0) }')
read -r refused_half refused_most refused_max <<< "$(millis twice refusal)"
read -r first_half first_most first_max <<< "$(millis twice firstToken)"
others=$(figure twice '.errorDistribution | del(.QUEUE_FULL) | add // 0')

echo
echo "| load | requests | answered | refused | goodput | first token p50, p99, max | whole p50, p99, max | refusal p50, p99, max |"
echo "|---|---|---|---|---|---|---|---|"
printf '| %s requests/s, %s s | %s | %s | %s | %.2f/s, %s of the peak of %.2f/s | %s, %s, %s ms | %s ms | %s, %s, %s ms |\n' \
  "$twice" "$length" "$(figure twice .count)" "$(figure twice '.statusCodeDistribution.OK // 0')" "$(figure twice .ennead.refused)" \
  "$good" "$ratio" "$peak" "$first_half" "$first_most" "$first_max" "$(millis twice request | sed 's/ /, /g')" \
  "$refused_half" "$refused_most" "$refused_max"
echo

missed=0
# check WHAT VALUE SIGN GOAL
check() {
  local answer
  answer=$(met "$2" "$3" "$4")
  echo "$1: $2 (goal: $3 $4): $answer"
  [ "$answer" = yes ] || missed=1
}
check "refused at twice the load, in % (else it was none)" "$(refused_share twice)" '>=' 25
check "goodput at twice the load, of the peak" "$ratio" '>=' 0.9
check "refusal, 99th percentile in ms" "$refused_most" '<=' "$refusal"
check "first token of those let in, longest in ms" "$first_max" '<=' $((2 * first))
check "failed otherwise" "$others" '<=' 0
exit "$missed"
