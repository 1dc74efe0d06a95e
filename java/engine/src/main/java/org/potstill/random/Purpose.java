package org.potstill.random;

/**
 * What a stream of random numbers is for; streams of different purposes are independent.
 *
 * <p>The code of a purpose is part of every result: never change or reuse one.
 */
public enum Purpose {
  VALIDATION_SPLIT(1),
  SCORER_FOLDS(2),
  SCORER_INITIALISATION(3),
  SCORER_BATCHES(4),
  SCORER_AUGMENTATION(5),
  RANDOM_PRUNING(6),
  IMAGE_INITIALISATION(7),
  NETWORK_INITIALISATION(8),
  REAL_BATCH(9),
  DISTILL_AUGMENTATION(10),
  SYNTHETIC_BATCH(11),
  EXPERT_INITIALISATION(12),
  EXPERT_BATCHES(13),
  EXPERT_AUGMENTATION(14),
  EXPERT_CHOICE(15),
  EVALUATION_INITIALISATION(16),
  EVALUATION_BATCHES(17),
  EVALUATION_AUGMENTATION(18),
  BASELINE_CHOICE(19),
  DROPOUT(20),
  PRIOR_INITIALISATION(21),
  PRIOR_NOISE(22),
  BASELINE_FEATURES(23);

  private final int code;

  Purpose(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
