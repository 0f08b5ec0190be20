#!/usr/bin/env bash
# Ennead beside other engines on the same weights: against.sh with each peer, against the goals.
#
#   PEERS              (default "transformers llama_cpp hivemind")
#   DTYPES             (default "f32 bf16"; hivemind has only f32)
#   PYTHON_<PEER>      a Python with what the peer needs, such as PYTHON_LLAMA_CPP (default: PYTHON, or python3)
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The goal of a peer, figure, place and number format; nothing where there is none.
goal() {
  case "$1 $2 $3 $4" in
    "transformers prefill"* | "transformers decode"*" processes"*) echo 1.2 ;;
    "transformers decode"*" local"*) echo 2 ;;
    "llama_cpp decode 32 local f32") echo 0.7 ;;
    "hivemind layer 1 "*) echo 20 ;;
    "hivemind layer 16 "*) echo 50 ;;
    "hivemind layer 64 "*) echo 100 ;;
  esac
}

# Of the tables of against.sh: "figure|place|ratio (least to most)|ours|theirs", a line for each ratio.
ratios() {
  awk -F'|' '
    { for (i = 2; i < NF; i++) gsub(/^ +| +$/, "", $i) }
    $2 == "" { delete column; for (i = 3; i < NF; i++) { name[i] = $i; column[$i] = i } next }
    $2 !~ /^-+$/ { for (i = 3; i < NF; i++) if (split(name[i], side, " to ") == 2)
      print $2 "|" side[1] "|" $i "|" $column[side[1]] "|" $column[side[2]] }'
}

# compare PEER DTYPE
compare() {
  local python=PYTHON_${1^^} table=$work/peers.$1.$2.md log=$work/peers.$1.$2.log unit="tokens/s"
  [ "$1" != hivemind ] || unit="a call"
  if [ ! -x "$loadtest/against.sh" ]; then
    row "against $1, $2" "$1" "" "" "**not measured**: no against.sh"
  elif ! BASE_PORT=$base ROUNDS=$rounds MODEL=$model DTYPE=$2 PYTHON=${!python:-${PYTHON:-python3}} \
    "$loadtest/against.sh" "$1" > "$table" 2> "$log"; then
    row "against $1, $2" "$1" "" "" "**not measured**: $(tail -n 1 "$log" | tr '|' ' ')"
  else
    ratios < "$table" | while IFS='|' read -r figure where ratio ours theirs; do
      wanted=$(goal "$1" "$figure" "$where" "$2")
      row "$figure, $([ "$where" = local ] && echo one JVM || echo nine processes), $2" "$1: $theirs $unit" "${wanted:+≥ $wanted×}" \
        "${ratio/ /× }, $ours $unit" "$([ -z "$wanted" ] || met "${ratio%% *}" '>=' "$wanted")"
    done
  fi
}

for peer in ${PEERS:-transformers llama_cpp hivemind}; do
  for type in ${DTYPES:-f32 bf16}; do
    [ "$peer $type" = "hivemind bf16" ] || compare "$peer" "$type"
  done
done
