package org.potstill.evaluate;

/**
 * One training and what it is measured on.
 *
 * @param number among all of the evaluation, in their order, from 1
 * @param network name of the network
 * @param set what the training images are called
 * @param repeat from 0
 * @param rate peak of the learning rate
 * @param key stands for all that its accuracy depends on
 */
record Trial(long number, String network, String set, int repeat, double rate, String key) {}
