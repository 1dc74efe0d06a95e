/**
 * The thin layer over LibTorch: loading and process-wide settings, named tensors, conversions.
 *
 * <p>Whatever owns native memory here is {@code AutoCloseable}. Everything else works with
 * LibTorch's own {@code Tensor} inside a {@code PointerScope} that the caller opens, one per step.
 */
package org.potstill.tensor;
