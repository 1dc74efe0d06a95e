package org.potstill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.ConfigLoader;
import org.potstill.net.ConvNet;
import org.potstill.net.Network;
import org.potstill.net.NetworkProvider;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.testing.ForkedJvm;
import org.potstill.testing.TinyConfig;

/** The example of docs/networks.md compiles, and runs as docs/networks.md says. */
class OwnNetworkExampleTest {

  @TempDir Path temp;
  private Path classes;
  private Path config;

  @BeforeEach
  void compile() throws Exception {
    classes = temp.resolve("classes");
    Path source = Path.of(System.getProperty("potstill.root"), "examples", "LeNet.java");
    Path services = Files.createDirectories(classes.resolve("META-INF/services"));
    Files.writeString(services.resolve(NetworkProvider.class.getName()), "LeNet\n");
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-Xlint:all,-processing,-path",
                "-Werror",
                "-proc:none",
                "-cp",
                ForkedJvm.classPath(),
                "-d",
                classes.toString(),
                source.toString());
    assertEquals(0, status, "javac");
    config = TinyConfig.write(temp);
  }

  private ForkedJvm.Outcome engine(String... arguments) throws Exception {
    return new ForkedJvm(temp).before(classes).run("org.potstill.cli.Main", arguments);
  }

  @Test
  void itDistilsAndIsTrainedWithTheOthers() throws Exception {
    Path run = temp.resolve("run");
    String[] arguments = {
      "run",
      config.toString(),
      "--out",
      run.toString(),
      "--set",
      "distill.network.name=lenet",
      "--set",
      "evaluate.networks=[convnet,lenet]"
    };
    ForkedJvm.Outcome outcome = engine(arguments);
    assertEquals(0, outcome.status(), outcome.err());
    JsonNode found = new ObjectMapper().readTree(run.resolve("evaluation.json").toFile());
    assertEquals("lenet", found.path("distilling").asText());
    assertEquals(2, found.at("/networks/lenet/accuracies").size());
    assertEquals(found.at("/networks/convnet/mean"), found.at("/cross/mean"));
  }

  @Test
  void aMisspeltNameAndImagesTooSmallAreToldAtOnce() throws Exception {
    String out = temp.resolve("run").toString();
    ForkedJvm.Outcome misspelt =
        engine("validate", config.toString(), "--out", out, "--set", "evaluate.networks=lennet");
    assertEquals(2, misspelt.status());
    assertTrue(misspelt.err().contains("did you mean \"lenet\"?"), misspelt.err());
    String[] small = {"--set", "evaluate.networks=lenet", "--set", "data.resolution=8"};
    for (String command : List.of("validate", "run")) {
      ForkedJvm.Outcome outcome =
          engine(command, config.toString(), "--out", out, small[0], small[1], small[2], small[3]);
      assertEquals(2, outcome.status());
      assertTrue(
          outcome.err().contains("evaluate.networks: lenet needs images of at least 12"),
          outcome.err());
    }
    assertTrue(Files.notExists(Path.of(out)));
  }

  @Test
  void aHostRegistersANetworkByACall() throws Exception {
    ForkedJvm.Outcome outcome = new ForkedJvm(temp).run(Host.class.getName());
    assertEquals("[mine, convnet]\n", outcome.out(), outcome.err());
  }

  /** Registers a network and names it in a configuration. */
  static final class Host {
    public static void main(String[] arguments) {
      NetworkProvider provider =
          new NetworkProvider() {
            @Override
            public String name() {
              return "mine";
            }

            @Override
            public Network create(NetworkSpec spec) {
              return Networks.create(
                  NetworkSpec.of(ConvNet.NAME, spec.imageSize(), spec.channels(), spec.classes()));
            }
          };
      Networks.register(provider);
      System.out.println(
          ConfigLoader.of(
                  "data.source=builtin:fashion-mnist-mini", "evaluate.networks=[mine,convnet]")
              .evaluate()
              .networks());
    }
  }
}
