package org.potstill.prior.ldm;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.prior.KernelTensors;
import org.potstill.tensor.Attention;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Segments;
import org.potstill.tensor.Tensors;

/**
 * The first stage of a latent diffusion model (Esser et al. 2021; Rombach et al. 2022, section
 * 3.1): a convolutional autoencoder whose latents are replaced by the nearest of a list of codes.
 *
 * <p>A function of its weights. Results are live in the caller's scope.
 */
public final class FirstStage {

  private static final double EPSILON = 1e-6;

  /** Distances between positions and codes held at a time: 64 MB. */
  private static final long DISTANCES = 1L << 24;

  private final VqSettings settings;
  private final String prefix;
  private final Kernels kernels;
  private final Convolution kernel;

  /**
   * A first stage.
   *
   * @param prefix what stands before the names of its parameters
   * @param kernels do convolutions and find the nearest codes where they can; null for LibTorch's
   *     operators alone
   */
  public FirstStage(VqSettings settings, String prefix, Kernels kernels) {
    this.settings = settings;
    this.prefix = prefix;
    this.kernels = kernels;
    this.kernel = Convolution.ifFast(kernels);
  }

  /** Its sizes. */
  public VqSettings settings() {
    return settings;
  }

  /**
   * Images as latents, not yet quantised.
   *
   * @param images (N, C, H, W), sides multiples of {@link VqSettings#factor}
   * @return (N, code width, H / factor, W / factor)
   */
  public Tensor encode(NamedTensors weights, Tensor images) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Operators of = new Operators(weights, prefix, kernel, null);
      Tensor map = of.convolution("encoder.conv_in", images);
      int levels = settings.multipliers().size();
      for (int level = 0; level < levels; level++) {
        String at = "encoder.down." + level + ".";
        for (int block = 0; block < settings.resBlocks(); block++) {
          map = residual(of, at + "block." + block + ".", map);
        }
        if (level < levels - 1) {
          // Padded at the right and at the bottom only.
          Tensor padded = torch.constant_pad_nd(map, new long[] {0, 1, 0, 1}, new Scalar(0));
          map = of.convolution(at + "downsample.conv", padded, 2, 0);
        }
      }
      map = head(of, "encoder.", middle(of, "encoder.mid.", map));
      result.put(of.pointwise("quant_conv", map));
    }
    return result;
  }

  /**
   * Every position of {@code latents} as the nearest code; the gradient passes as if it were
   * unchanged (van den Oord et al. 2017, section 3.2).
   *
   * @param latents (N, code width, h, w)
   */
  public Tensor quantise(NamedTensors weights, Tensor latents) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor plain = latents.detach();
      Tensor codes = codebook(weights).index_select(0, codes(weights, plain));
      Tensor nearest =
          codes
              .view(latents.size(0), latents.size(2), latents.size(3), settings.codeWidth())
              .permute(0, 3, 1, 2);
      result.put(latents.add(nearest.sub(plain)));
    }
    return result;
  }

  /**
   * Index of the nearest code of every position, the first of equals.
   *
   * @param latents (N, code width, h, w)
   * @return (N * h * w) int64, in the order of (N, h, w)
   */
  public Tensor codes(NamedTensors weights, Tensor latents) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor codebook = codebook(weights);
      Tensor squares = codebook.square().sum(new long[] {1});
      Tensor points = latents.detach().permute(0, 2, 3, 1).reshape(-1, settings.codeWidth());
      long atOnce = Math.max(1, DISTANCES / settings.codes());
      TensorVector parts = new TensorVector();
      for (long start = 0; start < points.size(0); start += atOnce) {
        Tensor part = points.narrow(0, start, Math.min(atOnce, points.size(0) - start));
        parts.push_back(nearest(part, codebook, squares));
      }
      result.put(torch.cat(parts, 0));
    }
    return result;
  }

  /** The square of a point itself is the same for all codes and left out. */
  private Tensor nearest(Tensor points, Tensor codebook, Tensor squares) {
    if (KernelTensors.take(kernels, points) && KernelTensors.take(kernels, codebook)) {
      return nearest(points.contiguous(), codebook.contiguous());
    }
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor distances = torch.addmm(squares, points, codebook.t(), new Scalar(1), new Scalar(-2));
      result.put(distances.argmin(new LongOptional(1), false));
    }
    return result;
  }

  /** By the kernel, which keeps no table of distances. */
  private Tensor nearest(Tensor points, Tensor codebook) {
    long count = points.size(0);
    Tensor result = Tensors.emptyLongs(points, count);
    kernels.quantise(
        points.data_ptr_float(),
        count,
        codebook.data_ptr_float(),
        codebook.size(0),
        codebook.size(1),
        result.data_ptr_long());
    return result;
  }

  private Tensor codebook(NamedTensors weights) {
    return weights.get(prefix + "quantize.embedding.weight");
  }

  /** The images of latents, these quantised first; about -1 to 1. */
  public Tensor decode(NamedTensors weights, Tensor latents) {
    return decode(weights, latents, null);
  }

  /**
   * The same.
   *
   * @param segments cut where a kernel does something that is differentiated; may be null
   */
  Tensor decode(NamedTensors weights, Tensor latents, Segments segments) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      result.put(decodeAsTheyAre(weights, quantise(weights, latents), segments));
    }
    return result;
  }

  /**
   * The images of latents that are not quantised.
   *
   * @param latents (N, code width, h, w)
   * @return (N, C, h * factor, w * factor), about -1 to 1
   */
  public Tensor decodeAsTheyAre(NamedTensors weights, Tensor latents) {
    return decodeAsTheyAre(weights, latents, null);
  }

  private Tensor decodeAsTheyAre(NamedTensors weights, Tensor latents, Segments segments) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Operators of = new Operators(weights, prefix, kernel, segments);
      Tensor map = of.convolution("decoder.conv_in", of.pointwise("post_quant_conv", latents));
      map = middle(of, "decoder.mid.", map);
      for (int level = settings.multipliers().size() - 1; level >= 0; level--) {
        String at = "decoder.up." + level + ".";
        for (int block = 0; block <= settings.resBlocks(); block++) {
          map = residual(of, at + "block." + block + ".", map);
        }
        if (level > 0) {
          map = of.upsample(at + "upsample.conv", map);
        }
      }
      result.put(head(of, "decoder.", map));
    }
    return result;
  }

  private static Tensor head(Operators of, String name, Tensor map) {
    Tensor normed = of.groupNorm(name + "norm_out", map, EPSILON);
    return of.convolution(name + "conv_out", torch.silu(normed));
  }

  private static Tensor middle(Operators of, String name, Tensor map) {
    Tensor first = residual(of, name + "block_1.", map);
    return residual(of, name + "block_2.", attention(of, name + "attn_1.", first));
  }

  /** What lies between its input and its output is let go as far as no gradient needs it. */
  private static Tensor residual(Operators of, String name, Tensor taken) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor input = of.shared(taken);
      Tensor map = torch.silu(of.groupNorm(name + "norm1", input, EPSILON));
      map = of.convolution(name + "conv1", map);
      map = torch.silu(of.groupNorm(name + "norm2", map, EPSILON));
      map = of.convolution(name + "conv2", map);
      boolean same = input.size(1) == map.size(1);
      result.put((same ? input : of.pointwise(name + "nin_shortcut", input)).add(map));
    }
    return result;
  }

  /** One head of attention between all positions. */
  private static Tensor attention(Operators of, String name, Tensor input) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor normed = of.groupNorm(name + "norm", input, EPSILON);
      Tensor mixed =
          Attention.of(
              tokens(of.pointwise(name + "q", normed)),
              tokens(of.pointwise(name + "k", normed)),
              tokens(of.pointwise(name + "v", normed)));
      Tensor map = mixed.squeeze(1).transpose(1, 2).reshape(Tensors.shape(input));
      result.put(input.add(of.pointwise(name + "proj_out", map)));
    }
    return result;
  }

  /** (N, C, H, W) as (N, 1, H * W, C). */
  private static Tensor tokens(Tensor map) {
    return map.flatten(2, 3).transpose(1, 2).unsqueeze(1);
  }
}
