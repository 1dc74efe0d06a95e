package org.potstill.data;

/** The whole image resized to a square as Pillow does it, then normalised; no crop. */
final class ScorerTransform implements ImageTransform {

  private final int resolution;
  private final PixelTable table;

  ScorerTransform(Normalisation normalisation, int resolution) {
    this.resolution = resolution;
    table = new PixelTable(normalisation);
  }

  @Override
  public int channels() {
    return table.channels();
  }

  @Override
  public int resolution() {
    return resolution;
  }

  @Override
  public float[] apply(RawImage image) {
    RawImage resized = PillowResize.resize(image, resolution, resolution);
    int plane = resolution * resolution;
    float[] result = new float[channels() * plane];
    for (int c = 0; c < channels(); c++) {
      float[] values = table.channel(c);
      int at = table.sourceChannel(resized, c);
      for (int i = 0; i < plane; i++, at += resized.channels()) {
        result[c * plane + i] = values[resized.pixels()[at] & 0xFF];
      }
    }
    return result;
  }
}
