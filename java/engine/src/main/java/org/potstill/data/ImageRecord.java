package org.potstill.data;

/**
 * One image of a data set, not decoded.
 *
 * @param id path below the source with '/' separators, or {@code train/000123} for IDX and CIFAR
 * @param classIndex from 0, an index into the class names of the data set
 */
public record ImageRecord(String id, int classIndex) {}
