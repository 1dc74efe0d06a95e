package org.potstill.kernels;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The oracle of {@link Kernels#score}. A row that holds NaN or plus infinity, or nothing but minus
 * infinity, has no softmax: loss, entropy and EL2N are NaN, as with LibTorch.
 */
final class JavaScore {

  private final float[] row;
  private final float[] loss;
  private final float[] margin;
  private final float[] entropy;
  private final float[] el2n;
  private final byte[] correct;

  private JavaScore(int classes, int rows) {
    row = new float[classes];
    loss = new float[rows];
    margin = new float[rows];
    entropy = new float[rows];
    el2n = new float[rows];
    correct = new byte[rows];
  }

  static void run(
      Pointer logits,
      LogitType type,
      LongPointer labels,
      long rows,
      long classes,
      ScoreOutputs outputs) {
    int chunk = (int) Math.min(rows, Buffers.CHUNK);
    JavaScore scorer = new JavaScore(Math.toIntExact(classes), chunk);
    long[] labelOf = new long[chunk];
    checkLabels(labels, rows, classes);
    for (long first = 0; first < rows; first += chunk) {
      int count = (int) Math.min(chunk, rows - first);
      Buffers.read(labels, first, labelOf, count);
      for (int i = 0; i < count; i++) {
        Buffers.readLogits(logits, type, (first + i) * classes, scorer.row, scorer.row.length);
        scorer.scoreRow(i, (int) labelOf[i]);
      }
      scorer.write(outputs, first, count);
    }
  }

  private static void checkLabels(LongPointer labels, long rows, long classes) {
    long[] chunk = new long[(int) Math.min(rows, Buffers.CHUNK)];
    for (long first = 0; first < rows; first += chunk.length) {
      int count = (int) Math.min(chunk.length, rows - first);
      Buffers.read(labels, first, chunk, count);
      for (int i = 0; i < count; i++) {
        if (chunk[i] < 0 || chunk[i] >= classes) {
          throw new IllegalArgumentException(
              "score(rows="
                  + rows
                  + ", classes="
                  + classes
                  + "): label "
                  + chunk[i]
                  + " of row "
                  + (first + i)
                  + " is out of range");
        }
      }
    }
  }

  private void scoreRow(int i, int label) {
    float largestOther = Float.NEGATIVE_INFINITY;
    boolean first = true;
    boolean nan = false;
    for (int j = 0; j < row.length; j++) {
      nan |= Float.isNaN(row[j]);
      if (j != label) {
        largestOther = Math.max(largestOther, row[j]);
        first &= j < label ? row[j] < row[label] : row[j] <= row[label];
      }
    }
    margin[i] = row[label] - largestOther;
    correct[i] = (byte) (first && !nan ? 1 : 0);
    softmax(i, label, Math.max(largestOther, row[label]));
  }

  private void softmax(int i, int label, float largest) {
    if (Float.isNaN(largest) || Float.isInfinite(largest)) {
      loss[i] = Float.NaN;
      entropy[i] = Float.NaN;
      el2n[i] = Float.NaN;
      return;
    }
    double others = 0;
    double squares = 0;
    double weighted = 0;
    for (int j = 0; j < row.length; j++) {
      double shifted = (double) row[j] - largest;
      double e = Math.exp(shifted);
      weighted += e == 0 ? 0 : e * shifted; // p log p is 0 at p = 0
      if (j != label) {
        others += e;
        squares += e * e;
      }
    }
    double shiftedLabel = (double) row[label] - largest;
    double own = Math.exp(shiftedLabel);
    double sum = others + own;
    // With the label's own term apart, an easy row's loss near zero keeps its digits.
    loss[i] = (float) (shiftedLabel == 0 ? Math.log1p(others) : Math.log(sum) - shiftedLabel);
    entropy[i] = (float) (Math.log(sum) - weighted / sum);
    el2n[i] = (float) (Math.sqrt(squares + others * others) / sum);
  }

  private void write(ScoreOutputs outputs, long first, int count) {
    Buffers.write(loss, outputs.loss(), first, count);
    Buffers.write(margin, outputs.margin(), first, count);
    Buffers.write(entropy, outputs.entropy(), first, count);
    Buffers.write(el2n, outputs.el2n(), first, count);
    Buffers.write(correct, outputs.correct(), first, count);
  }
}
