package org.potstill.testing;

import java.util.ArrayList;
import java.util.List;
import org.potstill.run.RunListener;

/** Keeps what a run tells its listener, in that order. */
public final class Heard implements RunListener {

  private final List<String> finished = new ArrayList<>();
  private final List<Message> warnings = new ArrayList<>();
  private final List<Message> notes = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private final List<Progress> progress = new ArrayList<>();

  private record Message(String stage, String text) {}

  private record Figure(String stage, long step) {
    @Override
    public String toString() {
      return stage + " " + step;
    }
  }

  /** Work that was done within a stage. */
  public record Progress(String task, long done, long total, String unit) {}

  @Override
  public void stageFinished(String stage, double seconds) {
    finished.add(stage);
  }

  @Override
  public void progress(String stage, String task, long done, long total, String unit) {
    progress.add(new Progress(task, done, total, unit));
  }

  @Override
  public void metric(String stage, long step, String name, double value) {
    figures.add(new Figure(stage, step));
  }

  @Override
  public void note(String stage, String message) {
    notes.add(new Message(stage, message));
  }

  @Override
  public void warning(String stage, String message) {
    warnings.add(new Message(stage, message));
  }

  /** The stages that ended. */
  public List<String> finished() {
    return List.copyOf(finished);
  }

  /** Warnings without their stage. */
  public List<String> warnings() {
    return warnings.stream().map(Message::text).toList();
  }

  /** Warnings after their stage and a colon. */
  public List<String> warningsByStage() {
    return byStage(warnings);
  }

  /** Notes without their stage. */
  public List<String> notes() {
    return notes.stream().map(Message::text).toList();
  }

  /** Notes after their stage and a colon. */
  public List<String> notesByStage() {
    return byStage(notes);
  }

  private static List<String> byStage(List<Message> messages) {
    return messages.stream().map(message -> message.stage() + ": " + message.text()).toList();
  }

  /** The figures that were logged, each as its stage and step. */
  public List<String> figures() {
    return figures.stream().map(Figure::toString).toList();
  }

  /** How many figures a stage logged. */
  public int figuresOf(String stage) {
    return (int) figures.stream().filter(figure -> figure.stage().equals(stage)).count();
  }

  /** All work that was told of. */
  public List<Progress> progress() {
    return List.copyOf(progress);
  }

  /** The names of all work that was told of, each as often as it was. */
  public List<String> tasks() {
    return progress.stream().map(Progress::task).toList();
  }

  /** How many units of all work were done, each time it was told of. */
  public List<Long> done() {
    return progress.stream().map(Progress::done).toList();
  }

  /** How many units of one kind of work were done, each time it was told of. */
  public List<Long> done(String task) {
    return progress.stream().filter(it -> it.task().equals(task)).map(Progress::done).toList();
  }

  /** Forgets everything. */
  public void clear() {
    List.of(finished, warnings, notes, figures, progress).forEach(List::clear);
  }
}
