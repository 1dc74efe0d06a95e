package org.potstill.evaluate;

/** Where the images come from that networks are trained on. */
interface TrainingSource {

  /** What it is, for progress and metrics: {@code distilled}, {@code random}. */
  String name();

  /** Stands for its content: the same key means the same images at every repeat. */
  String key();

  /** The images of a repeat, as many of every class at each; the caller closes them. */
  LabelledImages load(int repeat);
}
