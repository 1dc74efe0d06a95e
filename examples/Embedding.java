import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.potstill.Potstill;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/**
 * Potstill inside another program: runs a configuration, hears of its progress, and can be stopped.
 *
 * <p>Arguments: a configuration, the run directory, then settings such as
 * {@code distill.iterations=5}.
 */
public final class Embedding {

  private Embedding() {}

  public static void main(String[] arguments) {
    List<String> settings = new ArrayList<>(List.of(arguments).subList(2, arguments.length));
    settings.add("run.out=" + arguments[1]);
    Config config = ConfigLoader.load(Path.of(arguments[0]), settings);

    CancellationToken cancellation = new CancellationToken(); // cancel() it from any thread
    RunListener listener =
        new RunListener() {
          @Override
          public void stageFinished(String stage, double seconds) {
            System.out.printf("%s took %.1f s%n", stage, seconds);
          }
        };

    RunResult result = Potstill.run(config, RunOptions.NEW, listener, cancellation);
    System.out.println("the distilled images are in " + result.directory());
    Potstill.evaluation(result.directory())
        .distilled()
        .networks()
        .forEach((network, r) -> System.out.printf("%s reaches %.1f %%%n", network, 100 * r.mean()));
  }
}
