package org.potstill.net;

import org.potstill.kernels.Kernels;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.NormReluPool;

/**
 * What layers hand to kernels on the CPU, where maps have the channels last.
 *
 * @param convolution convolutions of stride 1
 * @param norm instance norm
 * @param normRelu instance norm and the ReLU after it
 */
record LayerKernels(Convolution convolution, NormReluPool norm, NormReluPool normRelu) {

  static LayerKernels of(Kernels kernels) {
    return new LayerKernels(
        new Convolution(kernels),
        new NormReluPool(kernels, 1, false, Layers.EPSILON),
        new NormReluPool(kernels, 1, true, Layers.EPSILON));
  }
}
