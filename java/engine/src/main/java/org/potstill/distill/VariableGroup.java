package org.potstill.distill;

import java.util.List;

/**
 * Variables that share a learning rate.
 *
 * @param name for logs
 * @param learningRate of SGD
 * @param variables names in {@link Space#variables()}
 */
public record VariableGroup(String name, double learningRate, List<String> variables) {}
