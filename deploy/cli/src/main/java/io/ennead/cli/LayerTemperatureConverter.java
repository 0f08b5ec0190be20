package io.ennead.cli;

import io.ennead.v1.LayerTemperature;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The temperature of one layer: {@code 3=0.5}. */
final class LayerTemperatureConverter implements ITypeConverter<LayerTemperature> {

  @Override
  public LayerTemperature convert(String value) {
    int sign = value.indexOf('=');
    if (sign < 0) {
      throw new TypeConversionException(
          value + " (expected: a layer and its temperature, such as 3=0.5)");
    }
    return LayerTemperature.newBuilder()
        .setLayer(new IndexConverter().convert(value.substring(0, sign)))
        .setTemperature(new TemperatureConverter().convert(value.substring(sign + 1)))
        .build();
  }
}
