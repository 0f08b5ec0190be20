package io.ennead.cli;

import io.ennead.cli.bench.GhzConfig;
import io.ennead.cli.bench.GhzCsv;
import io.ennead.cli.bench.GhzJson;
import io.ennead.cli.bench.LoadPage;
import io.ennead.cli.bench.LoadTable;
import io.ennead.cli.bench.ReportOptions;
import io.ennead.client.load.LoadResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where results go, and in which form. */
final class TrafficReports {
  @Option(names = "--name", paramLabel = "NAME", description = "Name of the run in its reports.")
  private @Nullable String name;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where to write the report (default: the terminal).")
  private @Nullable Path output;

  @Option(
      names = "--format",
      paramLabel = "FORM",
      description =
          "summary, json or csv (both as ghz writes them), or html: one page with plots (default:"
              + " by the file's name, else summary).")
  private @Nullable Format format;

  @Option(names = "--html", paramLabel = "FILE", description = "Also write the page with plots.")
  private @Nullable Path page;

  /** Forms of a report. */
  enum Format {
    SUMMARY,
    JSON,
    CSV,
    HTML
  }

  /** What was written is a file's, and a table for the person who waits. */
  void write(LoadResult result, GhzConfig config, Connection connection, PrintWriter out)
      throws IOException {
    ReportOptions options =
        new ReportOptions(
            name == null ? config.name().orElse("ennead bench traffic") : name,
            connection.address(),
            connection.secure(),
            config.tags());
    Path file = output == null ? config.output().map(Path::of).orElse(null) : output;
    Format form = format(config, file);
    String report = report(form, result, options);
    if (file == null) {
      out.print(report);
    } else {
      Files.writeString(file, report);
      out.print(LoadTable.of(result));
      out.println("Written to " + file);
    }
    if (page != null) {
      Files.writeString(page, LoadPage.of(result, options));
      out.println("Written to " + page);
    }
    out.flush();
  }

  private Format format(GhzConfig config, @Nullable Path file) {
    if (format != null) {
      return format;
    }
    if (config.format().isPresent()) {
      return named(config.format().get());
    }
    String ending = file == null ? "" : file.toString().toLowerCase(Locale.ROOT);
    return Arrays.stream(Format.values())
        .filter(form -> ending.endsWith("." + form.name().toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElse(Format.SUMMARY);
  }

  /** A ghz file's word for it. */
  private static Format named(String word) {
    return Arrays.stream(Format.values())
        .filter(form -> form.name().equalsIgnoreCase(word))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    "format: %s (expected: summary, json, csv or html)".formatted(word)));
  }

  private static String report(Format form, LoadResult result, ReportOptions options) {
    return switch (form) {
      case SUMMARY -> LoadTable.of(result);
      case JSON -> GhzJson.of(result, options);
      case CSV -> GhzCsv.of(result);
      case HTML -> LoadPage.of(result, options);
    };
  }
}
