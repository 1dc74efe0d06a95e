package org.potstill.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TimeZone;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.run.Folders;
import org.potstill.run.HomeFolder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The folder into which JavaCPP unpacks the native libraries on first use: {@code ~/.javacpp/cache}
 * unless the system property {@value #PROPERTY} names another; where there is no home or it cannot
 * be written to, a folder in that of temporary files.
 */
public final class NativeCache {

  /** JavaCPP's system property for the folder; read once, when its loader is first used. */
  public static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

  /** JavaCPP's other name for it. */
  private static final String OTHER_PROPERTY = "org.bytedeco.javacpp.cacheDir";

  private static final Logger LOG = LoggerFactory.getLogger(NativeCache.class);
  private static final String LIBTORCH = "org/bytedeco/pytorch/linux-x86_64";
  private static final URL LARGEST_LIBRARY = largestLibrary();

  /**
   * A file of every jar that is unpacked besides that of LibTorch; often it is one and the same.
   */
  private static final List<String> OTHER_LIBRARIES =
      List.of(
          "org/bytedeco/javacpp/linux-x86_64/libjnijavacpp.so",
          "org/bytedeco/openblas/linux-x86_64/libjniopenblas_nolapack.so",
          "org/bytedeco/opencv/linux-x86_64/libjniopencv_core.so",
          "org/potstill/kernels/linux-x86_64/libpotstill_kernels.so");

  /** What is unpacked, rounded up: 492 MB, and with LibTorch and the kernels for CUDA 1015 MB. */
  private static final int MEGABYTES = isForCuda() ? 1020 : 500;

  private static Path prepared;

  private NativeCache() {}

  /**
   * Chooses the folder, before anything native is loaded; a second call does nothing. Where the
   * libraries are still to be unpacked one line of the log says so.
   *
   * @return the folder
   * @throws InputException where the folder that was asked for cannot be written to or has no room
   */
  public static synchronized Path prepare() {
    if (prepared == null) {
      Path folder = choose();
      System.setProperty(PROPERTY, folder.toString());
      deleteHalves(folder);
      if (!holdsLibraries(folder)) {
        requireRoom(folder);
        LOG.info("first use: unpacking {} MB of native libraries into {}", MEGABYTES, folder);
      }
      prepared = folder;
    }
    return prepared;
  }

  private static Path choose() {
    String asked = System.getProperty(PROPERTY, System.getProperty(OTHER_PROPERTY));
    if (asked != null) {
      return usable(Path.of(asked));
    }
    Path other = Path.of(System.getProperty("java.io.tmpdir"), "potstill-natives-" + user());
    Optional<Path> home = HomeFolder.find().map(folder -> folder.resolve(".javacpp/cache"));
    if (home.isEmpty()) {
      LOG.warn("no home directory is known; native libraries are unpacked into {}", other);
      return usable(other);
    }
    try {
      return usable(home.get());
    } catch (InputException e) {
      LOG.warn("{} cannot be written to; native libraries are unpacked into {}", home.get(), other);
      return usable(other);
    }
  }

  /** The name of the user, or the number of one whose name the system does not know. */
  private static String user() {
    String name = System.getProperty("user.name");
    try {
      return name.equals("?")
          ? Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString()
          : name.replaceAll("[^A-Za-z0-9_-]", "_");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The folder, once a file was written there: permissions alone do not tell. */
  private static Path usable(Path folder) {
    try {
      Folders.create(folder);
      Files.delete(Files.createTempFile(folder, ".potstill", ".probe"));
      return folder;
    } catch (IOException e) {
      String why = "cannot be written to (" + FileErrors.reason(folder, e) + ")";
      if (Files.isDirectory(folder) && holdsLibraries(folder)) {
        if (!isOfThisTimeZone(folder)) {
          String zone = TimeZone.getDefault().getID();
          why += ", and what it holds was unpacked in another time zone than " + zone;
        } else if (ReadOnlyCache.use(folder)) {
          return folder;
        }
      }
      throw refusal(folder, why, e);
    }
  }

  /** Whether JavaCPP would not unpack the largest library again, which is there. */
  private static boolean isOfThisTimeZone(Path folder) {
    try (JarFile jar = jar()) {
      Path library = UnpackedFiles.folder(folder, jar).resolve(inJar());
      return UnpackedFiles.isOfThisTimeZone(library, jar.getJarEntry(inJar()));
    } catch (IOException e) {
      LOG.debug("what is unpacked below {} is not known", folder, e);
      return false;
    }
  }

  private static void requireRoom(Path folder) {
    try {
      long free = Files.getFileStore(folder).getUsableSpace() / 1_000_000;
      if (free < MEGABYTES) {
        throw refusal(folder, "has " + free + " MB free and needs " + MEGABYTES, null);
      }
    } catch (IOException e) {
      LOG.debug("free space below {} is not known", folder, e);
    }
  }

  private static InputException refusal(Path folder, String why, Throwable cause) {
    return new InputException(
        "the folder for native libraries "
            + folder
            + " "
            + why
            + "; choose another with --native-cache DIR or -D"
            + PROPERTY
            + "=DIR",
        cause);
  }

  private static boolean isForCuda() {
    return LARGEST_LIBRARY != null && LARGEST_LIBRARY.getPath().endsWith("libtorch_cuda.so");
  }

  /** The library that takes most of the room, or null where none came along. */
  static URL largestLibrary() {
    // Asked of the loader, since a class finds what is in its own module alone.
    ClassLoader loader = NativeCache.class.getClassLoader();
    URL cuda = loader.getResource(LIBTORCH + "-gpu/libtorch_cuda.so");
    return cuda != null ? cuda : loader.getResource(LIBTORCH + "/libtorch_cpu.so");
  }

  /**
   * Whether this program's libraries were unpacked into {@code folder} before: its largest is there
   * as JavaCPP names and keeps it, by the name of the jar it came from. Those that another program,
   * or this one for another device, unpacked there do not count.
   */
  static boolean holdsLibraries(Path folder) {
    try (JarFile jar = jar()) {
      if (jar == null) {
        return false;
      }
      Path library = UnpackedFiles.folder(folder, jar).resolve(inJar());
      return Files.isRegularFile(library)
          && UnpackedFiles.isWhole(library, jar.getJarEntry(inJar()));
    } catch (IOException e) {
      LOG.debug("what is unpacked below {} is not known", folder, e);
      return false;
    }
  }

  /** What is done with a jar of which libraries are unpacked. */
  private interface Use {
    void of(JarFile jar) throws IOException;
  }

  /**
   * Deletes what a process left half unpacked that was killed: the loader of the system may find
   * such a library by the path of another before JavaCPP looks at it, and crash.
   */
  private static void deleteHalves(Path folder) {
    try {
      forEachJar(jar -> UnpackedFiles.deleteHalves(folder, jar));
    } catch (IOException | UncheckedIOException | OverlappingFileLockException e) {
      LOG.debug("what is unpacked below {} cannot be checked", folder, e);
    }
  }

  /** Whether this process could load LibTorch without JavaCPP unpacking anything. */
  static boolean fits(Path folder) throws IOException {
    boolean[] fits = {holdsLibraries(folder)};
    if (fits[0]) {
      forEachJar(jar -> fits[0] &= UnpackedFiles.fit(folder, jar));
    }
    return fits[0];
  }

  /** Keeps for this process what one in another time zone unpacked. */
  static void adjustTimes(Path folder) throws IOException {
    forEachJar(jar -> UnpackedFiles.adjustTimes(folder, jar));
  }

  private static void forEachJar(Use use) throws IOException {
    Set<String> seen = new HashSet<>();
    for (URL library : libraries()) {
      if (library.openConnection() instanceof JarURLConnection connection
          && seen.add(connection.getJarFileURL().toString())) {
        try (JarFile jar = jar(connection)) {
          use.of(jar);
        }
      }
    }
  }

  private static List<URL> libraries() {
    ClassLoader loader = NativeCache.class.getClassLoader();
    return Stream.concat(
            Stream.ofNullable(LARGEST_LIBRARY),
            OTHER_LIBRARIES.stream().map(loader::getResource).filter(Objects::nonNull))
        .toList();
  }

  /**
   * Unpacks LibTorch's own libraries before any of them is loaded. JavaCPP unpacks and loads one
   * after the other, {@code libtorch} before {@code libtorch_cpu}, which the former needs: a
   * process that begins while another one unpacks would find the first whole, and the loader of the
   * system would map what there is of the second and crash.
   */
  static void unpackLibTorch() {
    try (JarFile jar = jar()) {
      if (jar == null) {
        return;
      }
      String largest = inJar();
      String folder = largest.substring(0, largest.lastIndexOf('/') + 1);
      List<String> libraries =
          jar.stream()
              .map(JarEntry::getName)
              .filter(
                  name ->
                      name.startsWith(folder + "libtorch") || name.startsWith(folder + "libc10"))
              .toList();
      for (String library : libraries) {
        Loader.cacheResource(new URL(LARGEST_LIBRARY, library.substring(folder.length())));
      }
    } catch (IOException e) {
      // JavaCPP tries again and says what is missing where that matters.
      LOG.debug("LibTorch cannot be unpacked beforehand", e);
    }
  }

  /** The name of the largest library in its jar. */
  private static String inJar() {
    return LARGEST_LIBRARY.getFile().replaceFirst(".*!/", "");
  }

  /** The jar that LibTorch comes from; null where it comes from none. */
  private static JarFile jar() throws IOException {
    return LARGEST_LIBRARY != null
            && LARGEST_LIBRARY.openConnection() instanceof JarURLConnection connection
        ? jar(connection)
        : null;
  }

  private static JarFile jar(JarURLConnection connection) throws IOException {
    connection.setUseCaches(false);
    return connection.getJarFile();
  }
}
