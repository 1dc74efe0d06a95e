/**
 * Networks as functions of (parameters, buffers, input, mode).
 *
 * <p>Parameter and buffer names and shapes are those of the reference {@code state_dict}; a network
 * object holds no weights.
 *
 * <p>Two kinds of passes are differentiated. {@link org.potstill.net.Backpropagation} is one
 * forward and one backward pass: training, features and gradients that are looked at as they are.
 * {@link org.potstill.net.GradientPass} is gradients that are differentiated again, as gradient and
 * trajectory matching do with those of synthetic images. Each has a form by autograd for every
 * network, and faster ones on the CPU:
 *
 * <pre>
 *                  ConvNet by kernels       other networks by kernels   else
 * Backpropagation  ConvNetBackpropagation   SegmentedBackpropagation    Autograd
 * GradientPass     ConvNetGradientPass      Autograd                    Autograd
 * </pre>
 *
 * <p>{@code ConvNetPasses} holds the passes of a ConvNet, {@code ConvNetBlock} and {@code
 * ConvNetClassifier} their equations; {@link org.potstill.tensor.Segments} the rules of the
 * segmented one.
 */
package org.potstill.net;
