package org.potstill.weights;

/**
 * The opcodes of the pickle virtual machine that a checkpoint may hold (pickletools of the Python
 * library documents them); every other one is refused. A few are for pickled networks alone.
 */
final class PickleOpcode {

  static final char BUILD = 'b';
  static final char GLOBAL = 'c';
  static final char DICT = 'd';
  static final char INST = 'i';
  static final char PERSISTENT = 'Q';
  static final char OBJECT = 'o';
  static final char REDUCE = 'R';
  static final char SET_ITEM = 's';
  static final char SET_ITEMS = 'u';
  static final char EMPTY_DICT = '}';
  static final char NEW_OBJECT = 0x81;
  static final char NEW_OBJECT_KEYWORDS = 0x92;
  static final char STACK_GLOBAL = 0x93;
  static final char EMPTY_SET = 0x8f;
  static final char ADD_ITEMS = 0x90;
  static final char FROZEN_SET = 0x91;
  static final char APPEND = 'a';
  static final char APPENDS = 'e';

  static final char BINARY_STRING = 'T';
  static final char BINARY_UNICODE = 'X';
  static final char BINARY_BYTES = 'B';
  static final char BINARY_UNICODE_8 = 0x8d;
  static final char BINARY_BYTES_8 = 0x8e;
  static final char SHORT_BINARY_BYTES = 'C';
  static final char BYTE_ARRAY = 0x96;
  static final char LONG_NUMBER = 0x8b;

  /** Numbers, strings, lists, tuples, marks and the memo: they build nothing else. */
  private static final String PLAIN =
      ".(012FGIJKLMNSTUVXBC"
          + "aehjlgpqrt])"
          + "\u0080\u0085\u0086\u0087\u0088\u0089\u008a"
          + "\u008c\u008d\u008e\u0094\u0095";

  private PickleOpcode() {}

  static boolean isPlain(int opcode) {
    return PLAIN.indexOf(opcode) >= 0;
  }

  /** Bytes of the length that follows a string opcode; 0 for other opcodes. */
  static int lengthBytes(int opcode) {
    return switch (opcode) {
      case BINARY_STRING, BINARY_UNICODE, BINARY_BYTES -> 4;
      case BINARY_UNICODE_8, BINARY_BYTES_8 -> 8;
      default -> 0;
    };
  }

  /** Whether a string of bytes follows. */
  static boolean isBytes(int opcode) {
    return opcode == SHORT_BINARY_BYTES || opcode == BINARY_BYTES || opcode == BINARY_BYTES_8;
  }
}
