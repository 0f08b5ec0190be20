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
