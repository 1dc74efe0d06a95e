package org.potstill.data;

import java.util.List;
import java.util.Map;
import org.potstill.config.DataConfig;

/** Configurations of section data for tests. */
public final class DataConfigs {

  static final long MAX_PIXELS = 50_000_000;

  private DataConfigs() {}

  /** All classes of a source at its own resolution, a tenth held back, bad images refused. */
  public static DataConfig of(String source, String... classes) {
    return new DataConfig(
        source,
        List.of(classes),
        0,
        0.1,
        0,
        DataConfig.Resize.ANTIALIAS,
        DataConfig.OnBadImage.FAIL,
        List.of(),
        List.of(),
        Map.of(),
        DataConfig.Whitening.NONE,
        MAX_PIXELS);
  }

  /** The same with another share held back. */
  static DataConfig withShare(DataConfig config, double share) {
    return with(config, config.resolution(), share, config.classIndex());
  }

  /** The same with a share to test on. */
  static DataConfig withTestShare(DataConfig config, double share) {
    return new DataConfig(
        config.source(),
        config.classes(),
        config.resolution(),
        config.validationShare(),
        share,
        config.resize(),
        config.onBadImage(),
        config.mean(),
        config.std(),
        config.classIndex(),
        config.whitening(),
        config.maxPixels());
  }

  /** The same at another resolution. */
  static DataConfig withResolution(DataConfig config, int resolution) {
    return with(config, resolution, config.validationShare(), config.classIndex());
  }

  /** The same with outputs of a pretrained scorer. */
  static DataConfig withOutputs(DataConfig config, Map<String, Integer> outputs) {
    return with(config, config.resolution(), config.validationShare(), outputs);
  }

  /** The same with bad images left out. */
  static DataConfig skipping(DataConfig config) {
    return new DataConfig(
        config.source(),
        config.classes(),
        config.resolution(),
        config.validationShare(),
        config.testShare(),
        config.resize(),
        DataConfig.OnBadImage.SKIP,
        config.mean(),
        config.std(),
        config.classIndex(),
        config.whitening(),
        config.maxPixels());
  }

  private static DataConfig with(
      DataConfig config, int resolution, double share, Map<String, Integer> outputs) {
    return new DataConfig(
        config.source(),
        config.classes(),
        resolution,
        share,
        config.testShare(),
        config.resize(),
        config.onBadImage(),
        config.mean(),
        config.std(),
        outputs,
        config.whitening(),
        config.maxPixels());
  }

  /** The same with constants to normalise with. */
  static DataConfig withNormalisation(DataConfig config, List<Double> mean, List<Double> std) {
    return new DataConfig(
        config.source(),
        config.classes(),
        config.resolution(),
        config.validationShare(),
        config.testShare(),
        config.resize(),
        config.onBadImage(),
        mean,
        std,
        config.classIndex(),
        config.whitening(),
        config.maxPixels());
  }
}
