package org.potstill.net;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.potstill.fixtures.FixtureFile;
import org.potstill.kernels.CpuKernels;

/**
 * Builds the network that a fixture was made with, from its class name and its list of keys. A
 * network that the engine does not have skips the test.
 */
public final class PublishedNetworks {

  private static final Pattern CONVOLUTION = Pattern.compile("features\\.(\\d+)\\.weight");

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
    assumeFalse(
        ofTheOtherForm(spec, published),
        published + " at " + spec.imageSize() + " pixels: ours chooses the form by the size");
    String description = file.config().path("desc").asText().toLowerCase(Locale.ROOT);
    if (published.startsWith("ConvNet")) {
      spec = convNet(spec, shapes, description);
    } else if (shapes.containsKey("bn1.weight")) {
      spec = spec.with(norm("bn1", shapes, description));
    } else if (published.startsWith("VGG")) {
      assumeTrue(shapes.containsKey("features.1.weight"), "ours has no VGG without norms");
      spec = spec.with(norm("features.1", shapes, description));
    } else {
      assumeFalse(published.startsWith("ResNet"), "ours has no ResNet without norms");
    }
    return Networks.create(spec);
  }

  /** AlexNet and ResNet-18 are the same in both forms, and a ConvNet has one. */
  private static boolean ofTheOtherForm(NetworkSpec spec, String published) {
    boolean twoForms = published.startsWith("VGG") || published.startsWith("ViT");
    return twoForms && spec.large() == published.endsWith("CIFAR");
  }

  /**
   * A ConvNet with average pooling as the cases of other groups use it, of the norm of the config
   * or, where it has none, instance norm.
   */
  public static Network convNet(FixtureFile file, int channels) {
    NetworkSpec spec =
        NetworkSpec.of("convnet", file.integer("im"), channels, file.integer("classes"));
    return Networks.create(
            spec.with(
                file.integer("depth"),
                file.integer("width"),
                norm(file.config().path("norm").asText("instancenorm")),
                Pooling.AVG))
        .with(new CpuKernels(2));
  }

  private static Norm norm(String published) {
    return switch (published) {
      case "instancenorm" -> Norm.INSTANCE;
      case "batchnorm" -> Norm.BATCH;
      case "layernorm" -> Norm.LAYER;
      case "groupnorm" -> Norm.GROUP;
      case "none" -> Norm.NONE;
      default -> throw new IllegalStateException("no norm is known for " + published);
    };
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
      case "VGG11", "VGG11BN", "VGG11CIFAR", "VGG11BNCIFAR" -> "vgg11";
      case "ResNet18", "ResNet18BN", "ResNet18CIFAR", "ResNet18BNCIFAR" -> "resnet18";
      case "ViT", "ViTCIFAR" -> "vit";
      default -> abort("ours has no network like the published " + published);
    };
  }

  private static NetworkSpec convNet(
      NetworkSpec spec, Map<String, List<Long>> shapes, String description) {
    List<Integer> positions =
        shapes.keySet().stream()
            .filter(key -> shapes.get(key).size() == 4)
            .map(CONVOLUTION::matcher)
            .filter(Matcher::matches)
            .map(matcher -> Integer.parseInt(matcher.group(1)))
            .toList();
    long width = shapes.get("features.0.weight").get(0);
    Norm norm = norm("features.1", shapes, description);
    return spec.with(positions.size(), (int) width, norm, pooling(positions, norm, description))
        .with(activation(description));
  }

  private static Norm norm(String name, Map<String, List<Long>> shapes, String description) {
    List<Long> scale = shapes.get(name + ".weight");
    if (scale == null || scale.size() == 4) {
      return Norm.NONE;
    }
    if (scale.size() == 3) {
      return Norm.LAYER;
    }
    if (shapes.containsKey(name + ".running_mean")) {
      return Norm.BATCH;
    }
    return description.contains("groupnorm") && !description.contains("instancenorm")
        ? Norm.GROUP
        : Norm.INSTANCE;
  }

  /** Without pooling, a block is a convolution, its norm and its activation. */
  private static Pooling pooling(List<Integer> positions, Norm norm, String description) {
    int unpooled = norm == Norm.NONE ? 2 : 3;
    if (positions.size() > 1
        ? positions.get(1) == unpooled
        : description.contains("no pooling") || description.contains("pooling none")) {
      return Pooling.NONE;
    }
    return description.contains("maxpool") ? Pooling.MAX : Pooling.AVG;
  }

  private static Activation activation(String description) {
    if (description.contains("leakyrelu")) {
      return Activation.LEAKY_RELU;
    }
    return description.contains("sigmoid") ? Activation.SIGMOID : Activation.RELU;
  }
}
