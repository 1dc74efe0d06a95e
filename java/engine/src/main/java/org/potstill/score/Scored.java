package org.potstill.score;

/**
 * What a scoring found.
 *
 * @param scores in the order of the data set
 * @param leftOut images that could not be read
 * @param gallery pictures of the easiest and hardest; lives as long as the scoring that made it
 */
record Scored(Scores scores, LeftOut leftOut, Gallery gallery) {}
