/**
 * The line from images to report: {@link org.potstill.pipeline.Pipeline} lists the stages in order,
 * {@link org.potstill.pipeline.StageFit} decides which of them still have to run.
 */
package org.potstill.pipeline;
