/**
 * Expert trajectories: networks trained on the core-set, whose parameters after some epochs
 * trajectory matching follows.
 *
 * <p>Reads {@code coreset.csv} and the images it names; writes {@code experts/}. Next: {@code
 * distill}, which says in {@link org.potstill.distill.ExpertFile} what it reads.
 */
package org.potstill.experts;
