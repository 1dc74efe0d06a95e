/**
 * Weights in files: safetensors, and the checkpoints of the reference framework.
 *
 * <p>Reads untrusted files: sizes and offsets are checked before anything is allocated, and a
 * pickle builds nothing but tensors and plain containers. What is wrong with a file is an {@link
 * org.potstill.errors.InputException} that names it.
 */
package org.potstill.weights;
