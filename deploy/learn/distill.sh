#!/usr/bin/env bash
# Trains the same student on soft labels at several temperatures and on hard labels alone, with the same steps and seeds, and
# says how they compare: validation perplexity, KL to the teacher, paired differences with 95 % intervals. Then serves a student
# and scores the validation text through the API. Starts its own teacher, the demo model. What is done already in $OUT is not
# done again.
#
#   CORPUS        training texts, {"text": ...} per line (required)
#   VALIDATION    validation texts (default deploy/loadtest/val.jsonl)
#   OUT           where students, labels and report.md go (default deploy/learn/target/distill)
#   TEMPERATURES  of the labels (default "1 2 4")
#   SEEDS         (default "0 1 2 3 4")
#   STEPS, BATCH, SEQUENCES, RATE, ALPHA, TOP, SHAPE   of the training; see `ennead distill --help`
#   JOBS          trainings at a time (default 1); where two ask for the same label, both write the same bytes
#   BASE_PORT     of the teacher and, 100 above, of the student (default 18700)
#   ENNEAD        the command (default ./ennead)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$root/deploy/learn/lib.sh"
corpus=${CORPUS:?a file of texts}
validation=${VALIDATION:-$root/deploy/loadtest/val.jsonl}
out=${OUT:-$root/deploy/learn/target/distill}
ennead=${ENNEAD:-$root/ennead}
read -ra temperatures <<< "${TEMPERATURES:-1 2 4}"
read -ra seeds <<< "${SEEDS:-0 1 2 3 4}"
read -ra shape <<< "${SHAPE:---hidden 96 --layers 2 --heads 3 --kv-heads 1 --width 192}"
port=${BASE_PORT:-18700}
jobs=${JOBS:-1}
chunk=128

trap stop EXIT

train() { # NAME SEED ARGUMENT...
  local dir=$out/$1-$2
  local seed=$2
  shift 2
  [ ! -s "$dir/result.json" ] || return 0
  mkdir -p "$dir"
  local try
  for try in 1 2 3 4 5 6; do # a training that broke off goes on
    if "$ennead" distill "$dir" --addr "127.0.0.1:$port" --corpus "$corpus" --validation "$validation" \
      --labels "$out/labels" --steps "${STEPS:-400}" --batch "${BATCH:-4}" --sequences "${SEQUENCES:-800}" \
      --learning-rate "${RATE:-0.005}" --chunk $chunk --top "${TOP:-64}" --seed "$seed" "${shape[@]}" "$@" \
      > "$dir/out$try.log" 2>&1; then
      return 0
    fi
    sleep 10
  done
  echo "$dir: see $dir/out6.log" >&2
  return 1
}

# Every JOBS-th seed, all kinds.
train_lane() { # LANE
  local i kind
  for i in "${!seeds[@]}"; do
    [ $((i % jobs)) -eq "$1" ] || continue
    train hard "${seeds[i]}" --alpha 0
    for kind in "${temperatures[@]}"; do
      train "T$kind" "${seeds[i]}" --alpha "${ALPHA:-0.9}" --label-temperature "$kind"
    done
  done
}

number() { # KEY FILE
  sed -n "s/.*\"$1\" : \([-0-9.E]*\).*/\1/p" "$2"
}

# "mean [low, high]" of numbers, one a line; the mean alone where there is but one.
interval() {
  mean_and_half | awk '{
    printf "%.3f", $2
    if ($1 > 1) printf " [%.3f, %.3f]", $2 - $3, $2 + $3
  }'
}

# One key of all seeds of a kind, or its difference to the hard labels' of the same seed.
values() { # KEY KIND [minus]
  local seed
  for seed in "${seeds[@]}"; do
    echo "$(number "$1" "$out/$2-$seed/result.json") $([ -z "${3:-}" ] || number "$1" "$out/hard-$seed/result.json")"
  done | awk '{ printf "%.6f\n", $1 - $2 }'
}

report() {
  local kind first=$out/hard-${seeds[0]}/result.json
  echo "Student: $(number parameters "$first") parameters of the teacher's $(number teacher_parameters "$first")." \
    "${#seeds[@]} seeds, ${STEPS:-400} steps of ${BATCH:-4} x $chunk tokens," \
    "$(number validation_tokens "$first") validation tokens."
  echo
  echo "| labels | perplexity | KL(teacher, student), nats | perplexity - hard | KL - hard |"
  echo "|---|--:|--:|--:|--:|"
  for kind in hard "${temperatures[@]/#/T}"; do
    echo "| $kind | $(values perplexity "$kind" | interval) | $(values divergence "$kind" | interval) |" \
      "$(values perplexity "$kind" minus | interval) | $(values divergence "$kind" minus | interval) |"
  done
}

through_api() { # DIRECTORY of the student that is served
  local scored own
  scored=$("$ennead" score --addr "127.0.0.1:$((port + 100))" --jsonl "$validation" --chunk $chunk --no-fit \
    | sed -n 's/.*perplexity \([0-9.]*\).*/\1/p')
  own=$(number perplexity "$1/result.json")
  echo
  awk -v a="$scored" -v b="$own" -v name="$(basename "$1")" 'BEGIN {
    printf "%s served: perplexity %.4f through the API, %.4f in the trainer: %.4f %% apart.\n", name, a, b, 100 * (a > b ? a / b - 1 : b / a - 1)
  }'
}

mkdir -p "$out"
serve "$port" "$out/server-$port.log" --nodes 1
lanes=()
for ((lane = 0; lane < jobs; lane++)); do
  train_lane "$lane" &
  lanes+=($!)
done
for pid in "${lanes[@]}"; do
  wait "$pid"
done
report | tee "$out/report.md"
student=$out/T${temperatures[0]}-${seeds[0]}
serve "$((port + 100))" "$out/server-$((port + 100)).log" --model "$student/model" --nodes 1
through_api "$student" | tee -a "$out/report.md"
