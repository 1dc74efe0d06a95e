import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.InputException;
import org.potstill.net.AbstractNetwork;
import org.potstill.net.Activation;
import org.potstill.net.Layers;
import org.potstill.net.Network;
import org.potstill.net.NetworkProvider;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Pooling;
import org.potstill.net.StateLayout;

/**
 * A network of one's own: LeNet-5 (LeCun et al. 1998) with ReLU and mean pooling, for square images
 * of any size from 12 pixels. Configurations then name it {@code lenet}.
 */
public final class LeNet implements NetworkProvider {

  private static final int SMALLEST = 12;

  @Override
  public String name() {
    return "lenet";
  }

  @Override
  public Network create(NetworkSpec spec) {
    if (spec.imageSize() < SMALLEST) {
      throw new InputException("lenet needs images of at least " + SMALLEST + " pixels");
    }
    // Two convolutions of 5 x 5, the first padded by 2, and two poolings.
    long side = (spec.imageSize() / 2 - 4) / 2;
    StateLayout layout = new StateLayout(); // the parameters by name, and how each is drawn
    layout.convolution("conv1", spec.channels(), 6, 5, true);
    layout.convolution("conv2", 6, 16, 5, true);
    layout.linear("fc1", 16 * side * side, 120, true);
    layout.linear("fc2", 120, 84, true);
    layout.linear("classifier", 84, spec.classes(), true);
    return new LeNetNetwork(name(), spec.classes(), layout);
  }

  /** The layers; it holds no weights: a pass is handed them. */
  private static final class LeNetNetwork extends AbstractNetwork {

    LeNetNetwork(String name, int classes, StateLayout layout) {
      super(name, classes, layout);
    }

    @Override
    protected Tensor features(Layers layers, Tensor images) {
      Tensor maps = layers.pool(Pooling.AVG, relu(layers, convolved(layers, "conv1", images, 2)));
      maps = layers.pool(Pooling.AVG, relu(layers, convolved(layers, "conv2", maps, 0)));
      Tensor hidden = relu(layers, layers.linear("fc1", Layers.flatten(maps), true));
      return relu(layers, layers.linear("fc2", hidden, true));
    }

    @Override
    protected Tensor classify(Layers layers, Tensor images) {
      return layers.linear("classifier", features(layers, images), true);
    }

    private static Tensor convolved(Layers layers, String name, Tensor input, int padding) {
      return layers.convolution(name, input, true, 1, padding);
    }

    private static Tensor relu(Layers layers, Tensor input) {
      return layers.activation(Activation.RELU, input);
    }
  }
}
