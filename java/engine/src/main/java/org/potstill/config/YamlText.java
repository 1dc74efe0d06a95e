package org.potstill.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.HostRequirements;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** YAML as text: files read, syntax checked, values written. */
final class YamlText {

  private static final long LARGEST_FILE = 1 << 20;

  private YamlText() {}

  /**
   * The content of a config file.
   *
   * @throws InputException where it cannot be read, is larger than 1 MiB or is not UTF-8
   */
  static String read(Path file) {
    try {
      if (Files.isDirectory(file)) {
        throw new InputException(file + " is a folder; name the config file in it");
      }
      if (Files.size(file) > LARGEST_FILE) {
        throw new InputException(file + " is larger than 1 MiB, so it is no config file");
      }
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (NoSuchFileException e) {
      throw new InputException(
          "there is no config file " + file + "; 'init' writes one to begin with", e);
    } catch (CharacterCodingException e) {
      throw new InputException(file + " is not a text in UTF-8", e);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
  }

  /**
   * The root of one YAML document; empty where the text holds none.
   *
   * @param name what error messages call the text: the file or the option
   * @throws InputException where the text is no YAML, or has a tag that makes a value something
   *     else; names the line
   * @throws RunFailedException where the class path has another SnakeYAML Engine, too old
   */
  static Optional<Node> compose(String name, String text) {
    try {
      LoadSettings settings = LoadSettings.builder().setSchema(new CoreSchema()).build();
      Optional<Node> root = new Compose(settings).composeString(text);
      root.ifPresent(node -> YamlTags.requireNone(name, node));
      return root;
    } catch (MarkedYamlEngineException e) {
      String place =
          e.getProblemMark().map(mark -> ", line " + (mark.getLine() + 1) + ": ").orElse(": ");
      throw new InputException(name + place + syntax(e.getProblem()), e);
    } catch (YamlEngineException e) {
      String problem = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
      throw new InputException(name + ": this is no YAML: " + problem, e);
    } catch (StackOverflowError e) {
      throw new InputException(name + ": lists or sections are nested too deeply", e);
    } catch (LinkageError e) {
      throw HostRequirements.misfit("SnakeYAML Engine", "SnakeYAML Engine 2.6", e);
    }
  }

  private static String syntax(String problem) {
    return problem.contains("\\t")
        ? "a tab, where YAML allows only spaces to indent"
        : "this is no YAML: " + problem;
  }

  /** Sections below each other, lists on one line. */
  static String block(Object value) {
    return dump(value, FlowStyle.AUTO);
  }

  /** A value on one line. */
  static String inline(Object value) {
    return dump(value, FlowStyle.FLOW).strip();
  }

  private static String dump(Object value, FlowStyle style) {
    DumpSettings settings =
        DumpSettings.builder()
            .setSchema(new CoreSchema())
            .setDefaultFlowStyle(style)
            .setWidth(Integer.MAX_VALUE)
            .setSplitLines(false)
            // One empty list may stand for several keys.
            .setDereferenceAliases(true)
            .build();
    return new Dump(settings).dumpToString(value);
  }
}
