package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.PatternDataset;
import org.potstill.net.Network;

class EvaluationNetworksTest {

  private static List<Integer> widths(Network network) {
    return network.state().stream()
        .filter(entry -> entry.shape().size() == 4)
        .map(entry -> entry.shape().get(0).intValue())
        .toList();
  }

  private static Map<String, Network> networks(String... settings) {
    Config config = ConfigLoader.of(EvaluationRuns.with(settings));
    return EvaluationNetworks.of(config, new PatternDataset(32, 3, 10, "a", "b", "c"));
  }

  @Test
  void aConvNetHasTheFormThatIsAskedForWhicheverNetworkDistils() {
    String both = "evaluate.networks=[convnet, resnet18]";
    Map<String, Network> distilledBy = networks(both);
    assertEquals(List.of(8, 8), widths(distilledBy.get("convnet")));
    Map<String, Network> beside = networks(both, "distill.network.name=resnet18");
    assertEquals(List.of(8, 8), widths(beside.get("convnet")));
    assertEquals(
        distilledBy.get("convnet").state().toString(), beside.get("convnet").state().toString());
  }

  /** Its width doubles from block to block. */
  @Test
  void aConvNetWithGlobalAverageHasTheFormThatIsAskedForOnlyWhereItDistils() {
    String both = "evaluate.networks=[convnet, convnet-gap]";
    assertEquals(List.of(128, 256, 512), widths(networks(both).get("convnet-gap")));
    Map<String, Network> distilling = networks(both, "distill.network.name=convnet-gap");
    assertEquals(List.of(8, 16), widths(distilling.get("convnet-gap")));
    assertEquals(List.of(8, 8), widths(distilling.get("convnet")));
  }

  @Test
  void theNormOfTheNetworkThatDistilsIsItsOwn() {
    Network convNet =
        networks(
                "evaluate.networks=[convnet]",
                "distill.network.name=alexnet",
                "distill.network.norm=none")
            .get("convnet");
    assertEquals(
        2,
        convNet.state().stream()
            .filter(e -> e.name().equals("features.1.weight") || e.name().equals("features.1.bias"))
            .count());
  }
}
