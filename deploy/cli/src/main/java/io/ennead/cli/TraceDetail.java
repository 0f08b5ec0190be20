package io.ennead.cli;

import io.ennead.v1.TraceLevel;

/** How much of the routing an answer carries, under the names that flags have. */
enum TraceDetail {
  NONE,
  SUMMARY,
  FULL;

  TraceLevel level() {
    return TraceLevel.valueOf("TRACE_LEVEL_" + name());
  }
}
