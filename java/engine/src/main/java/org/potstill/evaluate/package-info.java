/**
 * Evaluation: how well fresh networks learn from the synthetic images, beside the same number of
 * real ones.
 *
 * <p>Reads {@code distilled/}, the validation share and the test images; writes {@code
 * evaluation.json} and {@code trials.json}, adds to {@code left-out.csv}, and puts the images of
 * the iteration that it chose into {@code distilled/}. Next: {@code report}.
 */
package org.potstill.evaluate;
