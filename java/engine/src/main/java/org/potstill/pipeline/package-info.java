/**
 * The line from images to report: {@link org.potstill.pipeline.Pipeline} lists the stages in order,
 * {@link org.potstill.pipeline.StageFit} decides which of them still have to run, and {@link
 * org.potstill.pipeline.Rehearsal} finds out how long they will take.
 */
package org.potstill.pipeline;
