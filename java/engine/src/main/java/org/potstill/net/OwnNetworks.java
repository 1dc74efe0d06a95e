package org.potstill.net;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.regex.Pattern;
import org.potstill.errors.InputException;

/** The networks of users, by name: those on the class path, then those that were registered. */
final class OwnNetworks {

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");

  private final Set<String> taken;
  private final Map<String, NetworkProvider> providers = new LinkedHashMap<>();
  private boolean searched;

  /** None yet; {@code taken} are the names that they may not have. */
  OwnNetworks(Set<String> taken) {
    this.taken = taken;
  }

  /**
   * All that are known, in the order in which they were found.
   *
   * @throws InputException where one on the class path cannot be used
   */
  synchronized Collection<NetworkProvider> all() {
    search();
    return providers.values().stream().toList();
  }

  /** The provider of that name; null where there is none. */
  synchronized NetworkProvider find(String name) {
    search();
    return providers.get(name);
  }

  private void search() {
    if (searched) {
      return;
    }
    try {
      // The thread's own loader may be another program's, or see less than ours: one of the common
      // pool has that of the system. What is found is kept, so both are asked.
      addNew(ServiceLoader.load(NetworkProvider.class, NetworkProvider.class.getClassLoader()));
      addNew(ServiceLoader.load(NetworkProvider.class));
    } catch (ServiceConfigurationError e) {
      throw new InputException(
          "a network on the class path cannot be loaded: "
              + e.getMessage()
              + (e.getCause() == null ? "" : " (" + e.getCause() + ")"),
          e);
    }
    searched = true;
  }

  /** Those found twice, or registered before, stay as they are. */
  private void addNew(ServiceLoader<NetworkProvider> found) {
    for (NetworkProvider provider : found) {
      NetworkProvider known = providers.get(provider.name());
      if (known == null || known.getClass() != provider.getClass()) {
        add(provider);
      }
    }
  }

  /**
   * Adds a provider; one of the same class and name that has been added before is replaced.
   *
   * @throws InputException where its name is taken or none
   */
  synchronized void add(NetworkProvider provider) {
    String name = provider.name();
    String who = provider.getClass().getName();
    if (name == null || !NAME.matcher(name).matches()) {
      throw new InputException(
          who
              + " calls its network '"
              + name
              + "'; a name is of lower-case letters, digits and hyphens");
    }
    if (name.equals(Networks.CROSS)) {
      throw new InputException(
          who
              + " calls its network '"
              + name
              + "', as the mean over networks is called; give it another name");
    }
    if (taken.contains(name)) {
      throw new InputException(
          who + " calls its network '" + name + "', as one of Potstill's is; give it another name");
    }
    NetworkProvider known = providers.get(name);
    if (known != null && known.getClass() != provider.getClass()) {
      throw new InputException(
          who
              + " and "
              + known.getClass().getName()
              + " both call their network '"
              + name
              + "'; give one of them another name");
    }
    providers.put(name, provider);
  }

  /**
   * Has a provider build its network, and checks what it gives.
   *
   * @throws InputException where it cannot, or gives something else
   */
  static Network create(NetworkProvider provider, NetworkSpec spec) {
    Network network;
    try {
      network = provider.create(spec);
    } catch (InputException | VirtualMachineError e) {
      throw e;
    } catch (RuntimeException | Error e) {
      throw new InputException(failed(provider, spec) + e, e);
    }
    if (network == null) {
      throw new InputException(failed(provider, spec) + "it gave null");
    }
    if (network.classes() != spec.classes()) {
      throw new InputException(
          failed(provider, spec)
              + "it has "
              + network.classes()
              + " outputs, but "
              + spec.classes()
              + " are needed");
    }
    return network;
  }

  /**
   * What a provider calls the version of its network; empty where nothing.
   *
   * @throws InputException where it fails
   */
  static String version(NetworkProvider provider) {
    try {
      return Objects.requireNonNullElse(provider.version(), "");
    } catch (RuntimeException e) {
      throw new InputException(
          "network "
              + provider.name()
              + " ("
              + provider.getClass().getName()
              + ") does not tell its version: "
              + e,
          e);
    }
  }

  private static String failed(NetworkProvider provider, NetworkSpec spec) {
    return String.format(
        Locale.ROOT,
        "network %s (%s) cannot be built for %d classes of %d x %d pixels in %d channels: ",
        spec.name(),
        provider.getClass().getName(),
        spec.classes(),
        spec.imageSize(),
        spec.imageSize(),
        spec.channels());
  }
}
