package org.potstill.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the manifest of the jar names. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    String version = Main.class.getPackage().getImplementationVersion();
    return new String[] {"potstill " + (version == null ? "(not packaged)" : version)};
  }
}
