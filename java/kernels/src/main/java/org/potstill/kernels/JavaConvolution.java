package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;

/** A convolution with squares and its gradients: plain sums in double. */
final class JavaConvolution {

  private final int images;
  private final int height;
  private final int width;
  private final int in;
  private final int out;
  private final int side;

  JavaConvolution(ConvolutionMaps maps) {
    images = Math.toIntExact(maps.images());
    height = Math.toIntExact(maps.height());
    width = Math.toIntExact(maps.width());
    in = Math.toIntExact(maps.in());
    out = Math.toIntExact(maps.out());
    side = Math.toIntExact(maps.side());
    Math.toIntExact(Math.max(Math.max(maps.inputs(), maps.outputs()), maps.weights()));
  }

  /** A pixel of the input that one of the output is a sum over, and the weight between them. */
  private interface Tap {
    void visit(int output, int input, int tap);
  }

  private void everyTap(Tap tap) {
    for (int output = 0; output < images * height * width; output++) {
      int row = output / width % height;
      int column = output % width;
      for (int t = 0; t < side * side; t++) {
        int down = t / side - side / 2;
        int right = t % side - side / 2;
        if (row + down >= 0
            && row + down < height
            && column + right >= 0
            && column + right < width) {
          tap.visit(output, output + down * width + right, t);
        }
      }
    }
  }

  private int weight(int output, int input, int tap) {
    return (output * in + input) * side * side + tap;
  }

  void forward(FloatPointer input, FloatPointer weight, FloatPointer bias, FloatPointer output) {
    float[] x = read(input, images * height * width * in);
    float[] w = read(weight, side * side * in * out);
    float[] b = bias == null ? new float[out] : read(bias, out);
    double[] y = new double[images * height * width * out];
    for (int i = 0; i < y.length; i++) {
      y[i] = b[i % out];
    }
    everyTap(
        (to, from, tap) -> {
          for (int o = 0; o < out; o++) {
            double sum = 0;
            for (int i = 0; i < in; i++) {
              sum += (double) x[from * in + i] * w[weight(o, i, tap)];
            }
            y[to * out + o] += sum;
          }
        });
    write(y, output);
  }

  void inputGradient(FloatPointer outputGradient, FloatPointer weight, FloatPointer gradient) {
    float[] dy = read(outputGradient, images * height * width * out);
    float[] w = read(weight, side * side * in * out);
    double[] dx = new double[images * height * width * in];
    everyTap(
        (to, from, tap) -> {
          for (int i = 0; i < in; i++) {
            double sum = 0;
            for (int o = 0; o < out; o++) {
              sum += (double) dy[to * out + o] * w[weight(o, i, tap)];
            }
            dx[from * in + i] += sum;
          }
        });
    write(dx, gradient);
  }

  void weightGradient(FloatPointer input, FloatPointer outputGradient, FloatPointer gradient) {
    float[] x = read(input, images * height * width * in);
    float[] dy = read(outputGradient, images * height * width * out);
    double[] dw = new double[side * side * in * out];
    everyTap(
        (to, from, tap) -> {
          for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
              dw[weight(o, i, tap)] += (double) dy[to * out + o] * x[from * in + i];
            }
          }
        });
    write(dw, gradient);
  }

  private static float[] read(FloatPointer from, int length) {
    float[] values = new float[length];
    Buffers.read(from, 0, values, length);
    return values;
  }

  private static void write(double[] values, FloatPointer into) {
    Buffers.write(Buffers.narrowed(values), into, 0, values.length);
  }
}
