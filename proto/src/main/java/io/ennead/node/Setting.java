package io.ennead.node;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Describes one component of a configuration record to {@link ConfigLoader}. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
  /** What {@link #byDefault} holds when a value must be given. */
  String REQUIRED = "\0";

  /** One line for people: meaning, range, what 0 means. */
  String help();

  /** The value when none is given, spelled as a flag would be. */
  String byDefault() default REQUIRED;

  /**
   * An {@code int} or {@code long} that counts bytes: {@code 512}, {@code 16KiB}, {@code 64MiB}.
   */
  boolean bytes() default false;
}
