package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.testing.ForkedJvm;

class ReadOnlyCacheTest {

  @TempDir Path folder;

  /** What the other process runs, since JavaCPP chooses its folder once. */
  public static final class Probe {
    private Probe() {}

    /** Prints whether JavaCPP takes the folder, and which it has taken. */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws IOException {
      System.out.print(ReadOnlyCache.use(Path.of(arguments[0])) + " " + Loader.getCacheDir());
    }
  }

  @Test
  void javaCppTakesAFolderThatIsNotToBeWrittenTo() throws Exception {
    ForkedJvm jvm = new ForkedJvm(folder).option("-Duser.home=" + folder);
    assertEquals("true /proc", jvm.run(Probe.class.getName(), "/proc").out());
  }
}
