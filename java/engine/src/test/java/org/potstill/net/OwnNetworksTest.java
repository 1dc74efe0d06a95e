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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
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
        "mine needs colour",
        failure(
            spec -> {
              throw new InputException("mine needs colour");
            }));
  }
}
