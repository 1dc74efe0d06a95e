/**
 * Images: sources, splits, decoding ahead of the consumer, resizing and normalising.
 *
 * <p>Reads the data set, writes nothing. Next: {@code score}.
 */
package org.potstill.data;
