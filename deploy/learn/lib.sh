# shellcheck shell=bash
# What the experiments share; sourced.

# "count mean half" of the numbers on stdin, one a line: half is half of the mean's 95 % interval, by Student's t with
# count - 1 degrees of freedom, and 0 for a single number.
mean_and_half() {
  awk '
    # The quantile 0.975 of t: from a table, then by its expansion around the normal one (Abramowitz and Stegun 26.7.5), which
    # is right to 0.00001 from 10 degrees of freedom on.
    function quantile(freedom, z) {
      if (freedom in table) return table[freedom]
      z = 1.959963985
      return z + (z^3 + z) / 4 / freedom + (5*z^5 + 16*z^3 + 3*z) / 96 / freedom^2 \
        + (3*z^7 + 19*z^5 + 17*z^3 - 15*z) / 384 / freedom^3 \
        + (79*z^9 + 776*z^7 + 1482*z^5 - 1920*z^3 - 945*z) / 92160 / freedom^4
    }
    BEGIN { split("12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262", table, " ") }
    { sum += $1; squares += $1 * $1 }
    END {
      mean = sum / NR
      spread = squares - NR * mean * mean
      half = NR > 1 && spread > 0 ? quantile(NR - 1) * sqrt(spread / (NR - 1) / NR) : 0
      printf "%d %.9f %.9f\n", NR, mean, half
    }'
}

servers=()

# For an exit's trap.
stop() {
  [ "${#servers[@]}" -gt 0 ] || return 0
  kill "${servers[@]}" 2> /dev/null || true
  wait "${servers[@]}" 2> /dev/null || true
}

# Serves a model and waits until it is ready, by what it says itself: another may answer at its port. Not to be called in a
# subshell, whose servers nobody stops. $ennead is the command.
serve() { # PORT LOG ARGUMENT...
  local at=$1 log=$2 pid
  shift 2
  : > "$log" # what an earlier one said
  # shellcheck disable=SC2154
  "$ennead" local --base-port "$at" --max-tokens 1 "$@" > "$log" 2>&1 &
  pid=$!
  servers+=("$pid")
  for _ in $(seq 300); do
    ! grep -q '^Serving; ' "$log" || return 0
    if ! kill -0 "$pid" 2> /dev/null; then
      echo "the server at port $at ended: $(tail -n 5 "$log")" >&2
      return 1
    fi
    sleep 1
  done
  echo "no server at port $at: see $log" >&2
  return 1
}
