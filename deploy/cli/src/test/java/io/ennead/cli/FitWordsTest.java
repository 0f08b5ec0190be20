package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.v1.FitResult;
import io.ennead.v1.TemperatureFit;
import org.junit.jupiter.api.Test;

class FitWordsTest {

  @Test
  void aTemperatureHasTheIntervalOfItsInverse() {
    assertThat(found(2, 0.1)).isEqualTo("0.5 (95 %: 0.4554 to 0.5543)");
  }

  @Test
  void aNegativeOneSaysSo() {
    assertThat(found(-2, 0.1))
        .isEqualTo("-0.5 (95 %: -0.5543 to -0.4554), negative: it prefers unlikely tokens");
  }

  @Test
  void anIntervalOnBothSidesOfZeroGoesThroughInfinity() {
    assertThat(found(0.1, 0.1)).isEqualTo("10 (95 %: 3.378 through infinity to -10.42)");
    assertThat(found(0, 0.1))
        .isEqualTo("infinite: all tokens alike (95 %: 5.102 through infinity to -5.102)");
  }

  @Test
  void whereThereIsNoneTheReasonIsGiven() {
    assertThat(without(FitResult.FIT_RESULT_ZERO)).startsWith("0: every token is the most likely");
    assertThat(without(FitResult.FIT_RESULT_NEGATIVE_ZERO)).startsWith("0 from below");
    assertThat(without(FitResult.FIT_RESULT_NOT_IDENTIFIABLE)).startsWith("not identifiable");
  }

  private static String found(double inverse, double error) {
    return FitWords.of(
        TemperatureFit.newBuilder()
            .setResult(FitResult.FIT_RESULT_FOUND)
            .setInverseTemperature(inverse)
            .setInverseStandardError(error)
            .build());
  }

  private static String without(FitResult result) {
    return FitWords.of(TemperatureFit.newBuilder().setResult(result).build());
  }
}
