#!/usr/bin/env bash
# Trains experts for German, which the demo model has never seen, adds them to a running cluster as a pack, and says how the
# perplexity of each domain moves through the API, on text that nothing was trained on: German's and that of the five domains
# that the model knows. docs/packs.md has the figures. Fails when German's does not fall or another's moves by more than MOST.
#
#   EXPERTS, LAYERS, STEPS, BATCH, RATE, GATE_COST, SEED   of the training; see `ennead train-expert --help`
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

# "domain perplexity" a line.
perplexities() {
  local file
  for file in "$root/deploy/loadtest/val.jsonl" "$corpus/german-val.jsonl"; do
    "$ennead" score --addr "127.0.0.1:$port" --jsonl "$file" --by domain --chunk 128 --no-fit \
      | awk 'NR > 1 && NF >= 4 && $1 != "all" && $2 ~ /^[0-9]+$/ { print $1, $4 }'
  done
}

# Fails like the experiment does.
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
  --steps "${STEPS:-300}" --batch "${BATCH:-8}" --learning-rate "${RATE:-0.002}" --gate-cost "${GATE_COST:-30}" \
  --seed "${SEED:-0}"
serve "$port" "$out/server.log" --nodes "${NODES:-2}" --router-set "packs=$out" --expert-set "packs=$out"
perplexities | sort > "$out/before"
"$ennead" pack add german --addr "127.0.0.1:$((port + 3))"
perplexities | sort > "$out/after"
report "$out/before" "$out/after" | tee "$out/report.md"
