/**
 * Evaluation: how well fresh networks learn from the synthetic images, beside the same number of
 * real ones.
 *
 * <p>Reads {@code distilled/}, the validation share and the test images; writes {@code
 * evaluation.json}. Next: {@code report}.
 */
package org.potstill.evaluate;
