package org.potstill.net;

import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.NamedTensors;

/**
 * What a pass gives back.
 *
 * @param value logits or features
 * @param buffers the buffers after the pass, detached; empty where the pass moves none
 */
public record NetworkOutput(Tensor value, NamedTensors buffers) {}
