package io.ennead.router.sample;

import io.ennead.errors.ServingException;

/** Refuses values of a request's sampling options by the path of their field. */
final class Fields {
  private static final String MESSAGE = "sampling.";

  private Fields() {}

  static void require(boolean allowed, String field, Object value, String expected) {
    if (!allowed) {
      throw ServingException.invalidField(MESSAGE + field, value, expected);
    }
  }

  static void requireFinite(double value, String field) {
    require(Double.isFinite(value), field, value, "a finite number");
  }

  /** A number that is not NaN; every temperature is one. */
  static void requireNumber(double value, String field) {
    require(!Double.isNaN(value), field, value, "a number, infinity or -infinity");
  }
}
