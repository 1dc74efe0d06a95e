package org.potstill.prior.ldm;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads the sizes of a network off the shapes of its parameters. */
record ShapeReader(Map<String, List<Long>> shapes, String prefix) {

  boolean has(String name) {
    return shapes.containsKey(prefix + name);
  }

  /** Length of one dimension; 0 where there is no such parameter or dimension. */
  int size(String name, int dimension) {
    List<Long> shape = shapes.getOrDefault(prefix + name, List.of());
    return dimension < shape.size() ? Math.toIntExact(shape.get(dimension)) : 0;
  }

  /** How many parameters there are of {@code pattern} with %d as 0, 1, 2 and so on. */
  int count(String pattern) {
    int count = 0;
    while (has(String.format(Locale.ROOT, pattern, count))) {
      count++;
    }
    return count;
  }
}
