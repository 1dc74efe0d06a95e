package org.potstill.config;

/**
 * A whole configuration, checked and with all defaults filled in.
 *
 * @param experts null unless the method is trajectory matching
 */
public record Config(
    RunConfig run,
    DataConfig data,
    ScoreConfig score,
    PruneConfig prune,
    ExpertsConfig experts,
    DistillConfig distill,
    EvaluateConfig evaluate) {}
