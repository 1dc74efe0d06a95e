/**
 * Scoring: the loss of a classifier on every training image, as a measure of how easy it is.
 *
 * <p>Reads the training images and the weights of a scorer (or trains one, out of fold); writes
 * {@code scores.csv}, {@code left-out.csv} and the pictures of {@code gallery/}. Next: {@code
 * prune}.
 */
package org.potstill.score;
