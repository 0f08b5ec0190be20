package io.ennead.learn;

import io.ennead.learn.train.Validation;

/**
 * What came out.
 *
 * @param parameters of the student
 * @param teacherParameters of the teacher
 * @param validation of the trained student
 * @param asked sequences whose labels the teacher was asked for; the others were in the cache
 * @param seconds of the steps that this run did
 * @param waited seconds of these in which the trainer waited for labels
 */
public record DistillationResult(
    long parameters,
    long teacherParameters,
    Validation validation,
    int asked,
    double seconds,
    double waited) {}
