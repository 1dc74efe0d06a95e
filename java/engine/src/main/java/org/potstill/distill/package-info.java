/**
 * Distillation: a {@link org.potstill.distill.Distiller} says what to match, a {@link
 * org.potstill.distill.Space} what to optimise; every distiller works in every space.
 *
 * <p>Reads {@code coreset.csv} and the images it names; writes {@code distilled/}, {@code
 * checkpoints/} and lines of {@code metrics.jsonl}. Next: {@code evaluate}.
 */
package org.potstill.distill;
