package org.potstill.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.potstill.run.HomeFolder;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Keys that name a file, a folder or a data set. */
final class Places {

  private static final String AT_HOME = "~/";

  private Places() {}

  /**
   * A file or folder, made absolute.
   *
   * @param what it is, in words
   * @param instead the word that is written in place of a path for the value null; null where a
   *     path has to be given
   */
  record Location(String what, String instead) implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      boolean none = Nodes.isNull(node) || isWord(node);
      if (none && instead != null) {
        return null;
      }
      if (none || !(node instanceof ScalarNode scalar)) {
        throw new Unfit(node, allowed());
      }
      return absolute(scalar.getValue(), base, node, allowed());
    }

    private boolean isWord(Node node) {
      return node instanceof ScalarNode scalar && scalar.getValue().equals(instead);
    }

    @Override
    public String allowed() {
      return instead == null ? what : what + ", or " + instead;
    }

    @Override
    public void describe(ObjectNode schema) {
      if (instead == null) {
        schema.put("type", "string").put("minLength", 1);
      } else {
        schema.putArray("type").add("string").add("null");
      }
    }

    @Override
    public Object toYaml(Object value) {
      return value == null ? instead : value.toString();
    }
  }

  /**
   * A data set as {@code kind:place}.
   *
   * @param named kinds whose place is a name
   * @param folders kinds whose place is a folder, made absolute
   */
  record Source(List<String> named, List<String> folders) implements ValueType {

    @Override
    public Object read(Node node, Path base) throws Unfit {
      String value = node instanceof ScalarNode scalar ? scalar.getValue() : "";
      int colon = value.indexOf(':');
      String kind = value.substring(0, Math.max(colon, 0));
      String place = value.substring(colon + 1);
      if (place.isEmpty() || !(named.contains(kind) || folders.contains(kind))) {
        throw new Unfit(node, allowed() + meant(value, base));
      }
      return named.contains(kind)
          ? value
          : kind + ":" + absolute(place.strip(), base, node, allowed());
    }

    /** A hint where a folder was given without its kind. */
    private String meant(String value, Path base) {
      try {
        return !value.isEmpty() && Files.isDirectory(resolve(value, base))
            ? "; did you mean \"folder:" + value + "\"?"
            : "";
      } catch (InvalidPathException e) {
        return "";
      }
    }

    @Override
    public String allowed() {
      return String.join(", ", named.stream().map(kind -> kind + ":NAME").toList())
          + ", "
          + String.join(", ", folders.stream().map(kind -> kind + ":DIR").toList());
    }

    @Override
    public void describe(ObjectNode schema) {
      String kinds = String.join("|", named) + "|" + String.join("|", folders);
      schema.put("type", "string").put("pattern", "^(" + kinds + "):.+$");
    }
  }

  private static Path resolve(String text, Path base) {
    Optional<Path> home = text.startsWith(AT_HOME) ? HomeFolder.find() : Optional.empty();
    return home.map(folder -> Path.of(folder.toString(), text.substring(AT_HOME.length())))
        .orElseGet(() -> base.resolve(text).toAbsolutePath().normalize());
  }

  private static Path absolute(String text, Path base, Node node, String allowed) throws Unfit {
    if (text.startsWith(AT_HOME) && HomeFolder.find().isEmpty()) {
      throw new Unfit(node, allowed + ", without ~, since no home directory is known here");
    }
    try {
      if (!text.isEmpty()) {
        return resolve(text, base);
      }
    } catch (InvalidPathException e) {
      throw new Unfit(
          node,
          allowed
              + ", in characters that file names can have here ("
              + System.getProperty("sun.jnu.encoding")
              + "; LC_ALL=C.UTF-8 has them all)");
    }
    throw new Unfit(node, allowed);
  }
}
