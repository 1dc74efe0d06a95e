package org.potstill.kernels;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;

/**
 * Where {@link Kernels#score} writes, one value per row; every buffer but {@code loss} may be null.
 *
 * @param loss cross-entropy in nats
 * @param margin logit of the label minus the largest other logit
 * @param entropy entropy of the softmax in nats
 * @param el2n Euclidean norm of softmax minus one-hot label (Paul et al. 2021)
 * @param correct 1 where the label has the largest logit (ties: the lowest index wins), else 0
 */
public record ScoreOutputs(
    FloatPointer loss,
    FloatPointer margin,
    FloatPointer entropy,
    FloatPointer el2n,
    BytePointer correct) {

  /** Only the loss. */
  public static ScoreOutputs lossOnly(FloatPointer loss) {
    return new ScoreOutputs(loss, null, null, null, null);
  }
}
