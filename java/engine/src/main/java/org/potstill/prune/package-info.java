/**
 * Pruning: the easy (or hard) share of every class is kept, the rest is left aside.
 *
 * <p>Reads {@code scores.csv} and {@code left-out.csv}, writes {@code coreset.csv}; decodes
 * nothing. Next: {@code experts} for trajectory matching, else {@code distill}.
 */
package org.potstill.prune;
