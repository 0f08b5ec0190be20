#!/usr/bin/env bash
# The feedback loop as an experiment with the bundled model: a simulated user rates responses, a
# profile is learned from the ratings, and both it and the model's own gate are rated on prompts
# that nothing was learned from. The same with a user who throws coins. docs/feedback.md says what
# the user likes, and has the figures.
#
#   SEEDS        (default 1 2 3 4 5)
#   RATINGS      to learn from, each seed (default 500)
#   EVALUATED    responses of each profile that are rated on held-out prompts (default 176)
#   RATER        short_words or punctuation (default short_words)
#   TEMPERATURE  of routing (default 1)
#   TOKENS       of a response (default 16)
#   NODES        expert nodes (default 1: the experiment needs no more)
#   BASE_PORT    of the cluster (default 18900)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
work=$(mktemp -d)
read -r -a seeds <<< "${SEEDS:-1 2 3 4 5}"
ratings=${RATINGS:-500}
evaluated=${EVALUATED:-176}
rater=${RATER:-short_words}
port=${BASE_PORT:-18900}
db=$work/feedback.db
profiles=$work/profiles
here=$root/deploy/learn
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

ennead() {
  "${ENNEAD:-$root/ennead}" "$@"
}

finish() {
  ennead cluster down --run-dir "$work/run" > /dev/null || true
  rm -rf "$work"
}
trap finish EXIT

trial() { # prompts, ratings, seed, profile, label, rater
  ennead feedback-trial --addr "127.0.0.1:$port" --prompts "$here/prompts-$1.txt" --ratings "$2" \
    --seed "$3" --profile "$4" --label "$5" --rater "$6" \
    --routing-temperature "${TEMPERATURE:-1}" --max-tokens "${TOKENS:-16}" --parallel 64
}

learn() { # name, label
  ennead adapt --feedback-db "$db" --profiles "$profiles" --name "$1" --label "$2" --held-out 0 \
    --max-divergence 0.2 --clip 1 --discount 0.5
}

mkdir "$profiles"
ennead cluster up --run-dir "$work/run" --base-port "$port" --nodes "${NODES:-1}" \
  --router-flag=--expert-failure=wait --router-flag=--expert-budget=30s --router-flag=--expert-timeout=60s \
  --router-flag="--feedback-db=$db" --router-flag="--profiles=$profiles" > /dev/null

for seed in "${seeds[@]}"; do
  trial train "$ratings" "$seed" none "train-$seed" "$rater"
  learn "liked-$seed" "train-$seed"
  trial train "$ratings" "$((seed + 100))" none "coins-$seed" random
  learn "coins-$seed" "coins-$seed"
  sleep 3 # the router looks for profiles every second
  for profile in none "liked-$seed@1" "coins-$seed@1"; do
    trial held-out "$evaluated" "$((seed + 200))" "$profile" "held-out-$seed" "$rater"
  done
  ennead adapt --feedback-db "$db" --evaluate --label "held-out-$seed" --held-out 1
done | tee "$work/log"

# Mean ratings of a profile on held-out prompts, one of each seed.
means() { # none, liked or coins
  awk -v wanted="$1" '/^held-out-[0-9]+: / {
    profile = $6; sub(/,$/, "", profile); sub(/-[0-9]+@1$/, "", profile)
    if (profile == wanted) print $NF
  }' "$work/log"
}

printf '%-8s %6s %8s  %s\n' profile seeds mean "95% interval"
for profile in none liked coins; do
  means "$profile" | mean_and_half | awk -v profile="$profile" '{
    printf "%-8s %6d %8.4f  %.4f to %.4f\n", profile, $1, $2, $2 - $3, $2 + $3
  }'
done
