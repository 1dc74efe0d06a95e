package org.potstill.data;

/**
 * A decoded image.
 *
 * @param width in pixels
 * @param height in pixels
 * @param channels 1 (grey sources such as IDX) or 3 (RGB)
 * @param pixels height * width * channels bytes, rows from the top, channels interleaved
 */
@SuppressWarnings("ArrayRecordComponent") // Pixels are handed on, never compared.
public record RawImage(int width, int height, int channels, byte[] pixels) {}
