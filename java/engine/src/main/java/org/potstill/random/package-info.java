/**
 * Randomness as a function of (seed, purpose, iteration, index).
 *
 * <p>Every draw that changes a result comes from {@link org.potstill.random.RandomStream}, so that
 * a resumed run equals one that never stopped, repeats can run side by side, and every device draws
 * the same.
 */
package org.potstill.random;
