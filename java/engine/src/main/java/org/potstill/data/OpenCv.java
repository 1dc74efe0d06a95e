package org.potstill.data;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;
import org.potstill.errors.RunFailedException;
import org.potstill.tensor.LoadFailure;
import org.potstill.tensor.LoadLock;
import org.potstill.tensor.NativeMemory;

/** The decoders of OpenCV. They write their warnings to the standard error stream. */
final class OpenCv {

  private static final int RGB = 3;

  private static volatile boolean loaded;

  private OpenCv() {}

  /**
   * Loads it; a second call does nothing.
   *
   * @throws RunFailedException where that fails
   */
  static void load() {
    if (loaded) {
      return;
    }
    NativeMemory.unlimit();
    try {
      LoadLock.whileLoading(() -> Loader.load(opencv_imgcodecs.class));
    } catch (LinkageError e) {
      throw LoadFailure.of("OpenCV", e);
    }
    loaded = true;
  }

  /**
   * Decodes an image to 8-bit RGB as stored, without applying its orientation.
   *
   * @throws DamagedImageException where it cannot be decoded
   * @throws RunFailedException where OpenCV cannot be loaded
   */
  static RawImage decode(byte[] file) throws DamagedImageException {
    load();
    int flags = opencv_imgcodecs.IMREAD_COLOR_RGB | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
    try (BytePointer data = new BytePointer(file);
        Mat encoded = new Mat(1, file.length, opencv_core.CV_8U, data);
        Mat decoded = opencv_imgcodecs.imdecode(encoded, flags)) {
      if (decoded.empty() || decoded.channels() != RGB || !decoded.isContinuous()) {
        throw new DamagedImageException("it cannot be decoded");
      }
      byte[] pixels = new byte[decoded.rows() * decoded.cols() * RGB];
      try (BytePointer values = decoded.data()) {
        values.get(pixels);
      }
      return new RawImage(decoded.cols(), decoded.rows(), RGB, pixels);
    } catch (RuntimeException e) {
      throw DamagedImageException.undecodable(e);
    }
  }
}
