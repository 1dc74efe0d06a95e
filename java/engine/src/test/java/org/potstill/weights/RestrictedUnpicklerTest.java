package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.errors.InputException;

class RestrictedUnpicklerTest {

  private static final String STORAGE =
      "(U\u0007storagectorch\nFloatStorage\nU\u0001kU\u0003cpuK\u0004tQ";

  private static Object read(String pickle) {
    byte[] bytes = pickle.getBytes(StandardCharsets.ISO_8859_1);
    return new RestrictedUnpickler("weights.pth").read(new ByteArrayInputStream(bytes));
  }

  private static void assertRefused(String pickle, String reason) {
    InputException error = assertThrows(InputException.class, () -> read(pickle));
    assertTrue(error.getMessage().contains(reason), error.getMessage());
    assertTrue(error.getMessage().contains("weights.pth"), error.getMessage());
  }

  @Test
  void plainContainersAreBuiltInOrder() {
    Object read =
        read("}(U\u0001bK\u0001U\u0001a](K\u0002K\u0003eU\u0001c(K\u0004NtU\u0001dK\u0005u.");
    Map<?, ?> map = (Map<?, ?>) read;
    assertEquals(List.of("b", "a", "c", "d"), List.copyOf(map.keySet()));
    assertEquals(List.of(2, 3), map.get("a"));
    assertArrayEquals(new Object[] {4, null}, (Object[]) map.get("c"));
  }

  @Test
  void attributesOfAnOrderedDictionaryAreDropped() {
    Object read = read("ccollections\nOrderedDict\n)R(U\u0001aK\u0001u}U\u0009_metadata}sb.");
    assertEquals(Map.of("a", 1), read);
  }

  /** What training scripts save beside the weights: it is passed over, and what follows is read. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "arguments      | cargparse~Namespace~)^}U?lrK?sb",
        "milestones     | ccollections~Counter~}K?K?s^R",
        "last losses    | ccollections~deque~)K?&R(K?K?e",
        "path           | cpathlib~PosixPath~(U?idtR",
        "list of Python | ccollections~defaultdict~c__builtin__~list~^RK?K?s",
        "element type   | ctorch~bfloat16~"
      })
  void whatScriptsSaveBesideTheWeightsIsPassedOver(String what, String pickle) {
    String value =
        pickle
            .replace('~', '\n')
            .replace("U?", "U\u0002")
            .replace("K?", "K\u0001")
            .replace(")^", ")\u0081")
            .replace("^", "\u0085")
            .replace("&", "\u0086");
    Map<?, ?> map = (Map<?, ?>) read("}(U\u0001a" + value + "U\u0001bK\u0007u.");
    assertEquals(7, map.get("b"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "global        | cos~system~(U?idtR.                                | os.system",
        "never called  | cbuiltins~eval~.                                   | builtins.eval",
        "stack global  | U?osU?id@.                                         | os.id",
        "instance      | (ios~system~.                                      | os.system",
        "object        | (cos~popen~o.                                      | os.popen",
        "new object    | cos~popen~)^.                                      | os.popen",
        "extension     | !?.                                                | opcode",
        "persistent id | Pdevice~.                                          | opcode",
        "known to java | cjava.lang~Runtime~.                               | java.lang.Runtime",
        "of the library| cdecimal~Decimal~(U?idtR.                          | decimal.Decimal",
        "storage call  | ctorch~FloatStorage~)R.                            | a storage",
        "plain call    | U?id)R.                                            | plain data",
        "attributes    | ]}b.                                               | attributes",
        "container key | }(])K?u.                                           | dictionary key",
        "list key      | }]K?s.                                             | dictionary key"
      })
  void whatIsNotPlainDataIsRefusedByName(String what, String pickle, String reason) {
    assertRefused(
        pickle
            .replace('~', '\n')
            .replace("U?", "U\u0002")
            .replace("K?", "K\u0001")
            .replace('@', '\u0093')
            .replace('^', '\u0081')
            .replace("!?", "\u0082\u0001"),
        reason);
  }

  @Test
  void stringsLongerThanTheFileAreRefusedBeforeTheyAreAllocated() {
    assertRefused("X\u00ff\u00ff\u00ff\u007fabc.", "2147483647");
    assertRefused("X\u00ff\u00ff\u00ff\u00ffabc.", "damaged");
    assertRefused("B\u00ff\u00ff\u00ff\u007fabc.", "2147483647");
    assertRefused("\u008d\u0000\u0000\u0000\u0000\u0000\u0001\u0000\u0000abc.", "damaged");
  }

  @ParameterizedTest
  @CsvSource({"0,4,1,true", "1,3,1,true", "0,2,3,true", "0,0,9,true", "1,4,1,false", "0,2,4,false"})
  void viewsMustLieWithinTheirStorage(int offset, int size, int stride, boolean fits) {
    String pickle =
        "ctorch._utils\n_rebuild_tensor_v2\n("
            + STORAGE
            + "K"
            + (char) offset
            + "(K"
            + (char) size
            + "t(K"
            + (char) stride
            + "t\u0089ccollections\nOrderedDict\n)RtR.";
    if (fits) {
      StoredTensor tensor = (StoredTensor) read(pickle);
      assertEquals(List.of((long) size), tensor.size());
      assertEquals(new StoredTensor.Storage("k", ElementType.F32, 4), tensor.storage());
    } else {
      assertRefused(pickle, "within its storage");
    }
  }

  /** PyTorch writes a view of the negative so; the numbers alone would have the wrong sign. */
  @Test
  void tensorsThatAreMarkedAreRefused() {
    String tensor =
        "ctorch._utils\n_rebuild_tensor_v2\n("
            + STORAGE
            + "K\u0000(K\u0004t(K\u0001t\u0089ccollections\nOrderedDict\n)R";
    assertTrue(read(tensor + "}tR.") instanceof StoredTensor);
    assertRefused(tensor + "}(U\u0003neg\u0088utR.", "a tensor marked as [neg]");
  }

  @Test
  void expandedViewsAreReadUpToASizeAndThenRefusedAsSuch() {
    StoredTensor.Storage storage = new StoredTensor.Storage("k", ElementType.F32, 4);
    StoredTensor expanded = new StoredTensor(storage, 0, List.of(3L, 4L), List.of(0L, 1L));
    assertTrue(expanded.fits());
    assertFalse(expanded.repeatsTooMuch());
    assertFalse(expanded.wholeStorage());
    assertFalse(
        new StoredTensor(storage, 0, List.of(1L << 40, 1L << 40, 0L), List.of(0L, 0L, 0L)).fits());
    for (List<Long> size : List.of(List.of(1L << 40, 1L << 40), List.of(1L << 19, 4L))) {
      StoredTensor huge = new StoredTensor(storage, 0, size, List.of(0L, 1L));
      assertTrue(huge.repeatsTooMuch());
    }
    assertRefused(
        "ctorch._utils\n_rebuild_tensor_v2\n("
            + STORAGE
            + "K\u0000(J\u0000\u0000\u0000\u0010K\u0004t(K\u0000K\u0001t\u0089ccollections\n"
            + "OrderedDict\n)RtR.",
        "a tensor of shape [268435456, 4] is an expanded one");
  }

  @Test
  void viewsThatOverflowAreRefused() {
    StoredTensor.Storage storage = new StoredTensor.Storage("k", ElementType.F32, 4);
    long huge = 1L << 40;
    assertTrue(new StoredTensor(storage, 0, List.of(2L, 2L), List.of(2L, 1L)).fits());
    assertEquals(false, new StoredTensor(storage, 0, List.of(-1L, 2L), List.of(0L, 0L)).fits());
    for (List<Long> size : List.of(List.of(huge, huge), List.of(huge, 1L), List.of(-1L, 2L))) {
      assertEquals(false, new StoredTensor(storage, 0, size, List.of(huge, huge)).fits());
    }
    assertEquals(false, new StoredTensor(storage, 5, List.of(1L), List.of(1L)).fits());
    assertEquals(false, new StoredTensor(storage, -1, List.of(1L), List.of(1L)).fits());
    assertEquals(false, new StoredTensor(storage, 0, List.of(1L), List.of()).fits());
  }

  @Test
  void containersWithoutEndAreRefused() {
    Path file = Path.of("weights.pth");
    Object cycle = read("]q\u0001h\u0001a.");
    assertThrows(InputException.class, () -> CheckpointTree.all(file, cycle));
    StringBuilder doubling = new StringBuilder("]q\u0000");
    for (int level = 1; level < 50; level++) {
      doubling.append("](h").append((char) (level - 1)).append('h').append((char) (level - 1));
      doubling.append("eq").append((char) level);
    }
    Object tree = read(doubling + ".");
    assertThrows(InputException.class, () -> CheckpointTree.all(file, tree));
  }

  private static StoredTensor tensor(String storage) {
    return new StoredTensor(
        new StoredTensor.Storage(storage, ElementType.F32, 4), 0, List.of(4L), List.of(1L));
  }

  @Test
  void stateIsThatOfItsKeyWhateverTensorsLieBesideIt() {
    Path file = Path.of("weights.pth");
    Map<String, StoredTensor> state = Map.of("module.fc.weight", tensor("w"));
    for (String key : List.of("state_dict", "model", "net")) {
      Map<String, Object> saved = new LinkedHashMap<>();
      saved.put("epoch", 90);
      saved.put("best_acc1", tensor("best"));
      saved.put("optimizer", Map.of("state", Map.of(0, Map.of("momentum_buffer", tensor("m")))));
      saved.put("params", List.of(tensor("p")));
      saved.put(key, state);
      assertEquals(state, CheckpointTree.state(file, saved), key);
    }
  }

  @Test
  void flatStateIsTheDictionaryItself() {
    Path file = Path.of("weights.pth");
    Map<String, StoredTensor> state = Map.of("fc.weight", tensor("w"), "fc.bias", tensor("b"));
    assertEquals(state, CheckpointTree.state(file, state));
    Map<String, Object> more = new LinkedHashMap<>(state);
    more.put("epoch", 90);
    more.put("model", Map.of("depth", 3));
    assertEquals(state, CheckpointTree.state(file, more));
  }

  @Test
  void whatIsCalledStateDictIsItWhateverLiesUnderVaguerNames() {
    Map<String, StoredTensor> state = Map.of("fc.weight", tensor("w"));
    Map<String, Object> checkpoint = new LinkedHashMap<>();
    checkpoint.put("params", Map.of("lr", tensor("r")));
    checkpoint.put("state_dict", state);
    assertEquals(state, CheckpointTree.state(Path.of("weights.pth"), checkpoint));
  }

  @Test
  void stateThatCannotBeToldIsRefused() {
    Map<String, StoredTensor> state = Map.of("fc.weight", tensor("w"));
    assertNoState(
        Map.of("model", state, "net", Map.of("fc.weight", tensor("other"))),
        "several state_dicts, under [model, net]");
    // The same one under two keys is one.
    assertEquals(
        state, CheckpointTree.state(Path.of("w.pth"), Map.of("model", state, "state_dict", state)));
    assertNoState(
        Map.of("best_acc1", tensor("best"), "weights", state), "best_acc1, some under [weights]");
    assertNoState(Map.of("epoch", 90), "has no state_dict: its keys are [epoch]");
  }

  private static void assertNoState(Map<String, ?> saved, String words) {
    InputException error =
        assertThrows(
            InputException.class, () -> CheckpointTree.state(Path.of("weights.pth"), saved));
    assertTrue(error.getMessage().startsWith("weights.pth"), error.getMessage());
    assertTrue(error.getMessage().contains(words), error.getMessage());
  }
}
