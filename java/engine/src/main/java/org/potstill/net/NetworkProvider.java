package org.potstill.net;

/**
 * A network of the user's own, which a configuration then names like those of Potstill.
 *
 * <p>Found on the class path by {@link java.util.ServiceLoader} (a file {@code
 * META-INF/services/org.potstill.net.NetworkProvider} that names the class, which has a public
 * constructor without parameters), or handed to {@link Networks#register}.
 */
public interface NetworkProvider {

  /** Name in the configuration: lower-case letters, digits and hyphens. */
  String name();

  /**
   * Builds the network for the images and classes of {@code spec}.
   *
   * <p>The settings {@code depth}, {@code width}, {@code norm} and {@code pooling} of {@code
   * distill.network} are those of {@code spec} where the network distils; a network that has
   * nothing of the kind leaves them alone.
   *
   * @return with {@link NetworkSpec#classes} outputs and the name {@link #name}
   * @throws org.potstill.errors.InputException where it cannot be built for these images
   */
  Network create(NetworkSpec spec);

  /**
   * To be changed when the arithmetic of the network changes: what was made with another version is
   * not taken for a result of this one.
   */
  default String version() {
    return "";
  }
}
