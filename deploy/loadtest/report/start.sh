#!/usr/bin/env bash
# From the start of the launcher to a client's first streamed token, with a build that is current and files in the page cache.
# shellcheck disable=SC2119 # no flags
# shellcheck source-path=SCRIPTDIR source=lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# `local` is its own client: it prints "Serving" when its sample, here of one token, has come through the router's front door.
one_jvm() {
  local begin
  begin=$(now)
  start_local
  seconds_since "$begin"
  stop_cluster
}

# A client of its own; its start and end count as well.
nine_processes() {
  local begin
  begin=$(now)
  start_processes
  "$ennead" generate --addr "$address" --prompt "Once upon a time" --max-tokens 1 > /dev/null 2>&1 || fail "no token"
  seconds_since "$begin"
  stop_cluster
}

# measure NAME FUNCTION GOAL
measure() {
  local median least most
  for _ in $(seq "$rounds"); do "$2"; done > "$work/start.$2"
  read -r median least most <<< "$(spread < "$work/start.$2")"
  row "start of the command to the first streamed token, $1, warm build" "–" "≤ $3 s" \
    "$median s ($least to $most)" "$(met "$median" '<=' "$3")"
}

measure "\`./ennead local\`" one_jvm 8
measure "nine processes" nine_processes 25
