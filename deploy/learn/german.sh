#!/usr/bin/env bash
# Trains experts for German, which the demo model has never seen, adds them to a running cluster as a pack, and says how the
# perplexity of each domain moves through the API, on text that nothing was trained on: German's and that of the five domains
# that the model knows, whole texts and chunks of 128 tokens that know nothing of each other. docs/packs.md has the figures.
# Fails when German's does not fall or another's of whole texts moves by more than MOST.
#
#   EXPERTS, LAYERS, STEPS, BATCH, RATE, ALPHA, GATE_COST, SEED   of the training; see `ennead train-expert --help`
#   MOST       percent (default 1)
#   NODES      expert nodes (default 2)
#   OUT        where pack and report.md go (default deploy/learn/target/german); a pack that is there is not trained again
#   BASE_PORT  of the cluster (default 18600)
#   ENNEAD     the command (default ./ennead)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$root/deploy/learn/lib.sh"
corpus=$root/deploy/learn/corpus
out=${OUT:-$root/deploy/learn/target/german}
ennead=${ENNEAD:-$root/ennead}
port=${BASE_PORT:-18600}
trap stop EXIT

# "domain perplexity" a line, sorted.
perplexities() { # [FLAG...]
  local file
  for file in "$root/deploy/loadtest/val.jsonl" "$corpus/german-val.jsonl"; do
    "$ennead" score --addr "127.0.0.1:$port" --jsonl "$file" --by domain --no-fit "$@" \
      | awk 'NR > 1 && NF >= 4 && $1 != "all" && $2 ~ /^[0-9]+$/ { print $1, $4 }'
  done | sort
}

score() { # before or after
  perplexities > "$out/$1"
  perplexities --chunk 128 > "$out/$1-chunks"
}

# Fails as the experiment does.
report() { # BEFORE AFTER
  join "$1" "$2" | awk -v most="${MOST:-1}" '
    BEGIN { print "| domain | the model alone | with the pack | change |"; print "|---|--:|--:|--:|" }
    {
      change = 100 * ($3 / $2 - 1)
      printf "| %s | %.2f | %.2f | %+.2f %% |\n", $1, $2, $3, change
      if ($1 == "german" ? change >= 0 : change > most || change < -most) failed = 1
      if ($1 == "german") seen = 1
    }
    END { exit failed || !seen }'
}

mkdir -p "$out"
[ -d "$out/german@1" ] || "$ennead" train-expert --name german --packs "$out" --corpus "$corpus/german-train.jsonl" \
  --keep "$corpus/known.jsonl" --validation "$corpus/german-val.jsonl" --experts "${EXPERTS:-2}" --layers "${LAYERS:-2,3}" \
  --steps "${STEPS:-400}" --batch "${BATCH:-16}" --learning-rate "${RATE:-0.003}" --alpha "${ALPHA:-0.8}" \
  --gate-cost "${GATE_COST:-30}" --seed "${SEED:-0}"
rm -f "$out/active.json" # of an earlier cluster: the first scores are without the pack
serve "$port" "$out/server.log" --nodes "${NODES:-2}" --router-set "packs=$out" --expert-set "packs=$out"
score before
"$ennead" pack add german --addr "127.0.0.1:$((port + 3))"
score after
echo "Chunks of 128 tokens:"
report "$out/before-chunks" "$out/after-chunks" | tee "$out/report-chunks.md" || true
echo "Whole texts:"
report "$out/before" "$out/after" | tee "$out/report.md"
