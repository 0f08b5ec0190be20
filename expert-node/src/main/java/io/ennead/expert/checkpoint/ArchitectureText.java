package io.ennead.expert.checkpoint;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import java.lang.reflect.RecordComponent;
import java.util.List;
import java.util.Optional;

/**
 * A model's configuration as text: one {@code path=value\n} per number, flag or name, in the order
 * of the records' components, so that a parameter added later is part of it by itself. Weights are
 * left out: where they lie is not what the model is. Numbers that are not whole appear as {@link
 * Double#toHexString}.
 */
final class ArchitectureText {
  private final StringBuilder text = new StringBuilder();

  private ArchitectureText() {}

  static String of(ModelConfig config) {
    var text = new ArchitectureText();
    text.add("model", config);
    return text.text.toString();
  }

  private void add(String path, Object value) {
    if (value instanceof Weight) {
      return;
    }
    if (value instanceof List<?> list) {
      addAll(path, list);
    } else if (value instanceof Optional<?> optional) {
      optional.ifPresent(present -> add(path, present));
    } else if (value instanceof Record data) {
      addComponents(path, data);
    } else {
      String shown = value instanceof Double number ? Double.toHexString(number) : value.toString();
      text.append(path).append('=').append(shown).append('\n');
    }
  }

  private void addAll(String path, List<?> list) {
    text.append(path).append(".size=").append(list.size()).append('\n');
    for (int i = 0; i < list.size(); i++) {
      add(path + "." + i, list.get(i));
    }
  }

  private void addComponents(String path, Record data) {
    text.append(path).append('=').append(data.getClass().getSimpleName()).append('\n');
    for (RecordComponent component : data.getClass().getRecordComponents()) {
      add(path + "." + component.getName(), read(component, data));
    }
  }

  private static Object read(RecordComponent component, Record data) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(data);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(component + " cannot be read", e);
    }
  }
}
