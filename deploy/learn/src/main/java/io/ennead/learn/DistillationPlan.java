package io.ennead.learn;

import io.ennead.learn.model.StudentShape;
import io.ennead.learn.train.TrainingOptions;
import java.nio.file.Path;

/**
 * What to train on what.
 *
 * @param teacher directory of the served model: vocabulary, context, tokenizer
 * @param corpus a file of texts, {@code {"text": ...}} one per line
 * @param validation the same, for what the student is judged by
 * @param student its directory; the model in {@code model}, checkpoints and log beside it
 * @param cache directory of the labels; students may share it
 * @param shape of the student
 * @param training how it is trained
 * @param chunk tokens of a sequence
 * @param sequences of the corpus, at most
 * @param validationSequences of the validation text, at most
 * @param top most likely tokens of a label; 0: whole rows
 * @param checkpointEvery steps from a checkpoint to the next
 * @param threads native threads
 */
public record DistillationPlan(
    Path teacher,
    Path corpus,
    Path validation,
    Path student,
    Path cache,
    StudentShape shape,
    TrainingOptions training,
    int chunk,
    int sequences,
    int validationSequences,
    int top,
    int checkpointEvery,
    int threads) {}
