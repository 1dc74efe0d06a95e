package org.potstill.kernels;

/**
 * How a step of stochastic gradient descent moves parameters p along gradients g, in the arithmetic
 * of PyTorch's {@code torch.optim.SGD} without dampening: {@code v = momentum * v + (g + decay *
 * p)}, then {@code p = p - rate * v}.
 *
 * @param rate learning rate of the step
 * @param momentum share of the velocity v that stays
 * @param decay weight decay
 */
public record SgdRule(double rate, double momentum, double decay) {}
