package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.testing.ForkedJvm;

class OwnNetworksTest {

  private static final NetworkSpec SPEC = NetworkSpec.of("mine", 32, 3, 10);

  @TempDir Path folder;

  private final OwnNetworks own = new OwnNetworks(Networks.builtIn());

  private record Provider(String name, Function<NetworkSpec, Network> builder)
      implements NetworkProvider {
    @Override
    public Network create(NetworkSpec spec) {
      return builder.apply(spec);
    }
  }

  private static Network convNet(int classes) {
    return Networks.create(NetworkSpec.of(ConvNet.NAME, 32, 3, classes));
  }

  private static String fault(Runnable work) {
    return assertThrows(InputException.class, work::run).getMessage();
  }

  private static String failure(Function<NetworkSpec, Network> builder) {
    return fault(() -> OwnNetworks.create(new Provider("mine", builder), SPEC));
  }

  @Test
  void aNetworkIsFoundByItsName() {
    Provider provider = new Provider("mine", spec -> convNet(10));
    own.add(provider);
    assertSame(provider, own.find("mine"));
    assertNull(own.find("other"));
    assertEquals(1, own.all().size());
    assertEquals(10, OwnNetworks.create(provider, SPEC).classes());
    Provider again = new Provider("mine", spec -> null);
    own.add(again);
    assertSame(again, own.find("mine"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "My Net", "a/b", "-a", "LeNet"})
  void namesThatFilesAndSettingsCannotHoldAreErrors(String name) {
    String message = fault(() -> own.add(new Provider(name, spec -> null)));
    assertTrue(message.contains("calls its network '" + name + "'"), message);
    assertTrue(message.contains("lower-case letters"), message);
  }

  @Test
  void aNameThatIsTakenIsAnError() {
    String taken = fault(() -> own.add(new Provider("vgg11", spec -> null)));
    assertTrue(taken.contains("as one of Potstill's"), taken);
    assertTrue(taken.contains(Provider.class.getName()), taken);
    String mean = fault(() -> own.add(new Provider("cross", spec -> null)));
    assertTrue(mean.contains("as the mean over networks is called"), mean);
    own.add(new Provider("mine", spec -> null));
    NetworkProvider other =
        new NetworkProvider() {
          @Override
          public String name() {
            return "mine";
          }

          @Override
          public Network create(NetworkSpec spec) {
            return null;
          }
        };
    String twice = fault(() -> own.add(other));
    assertTrue(twice.contains("both call their network 'mine'"), twice);
  }

  /** As in a program packed into one jar, on a thread of the common pool. */
  @Test
  void aNetworkIsFoundBesidePotstillWhateverLoaderTheThreadHas() throws Exception {
    offer(OnClassPath.class);
    List<URL> urls = new ArrayList<>(List.of(folder.toUri().toURL()));
    for (String entry : ForkedJvm.classPath().split(Pattern.quote(File.pathSeparator), -1)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    ClassLoader platform = ClassLoader.getPlatformClassLoader();
    try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), platform)) {
      Class<?> networks = loader.loadClass(Networks.class.getName());
      Object names = within(platform, () -> networks.getMethod("names").invoke(null));
      assertTrue(((Collection<?>) names).contains("on-class-path"), names.toString());
    }
  }

  @Test
  void aNetworkIsFoundByTheThreadsLoaderAndDoesNotReplaceWhatWasRegistered() throws Exception {
    offer(OnClassPath.class);
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      assertTrue(within(loader, () -> own.find("on-class-path")) instanceof OnClassPath);
      OwnNetworks another = new OwnNetworks(Networks.builtIn());
      OnClassPath registered = new OnClassPath();
      another.add(registered);
      assertSame(registered, within(loader, () -> another.find("on-class-path")));
    }
  }

  private void offer(Class<?> provider) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(services.resolve(NetworkProvider.class.getName()), provider.getName());
  }

  private static <T> T within(ClassLoader loader, Callable<T> work) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return work.call();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void aProviderThatFailsToTellItsVersionIsNamed() {
    NetworkProvider provider =
        new NetworkProvider() {
          @Override
          public String name() {
            return "mine";
          }

          @Override
          public String version() {
            throw new IllegalStateException("no luck");
          }

          @Override
          public Network create(NetworkSpec spec) {
            return null;
          }
        };
    String message = fault(() -> OwnNetworks.version(provider));
    assertTrue(message.startsWith("network mine (" + provider.getClass().getName()), message);
    assertTrue(message.contains("no luck"), message);
  }

  /** Gives what it is told to, whatever it sees. */
  private static final class Careless extends AbstractNetwork {

    private final long[] shape;

    Careless(long... shape) {
      super("mine", 3, linear());
      this.shape = shape;
    }

    private static StateLayout linear() {
      StateLayout layout = new StateLayout();
      layout.linear("classifier", 4, 3, true);
      return layout;
    }

    @Override
    protected Tensor features(Layers layers, Tensor input) {
      return shape == null ? null : torch.zeros(shape);
    }

    @Override
    protected Tensor classify(Layers layers, Tensor input) {
      return features(layers, input);
    }
  }

  /** Kernels would read and write beyond what they are given. */
  @Test
  void outputsOfOtherShapesAreRefused() {
    String rows = ", not (2, features)";
    assertEquals("features of [1, 4]" + rows, outputs(Backpropagation.Output.FEATURES, 1, 4));
    assertEquals("features of [4, 4]" + rows, outputs(Backpropagation.Output.FEATURES, 4, 4));
    assertEquals("features of [2, 2, 2]" + rows, outputs(Backpropagation.Output.FEATURES, 2, 2, 2));
    assertEquals(
        "features of null" + rows, outputs(Backpropagation.Output.FEATURES, (long[]) null));
    assertEquals("logits of [2, 4], not (2, 3)", outputs(Backpropagation.Output.LOGITS, 2, 4));
    assertEquals("logits of [1, 3], not (2, 3)", outputs(Backpropagation.Output.LOGITS, 1, 3));
    assertEquals("logits of [2], not (2, 3)", outputs(Backpropagation.Output.LOGITS, 2));
  }

  /** What is said of the outputs, the same by every way. */
  private static String outputs(Backpropagation.Output output, long... shape) {
    Network network = new Careless(shape);
    try (PointerScope scope = new PointerScope();
        NamedTensors state =
            network.initialise(RandomStream.of(1, Purpose.NETWORK_INITIALISATION, 0, 0))) {
      Tensor images = torch.zeros(2, 3, 4, 4);
      String message =
          fault(
              () ->
                  Backpropagation.of(
                      network, state, images, Pass.TRAIN, output, Backpropagation.Wanted.INPUT));
      assertEquals(
          message,
          fault(
              () -> {
                if (output == Backpropagation.Output.LOGITS) {
                  network.logits(state, images, Pass.EVAL);
                } else {
                  network.embed(state, images, Pass.EVAL);
                }
              }));
      String beginning = "network mine with 3 outputs gives ";
      assertTrue(message.startsWith(beginning), message);
      return message.substring(beginning.length());
    }
  }

  /** For {@link java.util.ServiceLoader}. */
  public static final class OnClassPath implements NetworkProvider {

    /** Called by the service loader. */
    public OnClassPath() {}

    @Override
    public String name() {
      return "on-class-path";
    }

    @Override
    public Network create(NetworkSpec spec) {
      return convNet(spec.classes());
    }
  }

  @Test
  void aProviderThatGivesNoNetworkIsAnError() {
    String beginning =
        "network mine (org.potstill.net.OwnNetworksTest$Provider) cannot be built for 10 classes of"
            + " 32 x 32 pixels in 3 channels: ";
    assertEquals(beginning + "it gave null", failure(spec -> null));
    assertEquals(beginning + "it has 5 outputs, but 10 are needed", failure(spec -> convNet(5)));
    assertEquals(
        beginning + "java.lang.IllegalStateException: no luck",
        failure(
            spec -> {
              throw new IllegalStateException("no luck");
            }));
    assertEquals(
        beginning + "java.lang.AssertionError: no luck",
        failure(
            spec -> {
              throw new AssertionError("no luck");
            }));
    assertEquals(
        "mine needs colour",
        failure(
            spec -> {
              throw new InputException("mine needs colour");
            }));
  }
}
