package io.ennead.cli;

import java.io.PrintWriter;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** A table for people or JSON for programs. */
final class BenchOutput {
  @Option(
      names = "--output",
      defaultValue = "table",
      paramLabel = "FORM",
      description = "table or json (default: ${DEFAULT-VALUE}).")
  private Form form = Form.TABLE;

  /** Forms of a result. */
  enum Form {
    TABLE,
    JSON
  }

  void print(PrintWriter out, Supplier<Table> table, Supplier<String> json) {
    if (form == Form.JSON) {
      out.println(json.get());
      out.flush();
    } else {
      table.get().print(out);
    }
  }
}
