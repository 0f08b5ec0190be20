package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** No library that the command line and the nodes run with is older than a fix that matters. */
class SecurityFloorsTest {
  private static final Path FLOORS = Path.of("src/test/resources/security-floors.txt");

  private record Floor(String group, String artifact, String version) {
    static Floor parse(String line) {
      String[] words = line.split("\\s+");
      String[] name = words[0].split(":");
      return new Floor(name[0], name[1], words[1]);
    }

    /** GROUP/ARTIFACT/VERSION/FILE, as Maven's repository has it. */
    List<String> resolved() {
      String folder = "/%s/%s/".formatted(group.replace('.', '/'), artifact);
      return classPath()
          .filter(jar -> jar.contains(folder))
          .map(jar -> jar.substring(jar.indexOf(folder) + folder.length()))
          .map(rest -> rest.substring(0, rest.indexOf('/')))
          .distinct()
          .toList();
    }
  }

  private static Stream<String> classPath() {
    String path =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Arrays.stream(path.split(File.pathSeparator)).map(jar -> jar.replace('\\', '/'));
  }

  static Stream<Floor> floors() throws IOException {
    return Files.readAllLines(FLOORS).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(Floor::parse);
  }

  @ParameterizedTest
  @MethodSource("floors")
  void librariesAreAtLeastAsNewAsTheirFloors(Floor floor) {
    assertThat(floor.resolved())
        .as(floor.toString())
        .isNotEmpty()
        .allSatisfy(version -> assertThat(compare(version, floor.version())).isNotNegative());
  }

  @ParameterizedTest
  @CsvSource({"4.2.16.Final, 4.2.9.Final, 1", "1.83.1, 1.83.1, 0", "3.25.4, 3.25.5, -1"})
  void versionsCompareByTheirNumbers(String first, String second, int expected) {
    assertThat(compare(first, second)).isEqualTo(expected);
  }

  private static int compare(String first, String second) {
    int order = Arrays.compare(numbers(first), numbers(second));
    return Integer.signum(order);
  }

  private static int[] numbers(String version) {
    return Arrays.stream(version.split("[.-]"))
        .filter(part -> part.matches("\\d+"))
        .mapToInt(Integer::parseInt)
        .toArray();
  }

  @Test
  void everyFloorHasAReason() throws IOException {
    assertThat(Files.readAllLines(FLOORS))
        .filteredOn(line -> !line.isBlank() && !line.startsWith("#"))
        .allSatisfy(line -> assertThat(line.split("\\s+")).hasSizeGreaterThan(2));
  }
}
