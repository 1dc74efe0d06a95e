package org.potstill.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * Carries values between key paths and the records: the key {@code distill.images-per-class} is the
 * component {@code imagesPerClass} of the component {@code distill}.
 */
final class RecordBinder {

  private RecordBinder() {}

  /**
   * A record of {@code type} from the values of the keys.
   *
   * @param prefix path of the section with a final '.', or empty
   * @param isAbsent tells the sections that stay null
   */
  static <R extends Record> R bind(
      Class<R> type,
      String prefix,
      Function<String, Object> values,
      Function<String, Boolean> isAbsent) {
    RecordComponent[] components = type.getRecordComponents();
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String path = prefix + kebab(components[i].getName());
      Class<?> kind = components[i].getType();
      if (!kind.isRecord()) {
        arguments[i] = convert(values.apply(path), kind);
      } else if (!isAbsent.apply(path)) {
        arguments[i] = bind(kind.asSubclass(Record.class), path + ".", values, isAbsent);
      }
    }
    return construct(type, components, arguments);
  }

  /**
   * The values of a record by key path, as the keys hold them; sections that are null have none.
   */
  static Map<String, Object> unbind(Record record, String prefix) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      String path = prefix + kebab(component.getName());
      Object value = read(record, component);
      if (value instanceof Record section) {
        values.putAll(unbind(section, path + "."));
      } else if (!component.getType().isRecord()) {
        values.put(path, plain(value));
      }
    }
    return values;
  }

  private static Object convert(Object value, Class<?> kind) {
    if (kind.isEnum()) {
      String name = ((String) value).toUpperCase(Locale.ROOT).replace('-', '_');
      return Arrays.stream(kind.getEnumConstants())
          .filter(constant -> ((Enum<?>) constant).name().equals(name))
          .findFirst()
          .orElseThrow();
    }
    if (kind == int.class) {
      return Math.toIntExact((Long) value);
    }
    if (value instanceof Map<?, ?> pairs) {
      Map<Object, Object> narrowed = new LinkedHashMap<>();
      pairs.forEach((name, number) -> narrowed.put(name, Math.toIntExact((Long) number)));
      return java.util.Collections.unmodifiableMap(narrowed);
    }
    return value;
  }

  private static Object plain(Object value) {
    if (value instanceof Enum<?> constant) {
      return Words.of(constant);
    }
    if (value instanceof Integer number) {
      return number.longValue();
    }
    if (value instanceof Map<?, ?> pairs) {
      Map<Object, Object> widened = new LinkedHashMap<>();
      pairs.forEach((name, number) -> widened.put(name, ((Number) number).longValue()));
      return widened;
    }
    return value;
  }

  private static String kebab(String camel) {
    return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static <R extends Record> R construct(
      Class<R> type, RecordComponent[] components, Object[] arguments) {
    Class<?>[] kinds =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      return type.getDeclaredConstructor(kinds).newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw new IllegalStateException(type + " refuses checked values", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("records of this package are public", e);
    }
  }

  private static Object read(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("records of this package are public", e);
    }
  }
}
