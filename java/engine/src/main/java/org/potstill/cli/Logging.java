package org.potstill.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Queue;
import org.potstill.tensor.NativeCache;
import org.slf4j.LoggerFactory;

/**
 * Sets up logging for the command line: warnings on standard error, everything in {@code run.log}
 * of the run directory. The library itself only knows SLF4J.
 */
final class Logging implements AutoCloseable {

  /** Loggers whose lines standard error has already, since the progress listener writes them. */
  static final String PROGRESS = "org.potstill.cli.progress";

  private static final String NATIVES = NativeCache.class.getName();

  private final LoggerContext context;
  private final Streams streams;
  private final Output output;
  private final RunLog runLog = new RunLog();

  private Logging(LoggerContext context, Streams streams, Output output) {
    this.context = context;
    this.streams = streams;
    this.output = output;
  }

  /** Replaces whatever logging there was. */
  static Logging setUp(Streams streams, Output output) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    Logging logging = new Logging(context, streams, output);
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(output.debug() ? Level.DEBUG : Level.INFO);
    root.addAppender(logging.console());
    logging.runLog.setContext(context);
    logging.runLog.start();
    root.addAppender(logging.runLog);
    return logging;
  }

  /** Begins {@code run.log} in the run directory, once that is there; later calls do nothing. */
  void openRunLog(Path runDirectory) {
    Path file = runDirectory.resolve("run.log");
    if (!runLog.open(file, encoder("%d{ISO8601} %-5level %logger: %msg%n%ex"))) {
      Warning.print(
          streams, output, null, file + " cannot be written to: what is logged is not kept there");
    }
  }

  /** Ends {@code run.log}. */
  @Override
  public void close() {
    context.stop();
  }

  private OutputStreamAppender<ILoggingEvent> console() {
    OutputStreamAppender<ILoggingEvent> console = new OutputStreamAppender<>();
    console.setContext(context);
    console.setEncoder(
        encoder(output.debug() ? "%-5level %logger: %msg%n%ex" : "%level: %msg%n%nopex"));
    console.addFilter(new ConsoleFilter(output));
    console.setOutputStream(new UnclosedStream(streams.err()));
    console.start();
    return console;
  }

  private PatternLayoutEncoder encoder(String pattern) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setPattern(pattern);
    encoder.start();
    return encoder;
  }

  /** Lets warnings pass, the note on first use, and all with --debug. */
  private static final class ConsoleFilter extends Filter<ILoggingEvent> {

    private final Output output;

    ConsoleFilter(Output output) {
      this.output = output;
    }

    @Override
    public FilterReply decide(ILoggingEvent event) {
      if (event.getLoggerName().equals(PROGRESS)) {
        return FilterReply.DENY;
      }
      boolean note = !output.quiet() && event.getLoggerName().equals(NATIVES);
      boolean shown =
          output.debug()
              || event.getLevel().isGreaterOrEqual(Level.WARN)
              || (note && event.getLevel().isGreaterOrEqual(Level.INFO));
      return shown ? FilterReply.NEUTRAL : FilterReply.DENY;
    }
  }

  /** Keeps events until there is a file for them: the run directory is made by the run itself. */
  private static final class RunLog extends AppenderBase<ILoggingEvent> {

    private final Queue<ILoggingEvent> waiting = new ArrayDeque<>();
    private FileAppender<ILoggingEvent> file;

    @Override
    protected void append(ILoggingEvent event) {
      if (file != null) {
        file.doAppend(event);
      } else {
        event.prepareForDeferredProcessing();
        waiting.add(event);
      }
    }

    /** Whether it can be written to, or has been opened before. */
    synchronized boolean open(Path path, PatternLayoutEncoder encoder) {
      if (file != null) {
        return true;
      }
      file = new FileAppender<>();
      file.setContext(getContext());
      file.setFile(path.toString());
      file.setAppend(true);
      file.setEncoder(encoder);
      file.start();
      waiting.forEach(file::doAppend);
      waiting.clear();
      return file.isStarted();
    }

    @Override
    public void stop() {
      if (file != null) {
        file.stop();
      }
      super.stop();
    }
  }
}
