#!/usr/bin/env bash
# Ennead beside other engines on the same weights: against.sh of each peer, with the goals.
#
#   PEERS  (default "transformers llama-cpp hivemind")
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The goal of a figure of a peer; nothing where there is none.
goal() {
  case "$1: $2" in
    transformers:*nine*) echo 1.2 ;;
    transformers:*refill*) echo 1.2 ;;
    transformers:*ecode*) echo 2 ;;
    llama-cpp:*nine* | llama-cpp:*bf16*) ;;
    llama-cpp:*ecode*32*) echo 0.7 ;;
    hivemind:*64*) echo 100 ;;
    hivemind:*16*) echo 50 ;;
    hivemind:*1*) echo 20 ;;
  esac
}

for peer in ${PEERS:-transformers llama-cpp hivemind}; do
  table=$work/peers.$peer.md
  if [ ! -x "$loadtest/against.sh" ]; then
    row "$peer" "$peer" "" "" "**not measured**: no against.sh"
    continue
  fi
  if ! BASE_PORT=$base ROUNDS=$rounds "$loadtest/against.sh" "$peer" > "$table" 2> "$work/peers.$peer.log"; then
    row "$peer" "$peer" "" "" "**not measured**: $(tail -n 1 "$work/peers.$peer.log")"
    continue
  fi
  sed -n 's/^| *\(.*[^ ]\) *|$/\1/p' "$table" | grep -v -e '^figure' -e '^---' | while IFS='|' read -r figure theirs ours ratio; do
    figure=${figure% } wanted=$(goal "$peer" "$figure")
    read -r value _ <<< "$ratio"
    row "$figure" "$peer:$theirs" "${wanted:+≥ $wanted×}" "${ratio# } ×,$ours" "$([ -z "$wanted" ] || met "$value" '>=' "$wanted")"
  done
done
