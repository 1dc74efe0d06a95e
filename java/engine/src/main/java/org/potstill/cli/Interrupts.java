package org.potstill.cli;

import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.Map;
import org.potstill.run.CancellationToken;

/**
 * Turns Ctrl-C, SIGTERM and SIGHUP into a request to stop, while it is open: the running step
 * finishes, a checkpoint is written, and the process ends on its own.
 *
 * <p>Uses {@code sun.misc.Signal} (module jdk.unsupported, in every JDK from 17 to 25) by
 * reflection, since javac's warning of it cannot be switched off by lint keys.
 */
final class Interrupts implements AutoCloseable {

  private final CancellationToken cancellation;
  private final PrintStream err;
  private final boolean saves;
  private final Map<Object, Object> before = new LinkedHashMap<>();
  private Method handle;

  private Interrupts(CancellationToken cancellation, PrintStream err, boolean saves) {
    this.cancellation = cancellation;
    this.saves = saves;
    this.err = err;
  }

  /** Takes the signals over; where the platform does not allow it, they end the process. */
  static Interrupts cancel(CancellationToken cancellation, PrintStream err) {
    return cancel(cancellation, err, true);
  }

  /**
   * The same.
   *
   * @param saves whether what was done is saved then
   */
  static Interrupts cancel(CancellationToken cancellation, PrintStream err, boolean saves) {
    Interrupts interrupts = new Interrupts(cancellation, err, saves);
    interrupts.takeOver("INT");
    interrupts.takeOver("TERM");
    // The terminal was closed. Where it is to be ignored, as by nohup, Java leaves it so.
    interrupts.takeOver("HUP");
    return interrupts;
  }

  private void takeOver(String name) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      handle = signalType.getMethod("handle", signalType, handlerType);
      Object signal = signalType.getConstructor(String.class).newInstance(name);
      Object handler =
          Proxy.newProxyInstance(
              Interrupts.class.getClassLoader(), new Class<?>[] {handlerType}, this::invoked);
      before.put(signal, handle.invoke(null, signal, handler));
    } catch (ReflectiveOperationException e) {
      // Java was started with -Xrs, or has no such class: signals keep their plain meaning.
    }
  }

  private Object invoked(Object proxy, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "handle" -> {
        interrupted();
        yield null;
      }
      case "equals" -> proxy == arguments[0];
      case "hashCode" -> System.identityHashCode(proxy);
      default -> "Potstill's signal handler";
    };
  }

  private void interrupted() {
    err.println(
        cancellation.isCancelled()
            ? "still finishing the running step; 'kill -9 "
                + ProcessHandle.current().pid()
                + "' ends it at once, and "
                + (saves
                    ? "loses what came after the last checkpoint"
                    : "leaves a temporary folder")
            : "interrupted: finishing the running step" + (saves ? ", then saving" : ""));
    cancellation.cancel();
  }

  /** Gives the signals back. */
  @Override
  public void close() {
    before.forEach(
        (signal, handler) -> {
          try {
            handle.invoke(null, signal, handler);
          } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("a handler that was there cannot be put back", e);
          }
        });
  }
}
