package org.potstill.net;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.potstill.fixtures.FixtureFile;

/** Builds the network that a fixture was made with, from its class name and its list of keys. */
public final class PublishedNetworks {

  private PublishedNetworks() {}

  /**
   * The network of {@code file}, which names its published class, for images like {@code input}.
   */
  public static Network of(FixtureFile file, Tensor input) {
    String reference = file.metadata().get("reference");
    String published = reference.substring(reference.lastIndexOf(':') + 1);
    Map<String, List<Long>> shapes = shapes(file);
    String last = shapes.keySet().stream().reduce((a, b) -> b).orElseThrow();
    NetworkSpec spec =
        NetworkSpec.of(
            name(published),
            (int) input.size(2),
            (int) input.size(1),
            Math.toIntExact(shapes.get(last).get(0)));
    if (published.startsWith("ConvNet")) {
      String description = file.config().path("desc").asText();
      spec = convNet(spec, shapes, description);
    }
    return Networks.create(spec);
  }

  /** A ConvNet with instance norm and average pooling, as the cases of other groups use it. */
  public static Network convNet(FixtureFile file, int channels) {
    NetworkSpec spec =
        NetworkSpec.of("convnet", file.integer("im"), channels, file.integer("classes"));
    return Networks.create(
        spec.with(file.integer("depth"), file.integer("width"), Norm.INSTANCE, Pooling.AVG));
  }

  private static Map<String, List<Long>> shapes(FixtureFile file) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (JsonNode entry : FixtureFile.json(file.text("keys")).get("entries")) {
      shapes.put(
          entry.get("name").asText(),
          StreamSupport.stream(entry.get("shape").spliterator(), false)
              .map(JsonNode::asLong)
              .toList());
    }
    return shapes;
  }

  private static String name(String published) {
    return switch (published) {
      case "ConvNet" -> "convnet";
      case "ConvNetGAP" -> "convnet-gap";
      case "AlexNet", "AlexNetCIFAR" -> "alexnet";
      case "VGG11", "VGG11CIFAR" -> "vgg11";
      case "ResNet18", "ResNet18CIFAR" -> "resnet18";
      case "ViT", "ViTCIFAR" -> "vit";
      default -> throw new IllegalStateException("no network is known for " + published);
    };
  }

  private static NetworkSpec convNet(
      NetworkSpec spec, Map<String, List<Long>> shapes, String description) {
    long depth = shapes.keySet().stream().filter(key -> isKernel(key, shapes)).count();
    long width = shapes.get("features.0.weight").get(0);
    return spec.with((int) depth, (int) width, norm(shapes, description), pooling(description))
        .with(activation(description));
  }

  private static boolean isKernel(String key, Map<String, List<Long>> shapes) {
    return key.startsWith("features.") && shapes.get(key).size() == 4;
  }

  private static Norm norm(Map<String, List<Long>> shapes, String description) {
    List<Long> scale = shapes.get("features.1.weight");
    if (scale == null || scale.size() == 4) {
      return Norm.NONE;
    }
    if (scale.size() == 3) {
      return Norm.LAYER;
    }
    if (shapes.containsKey("features.1.running_mean")) {
      return Norm.BATCH;
    }
    return description.contains("groupnorm") ? Norm.GROUP : Norm.INSTANCE;
  }

  private static Pooling pooling(String description) {
    if (description.contains("maxpooling")) {
      return Pooling.MAX;
    }
    return description.contains("no pooling") ? Pooling.NONE : Pooling.AVG;
  }

  private static Activation activation(String description) {
    if (description.contains("leakyrelu")) {
      return Activation.LEAKY_RELU;
    }
    return description.contains("sigmoid") ? Activation.SIGMOID : Activation.RELU;
  }
}
