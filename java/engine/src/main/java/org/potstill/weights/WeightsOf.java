package org.potstill.weights;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Recognises well-known networks by names of their tensors, to say whose weights a file holds. */
public final class WeightsOf {

  /** A network and names that it has, more special ones first. */
  private record Signature(String network, List<String> names) {}

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature(
              "a StyleGAN generator", List.of("synthesis.input.freqs", "mapping.fc0.weight")),
          new Signature(
              "a latent diffusion model", List.of("model.diffusion_model.time_embed.0.weight")),
          new Signature(
              "the first stage of a latent diffusion model",
              List.of("quantize.embedding.weight", "decoder.conv_in.weight")),
          new Signature("torchvision's vision transformer", List.of("encoder.pos_embedding")),
          new Signature("vit", List.of("pos_embedding", "cls_token")),
          new Signature("a ResNet of 50 or more layers", List.of("layer1.0.conv3.weight")),
          new Signature("torchvision's ResNet-34", List.of("layer1.2.conv2.weight", "fc.weight")),
          new Signature("resnet18 of the evaluation", List.of("layer2.0.shortcut.0.weight")),
          new Signature(
              "torchvision's ResNet-18", List.of("layer2.0.downsample.0.weight", "fc.weight")),
          new Signature("torchvision's AlexNet or VGG", List.of("classifier.6.weight")),
          new Signature("alexnet of the evaluation", List.of("features.10.weight", "fc.weight")),
          new Signature(
              "vgg11 of the evaluation", List.of("features.25.weight", "classifier.weight")),
          new Signature("a convnet", List.of("features.0.weight", "classifier.weight")));

  private WeightsOf() {}

  /** A sentence, with a space before it, or nothing. */
  public static String hint(Set<String> names) {
    return network(names).map(network -> " It looks like " + network + ".").orElse("");
  }

  /** The network whose weights have these names among theirs, or nothing where it is not known. */
  public static Optional<String> network(Set<String> names) {
    return SIGNATURES.stream()
        .filter(signature -> names.containsAll(signature.names()))
        .map(Signature::network)
        .findFirst();
  }
}
