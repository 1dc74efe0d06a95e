package org.potstill.prior;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assertions;
import org.potstill.fixtures.FixtureFile;
import org.potstill.tensor.Tensors;

/** The cases of the two resampling operations, which the files' configurations describe. */
final class ResamplingFixtures {

  private ResamplingFixtures() {}

  static void upFirDns(FixtureFile file) {
    for (Iterator<String> names = file.config().fieldNames(); names.hasNext(); ) {
      String name = names.next();
      JsonNode setting = file.config().get(name);
      Tensor x = file.tensor("x").requires_grad_(true);
      Tensor y =
          upFirDn(setting, setting.get("gain").asDouble()).apply(x, filter(file, setting, "f"));
      StyleGanFixtureTest.compareOperator(file, name + ".y", y);
      Tensor upstream = file.tensor(name + ".upstream");
      StyleGanFixtureTest.compareOperator(
          file, name + ".x_grad", Tensors.gradients(y, upstream, new Tensor[] {x}, false)[0]);
    }
  }

  static void filteredLeakyRelus(FixtureFile file) {
    for (Iterator<String> names = file.config().fieldNames(); names.hasNext(); ) {
      filteredLeakyRelu(file, names.next());
    }
  }

  private static void filteredLeakyRelu(FixtureFile file, String name) {
    JsonNode setting = file.config().get(name);
    int up = setting.get("up").asInt();
    JsonNode clamp = setting.get("clamp");
    FilteredLeakyRelu operation =
        new FilteredLeakyRelu(
            up,
            setting.get("down").asInt(),
            upFirDn(setting, (double) up * up).onTheWayUp(),
            setting.get("gain").asDouble(),
            setting.get("slope").asDouble(),
            clamp.isNull() ? Double.POSITIVE_INFINITY : clamp.asDouble());
    Tensor x = file.tensor("x").requires_grad_(true);
    Tensor b = file.tensor("b").requires_grad_(true);
    Tensor fu = filter(file, setting, "fu");
    Tensor fd = filter(file, setting, "fd");
    Tensor y = operation.apply(x, b, fu, fd);
    StyleGanFixtureTest.compareOperator(file, name + ".y", y);
    Tensor upstream = file.tensor(name + ".upstream");
    Tensor[] gradients = Tensors.gradients(y, upstream, new Tensor[] {x, b}, false);
    StyleGanFixtureTest.compareOperator(file, name + ".x_grad", gradients[0]);
    StyleGanFixtureTest.compareOperator(file, name + ".b_grad", gradients[1]);
    Tensor pulled = operation.gradient(x.detach(), b.detach(), fu, fd, upstream);
    StyleGanFixtureTest.compareOperator(file, name + ".x_grad", pulled);
  }

  private static Tensor filter(FixtureFile file, JsonNode setting, String key) {
    JsonNode name = setting.get(key);
    return name.isNull() ? null : file.tensor("filter." + name.asText());
  }

  private static UpFirDn upFirDn(JsonNode setting, double gain) {
    int[] up = numbers(setting.get("up"), 2);
    int[] down = numbers(setting.get("down"), 2);
    int[] padding = numbers(setting.get("padding"), 4);
    boolean flip = setting.path("flip_filter").asBoolean(false);
    return new UpFirDn(
        up[0], up[1], down[0], down[1], padding[0], padding[1], padding[2], padding[3], flip, gain);
  }

  /** One number stands for all of them. */
  private static int[] numbers(JsonNode node, int count) {
    int[] result = new int[count];
    for (int i = 0; i < count; i++) {
      result[i] = node.isArray() ? node.get(i).asInt() : node.asInt();
    }
    Assertions.assertTrue(!node.isArray() || node.size() == count);
    return result;
  }
}
