package org.potstill.net;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.random.Philox;
import org.potstill.random.RandomStream;
import org.potstill.tensor.Tensors;

/**
 * Masks of dropout. On a GPU they are computed there, by the generator's own arithmetic on whole
 * tensors: a vision transformer wants 19 of them a step, which take the host many times as long as
 * the GPU takes for the step. The bits are the same.
 */
final class DropoutMask {

  private static final long WORD = 0xFFFFFFFFL;

  /** Blocks of four numbers at a time: eight tensors of 8 MB. */
  private static final long BLOCKS = 1 << 20;

  private DropoutMask() {}

  /**
   * 0 with probability {@code rate}, else {@code 1 / (1 - rate)}, for every value of {@code input}
   * in row-major order, as float32 where that lies; the stream moves on by as many draws.
   */
  static Tensor of(RandomStream random, Tensor input, double rate) {
    return input.is_cpu() ? byHost(random, input, rate) : byTensors(random, input, rate);
  }

  static Tensor byHost(RandomStream random, Tensor input, double rate) {
    float[] mask = new float[Math.toIntExact(input.numel())];
    float kept = kept(rate);
    for (int i = 0; i < mask.length; i++) {
      mask[i] = random.nextFloat() < rate ? 0 : kept;
    }
    return Tensors.of(input, mask, Tensors.shape(input));
  }

  static Tensor byTensors(RandomStream random, Tensor input, double rate) {
    long count = input.numel();
    RandomStream.Position from = random.position();
    random.skip(count);
    Tensor mask = Tensors.emptyFloats(input, count);
    // As nextFloat: the fraction is kept where it is not below the rate.
    Scalar least = new Scalar((long) Math.ceil(rate * (1 << RandomStream.FRACTION_BITS)));
    long end = from.draws() + count;
    long first = from.draws() / Philox.WORDS;
    for (long block = first; block * Philox.WORDS < end; block += BLOCKS) {
      try (PointerScope scope = new PointerScope()) {
        long begin = Math.max(from.draws(), block * Philox.WORDS);
        long some = Math.min(end, (block + BLOCKS) * Philox.WORDS) - begin;
        long blocks = (begin + some + Philox.WORDS - 1) / Philox.WORDS - block;
        Tensor words =
            draws(from, input, block, blocks).narrow(0, begin - block * Philox.WORDS, some);
        Tensor drawn =
            words
                .bitwise_right_shift_(new Scalar(Integer.SIZE - RandomStream.FRACTION_BITS))
                .ge(least);
        mask.narrow(0, begin - from.draws(), some).copy_(drawn);
      }
    }
    return mask.mul_(new Scalar(kept(rate))).view(Tensors.shape(input));
  }

  private static float kept(double rate) {
    return (float) (1 / (1 - rate));
  }

  /** The draws of blocks of the stream in order, each as 32 bits of an int64. */
  private static Tensor draws(RandomStream.Position stream, Tensor like, long block, long blocks) {
    Tensor number = Tensors.upTo(like, blocks).add_(new Scalar(block));
    Tensor[] counter = {
      low(number),
      high(number),
      torch.full_like(number, new Scalar(stream.stream() & WORD)),
      torch.full_like(number, new Scalar(stream.stream() >>> Integer.SIZE))
    };
    int key0 = (int) stream.key();
    int key1 = (int) (stream.key() >>> Integer.SIZE);
    for (int round = 0; round < Philox.ROUNDS; round++) {
      try (PointerScope scope = new PointerScope()) {
        Tensor product0 = counter[0].mul(new Scalar(Philox.MULTIPLIER_0));
        Tensor product1 = counter[2].mul(new Scalar(Philox.MULTIPLIER_1));
        Tensor word0 = high(product1).bitwise_xor_(counter[1]).bitwise_xor_(word(key0));
        Tensor word2 = high(product0).bitwise_xor_(counter[3]).bitwise_xor_(word(key1));
        counter[0].copy_(word0);
        counter[1].copy_(low(product1));
        counter[2].copy_(word2);
        counter[3].copy_(low(product0));
      }
      key0 += Philox.WEYL_0;
      key1 += Philox.WEYL_1;
    }
    return torch.stack(new TensorVector(counter), 1).view(-1);
  }

  private static Tensor low(Tensor numbers) {
    return numbers.bitwise_and(new Scalar(WORD));
  }

  /** The shift keeps the sign, which the mask takes off. */
  private static Tensor high(Tensor numbers) {
    return numbers.bitwise_right_shift(new Scalar(Integer.SIZE)).bitwise_and_(new Scalar(WORD));
  }

  private static Scalar word(int bits) {
    return new Scalar(Integer.toUnsignedLong(bits));
  }
}
