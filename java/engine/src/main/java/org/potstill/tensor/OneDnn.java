package org.potstill.tensor;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.LoggerFactory;

/**
 * oneDNN, to which LibTorch hands convolutions on the CPU.
 *
 * <p>LibTorch 2.10 carries a version of it that is wrong on some processors where the channels do
 * not fill their blocks; see docs/decisions/0030. It is therefore put to the proof before its first
 * use.
 */
final class OneDnn {

  private static final double TOLERANCE = 1e-4;

  /** The relative error of a wrong one is between 0.01 and 0.9, or not a number. */
  private static final long[][] CASES = {
    // channels in, channels out, stride
    {1, 8, 1}, {20, 12, 1}, {24, 24, 1}, {48, 32, 2},
  };

  private static final long BATCH = 4;
  private static final long SIDE = 16;
  private static final long KERNEL = 3;

  /** In radians; neighbouring values have little to do with each other. */
  private static final double STEP = 0.7;

  private OneDnn() {}

  /** Switches oneDNN off where its convolutions are wrong. */
  static void leaveOutIfWrong() {
    try (Context context = torch.globalContext()) {
      if (context.userEnabledMkldnn() && !convolvesRightly()) {
        context.setUserEnabledMkldnn(false);
        LoggerFactory.getLogger(OneDnn.class)
            .debug("oneDNN is wrong on this processor: convolutions do without it");
      }
    }
  }

  /** Whether LibTorch hands convolutions to oneDNN. */
  static boolean isUsed() {
    try (Context context = torch.globalContext()) {
      return context.userEnabledMkldnn();
    }
  }

  /** Whether convolutions and their gradients, as LibTorch computes them now, are right. */
  static boolean convolvesRightly() {
    for (long[] test : CASES) {
      try (PointerScope scope = new PointerScope()) {
        if (!(error(test[0], test[1], test[2]) < TOLERANCE)) {
          return false;
        }
      }
    }
    return true;
  }

  /** The largest relative error of the output and of both gradients, NaN where there is one. */
  private static double error(long in, long out, long stride) {
    Tensor input = wave(BATCH, in, SIDE, SIDE);
    Tensor weight = wave(out, in, KERNEL, KERNEL);
    Tensor[] single = convolution(input, weight, stride);
    // oneDNN has no double precision, so this is LibTorch's own.
    Tensor[] exact = convolution(inDouble(input), inDouble(weight), stride);
    double largest = 0;
    for (int i = 0; i < exact.length; i++) {
      Tensor difference = inDouble(single[i]).sub(exact[i]);
      double norm = Math.sqrt(exact[i].square().sum().item_double());
      largest = Math.max(largest, Math.sqrt(difference.square().sum().item_double()) / norm);
    }
    return largest;
  }

  /** The output, and the gradients of half its squared norm for the input and the weight. */
  private static Tensor[] convolution(Tensor input, Tensor weight, long stride) {
    Tensor x = input.requires_grad_(true);
    Tensor w = weight.requires_grad_(true);
    long[] strides = {stride, stride};
    long[] same = {1, 1};
    Tensor y = torch.conv2d(x, w, new TensorOptional(), strides, same, same, 1);
    Tensor[] gradients = Tensors.gradients(y, y.detach(), new Tensor[] {x, w}, false);
    return new Tensor[] {y.detach(), gradients[0], gradients[1]};
  }

  private static Tensor wave(long... shape) {
    long size = 1;
    for (long side : shape) {
      size *= side;
    }
    return torch
        .arange(new Scalar(size), Tensors.float32())
        .mul(new Scalar(STEP))
        .sin()
        .view(shape);
  }

  private static Tensor inDouble(Tensor tensor) {
    return tensor.detach().to(torch.ScalarType.Double);
  }
}
