package org.potstill.prior.ldm;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Attention;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;
import org.potstill.tensor.Tensors;

/**
 * The network that estimates the noise in a latent (Ho et al. 2020; Dhariwal and Nichol 2021; with
 * a condition, Rombach et al. 2022, section 3.3).
 *
 * <p>A function of its weights. Results are live in the caller's scope.
 */
public final class UNet {

  private static final double EPSILON = 1e-5;
  private static final double LONGEST_PERIOD = 10_000;

  private final UNetSettings settings;
  private final UNetPlan plan;
  private final String prefix;
  private final Convolution kernel;

  /**
   * A UNet.
   *
   * @param prefix what stands before the names of its parameters
   * @param kernels do convolutions where they can; null for LibTorch's operators alone
   */
  public UNet(UNetSettings settings, String prefix, Kernels kernels) {
    this.settings = settings;
    this.plan = UNetPlan.of(settings);
    this.prefix = prefix;
    this.kernel = Convolution.ifFast(kernels);
  }

  /** Its sizes. */
  public UNetSettings settings() {
    return settings;
  }

  /**
   * The noise in {@code latents}.
   *
   * @param latents (N, C, h, w), h and w multiples of {@link UNetSettings#factor}
   * @param timesteps (N) of the diffusion, from 0
   * @param context (N, tokens, width); null without a condition
   * @return (N, C, h, w)
   */
  public Tensor noise(NamedTensors weights, Tensor latents, long[] timesteps, Tensor context) {
    return noise(weights, latents, timesteps, context, null);
  }

  /**
   * The same.
   *
   * @param segments cut where a kernel does something that is differentiated; the context is the
   *     beginning of one. May be null.
   */
  Tensor noise(
      NamedTensors weights, Tensor latents, long[] timesteps, Tensor context, Segments segments) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Operators of = new Operators(weights, prefix, kernel, segments);
      Tensor time = time(of, timesteps, latents);
      Deque<Tensor> kept = new ArrayDeque<>();
      Tensor map = of.shared(of.convolution("input_blocks.0.0", latents));
      kept.push(map);
      for (UNetPlan.Block block : plan.down()) {
        map = of.shared(block(of, block, map, time, context));
        kept.push(map);
      }
      map = residual(of, "middle_block.0.", map, time);
      map = attention(of, "middle_block.1.", map, context);
      map = residual(of, "middle_block.2.", map, time);
      for (UNetPlan.Block block : plan.up()) {
        map = block(of, block, joined(map, kept.pop()), time, context);
      }
      map = torch.silu(of.groupNorm("out.0", map, EPSILON));
      result.put(of.convolution("out.2", map));
    }
    return result;
  }

  private static Tensor joined(Tensor map, Tensor kept) {
    return torch.cat(new TensorVector(map, kept), 1);
  }

  /** Cosines, then sines, of the timesteps at geometric frequencies, through a perceptron. */
  private Tensor time(Operators of, long[] timesteps, Tensor like) {
    int half = settings.channels() / 2;
    float[] waves = new float[timesteps.length * 2 * half];
    for (int n = 0; n < timesteps.length; n++) {
      for (int i = 0; i < half; i++) {
        // In float, as the published code does: the angles are large.
        float frequency = (float) Math.exp(-(float) Math.log(LONGEST_PERIOD) * i / half);
        float angle = timesteps[n] * frequency;
        waves[n * 2 * half + i] = (float) Math.cos(angle);
        waves[n * 2 * half + half + i] = (float) Math.sin(angle);
      }
    }
    Tensor embedding = Tensors.of(like, waves, timesteps.length, 2L * half);
    return of.linear("time_embed.2", torch.silu(of.linear("time_embed.0", embedding)));
  }

  private Tensor block(
      Operators of, UNetPlan.Block block, Tensor input, Tensor time, Tensor context) {
    String name = block.name() + ".";
    if (block.halves()) {
      return of.convolution(name + "0.op", input, 2, 1);
    }
    Tensor map = residual(of, name + "0.", input, time);
    if (block.attends()) {
      map = attention(of, name + "1.", map, context);
    }
    if (block.doubles()) {
      map = of.upsample(name + (block.attends() ? "2" : "1") + ".conv", map);
    }
    return map;
  }

  /** What lies between its input and its output is let go as far as no gradient needs it. */
  private static Tensor residual(Operators of, String name, Tensor taken, Tensor time) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor input = of.shared(taken);
      Tensor map = torch.silu(of.groupNorm(name + "in_layers.0", input, EPSILON));
      map = of.convolution(name + "in_layers.2", map);
      Tensor shift = of.linear(name + "emb_layers.1", torch.silu(time));
      map = map.add(shift.unsqueeze(2).unsqueeze(3));
      map = torch.silu(of.groupNorm(name + "out_layers.0", map, EPSILON));
      map = of.convolution(name + "out_layers.3", map);
      boolean same = input.size(1) == map.size(1);
      result.put((same ? input : of.pointwise(name + "skip_connection", input)).add(map));
    }
    return result;
  }

  private Tensor attention(Operators of, String name, Tensor input, Tensor context) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      int heads = settings.heads().of(Math.toIntExact(input.size(1)));
      result.put(
          settings.conditional()
              ? SpatialTransformer.apply(of, name, input, context, heads)
              : selfAttention(of, name, input, heads));
    }
    return result;
  }

  /** Attention between all positions; every head has its query, key and value side by side. */
  private static Tensor selfAttention(Operators of, String name, Tensor input, int heads) {
    long count = input.size(0);
    long channels = input.size(1);
    long width = channels / heads;
    Tensor map = of.groupNorm(name + "norm", input, EPSILON).flatten(2, 3);
    Tensor all =
        of.pointwise1d(name + "qkv", map).view(count, heads, 3, width, -1).permute(2, 0, 1, 4, 3);
    Tensor mixed = Attention.of(all.select(0, 0), all.select(0, 1), all.select(0, 2));
    mixed = mixed.transpose(2, 3).reshape(count, channels, -1);
    return of.pointwise1d(name + "proj_out", mixed).view(Tensors.shape(input)).add(input);
  }
}
