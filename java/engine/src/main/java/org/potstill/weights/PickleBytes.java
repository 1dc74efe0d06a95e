package org.potstill.weights;

/**
 * Bytes of a pickle that were left where they are in the file.
 *
 * @param position of the first one
 * @param length how many
 */
record PickleBytes(long position, long length) {}
