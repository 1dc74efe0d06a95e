package org.potstill.distill;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** Mean and covariance of images that come in batches, in host memory. */
final class ImageMoments implements AutoCloseable {

  private static final String SUM = "sum";
  private static final String PRODUCTS = "products";

  private final int values;
  private final NamedTensors sums = new NamedTensors();
  private long count;

  /** Of images of so many values; none yet. */
  ImageMoments(int values) {
    this.values = values;
    try (PointerScope scope = new PointerScope()) {
      sums.put(SUM, doubles(values));
      sums.put(PRODUCTS, doubles(values, values));
    }
  }

  private static Tensor doubles(long... shape) {
    return torch.zeros(shape).to(torch.ScalarType.Double);
  }

  /** Takes up {@code images} images at {@code pixels}. */
  void add(FloatPointer pixels, int images) {
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = torch.empty(new long[] {images, values}, Tensors.float32(), null);
      Pointer.memcpy(rows.data_ptr_float(), pixels, (long) images * values * Float.BYTES);
      // A product in single precision of values around 0, summed up in double.
      sums.get(PRODUCTS).add_(rows.t().matmul(rows));
      sums.get(SUM).add_(rows.to(torch.ScalarType.Double).sum(0));
    }
    count += images;
  }

  /** Number of images so far. */
  long count() {
    return count;
  }

  /** Their mean, (values) float64, in the caller's scope. */
  Tensor mean() {
    requireSome();
    return sums.get(SUM).div(new Scalar((double) count));
  }

  /**
   * Their covariance, divided by their number less one, (values, values) float64, in the place of
   * what it is computed from: no image can be added any more.
   */
  Tensor takeCovariance() {
    requireSome();
    Tensor products = sums.get(PRODUCTS);
    try (PointerScope scope = new PointerScope()) {
      Tensor mean = mean();
      products.addr_(mean, mean, new Scalar(1.0), new Scalar((double) -count));
      products.div_(new Scalar((double) (count - 1)));
    }
    return products;
  }

  private void requireSome() {
    if (count < 2) {
      throw new InputException(
          "data.whitening: zca needs two training images at least that can be read");
    }
  }

  @Override
  public void close() {
    sums.close();
  }
}
