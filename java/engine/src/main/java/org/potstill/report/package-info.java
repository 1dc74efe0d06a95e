/**
 * The report: one self-contained HTML page about a run.
 *
 * <p>Reads {@code config.yaml}, {@code scores.csv}, {@code coreset.csv} and {@code
 * distilled/distilled.safetensors}, and where they exist {@code left-out.csv}, {@code stages.json},
 * {@code metrics.jsonl}, {@code evaluation.json}, {@code gallery/}, {@code
 * distilled/initial.safetensors} and {@code distilled/history/}. Writes {@code report.html}. The
 * last stage of the line. Besides, pages on several runs: side by side, and the table of a sweep.
 */
package org.potstill.report;
