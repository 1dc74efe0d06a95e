package org.potstill.net;

import org.potstill.tensor.Convolution;
import org.potstill.tensor.NormReluPool;

/**
 * What does a block of a ConvNet by hand, forward and backward.
 *
 * @param convolution the convolution
 * @param afterwards norm, ReLU and pooling as one
 */
record ConvNetKernels(Convolution convolution, NormReluPool afterwards) {}
