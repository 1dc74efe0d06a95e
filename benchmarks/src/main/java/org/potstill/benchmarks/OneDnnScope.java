package org.potstill.benchmarks;

import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/**
 * Lets LibTorch hand convolutions to oneDNN until it is closed, also where the engine does without
 * it because some of them are wrong: without it LibTorch is so slow at a filter per channel that
 * there is nothing to compare with. Those timed here are checked and right. {@code
 * -Dpotstill.benchmarks.onednn=false} leaves it as the engine does.
 */
final class OneDnnScope implements AutoCloseable {

  private static final boolean WANTED =
      Boolean.parseBoolean(System.getProperty("potstill.benchmarks.onednn", "true"));

  private final boolean before;

  OneDnnScope() {
    try (Context context = torch.globalContext()) {
      before = context.userEnabledMkldnn();
      context.setUserEnabledMkldnn(before || WANTED);
    }
  }

  @Override
  public void close() {
    try (Context context = torch.globalContext()) {
      context.setUserEnabledMkldnn(before);
    }
  }
}
