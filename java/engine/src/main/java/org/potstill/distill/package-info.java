/**
 * Distillation: a {@link org.potstill.distill.Distiller} says what to match, a {@link
 * org.potstill.distill.Space} what to optimise; every distiller works in every space.
 *
 * <p>Reads {@code coreset.csv} and the images it names, for trajectory matching {@code experts/};
 * writes {@code distilled/}, in latent spaces {@code latents.safetensors} and {@code latents/},
 * {@code checkpoints/} and lines of {@code metrics.jsonl}. Next: {@code evaluate}.
 */
package org.potstill.distill;
