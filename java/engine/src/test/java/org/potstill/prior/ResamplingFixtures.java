package org.potstill.prior;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Assertions;
import org.potstill.fixtures.FixtureFile;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.Resampling;
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
      for (Kernels kernels : HostProviders.all()) {
        upFirDn(file, name, kernels);
      }
    }
  }

  /** By a kernel, and its gradient by the transposed operation. */
  private static void upFirDn(FixtureFile file, String name, Kernels kernels) {
    JsonNode setting = file.config().get(name);
    UpFirDn of = upFirDn(setting, setting.get("gain").asDouble());
    Resampling resampling =
        new Resampling(
            of.upX(),
            of.upY(),
            of.downX(),
            of.downY(),
            of.left(),
            of.right(),
            of.top(),
            of.bottom(),
            of.flip(),
            of.gain());
    FirFilter filter = KernelTensors.filter(filter(file, setting, "f"));
    Tensor x = file.tensor("x");
    Tensor y = upFirDn(kernels, x, resampling, filter);
    StyleGanFixtureTest.compareOperator(file, name + ".y", y);
    Resampling transposed = resampling.transposed(x.size(2), x.size(3), filter);
    Tensor gradient = upFirDn(kernels, file.tensor(name + ".upstream"), transposed, filter);
    StyleGanFixtureTest.compareOperator(file, name + ".x_grad", gradient);
  }

  private static Tensor upFirDn(Kernels kernels, Tensor x, Resampling of, FirFilter filter) {
    long height = of.outHeight(x.size(2), filter);
    long width = of.outWidth(x.size(3), filter);
    long planes = x.size(0) * x.size(1);
    Tensor y = torch.empty(x.size(0), x.size(1), height, width);
    kernels.upFirDn(
        KernelTensors.floats(x), planes, x.size(2), x.size(3), of, filter, KernelTensors.floats(y));
    return y;
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
    Tensor y = operation.apply(x, b, fu, fd, null);
    StyleGanFixtureTest.compareOperator(file, name + ".y", y);
    Tensor upstream = file.tensor(name + ".upstream");
    Tensor[] gradients = Tensors.gradients(y, upstream, new Tensor[] {x, b}, false);
    StyleGanFixtureTest.compareOperator(file, name + ".x_grad", gradients[0]);
    StyleGanFixtureTest.compareOperator(file, name + ".b_grad", gradients[1]);
    Tensor pulled = operation.gradient(x.detach(), b.detach(), fu, fd, upstream, null);
    StyleGanFixtureTest.compareOperator(file, name + ".x_grad", pulled);
    for (Kernels kernels : HostProviders.all()) {
      Tensor made = operation.apply(x.detach(), b.detach(), fu, fd, kernels);
      StyleGanFixtureTest.compareOperator(file, name + ".y", made);
      Tensor anew = operation.gradient(x.detach(), b.detach(), fu, fd, upstream, kernels);
      StyleGanFixtureTest.compareOperator(file, name + ".x_grad", anew);
    }
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
