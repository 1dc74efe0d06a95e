package org.potstill.weights;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** The element types that files of tensors may hold. */
enum ElementType {
  F32(ScalarType.Float, 4),
  F64(ScalarType.Double, 8),
  F16(ScalarType.Half, 2),
  BF16(ScalarType.BFloat16, 2),
  I64(ScalarType.Long, 8),
  I32(ScalarType.Int, 4),
  I16(ScalarType.Short, 2),
  I8(ScalarType.Char, 1),
  U8(ScalarType.Byte, 1),
  BOOL(ScalarType.Bool, 1);

  private final ScalarType scalarType;
  private final int bytes;

  ElementType(ScalarType scalarType, int bytes) {
    this.scalarType = scalarType;
    this.bytes = bytes;
  }

  ScalarType scalarType() {
    return scalarType;
  }

  /** Size of one element. */
  int bytes() {
    return bytes;
  }

  /** The type called {@code name} in a safetensors header, or null. */
  static ElementType named(String name) {
    for (ElementType type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return null;
  }

  /**
   * The type of a tensor.
   *
   * @throws IllegalArgumentException where files cannot hold it
   */
  static ElementType of(ScalarType scalarType) {
    ScalarType wanted = scalarType.intern();
    for (ElementType type : values()) {
      if (type.scalarType == wanted) {
        return type;
      }
    }
    throw new IllegalArgumentException("tensors of type " + wanted + " cannot be stored");
  }
}
