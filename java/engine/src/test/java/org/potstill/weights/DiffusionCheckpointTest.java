package org.potstill.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.fixtures.FixtureFile;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** Checkpoints of latent diffusion: running averages, and what a trainer leaves beside a state. */
class DiffusionCheckpointTest {

  private static final Path FILE = Path.of("model.ckpt");

  @TempDir Path folder;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static Map<String, String> keys(String list) {
    Map<String, String> names = new LinkedHashMap<>();
    for (JsonNode entry : FixtureFile.json(list).get("entries")) {
      String name = entry.get("name").asText();
      names.put(name, name);
    }
    return names;
  }

  @Test
  void everyWeightOfThePublishedListsHasItsAverage() {
    for (String list :
        List.of("ldm/model_uncond_with_ema.keys.json", "ldm/full_ffhq_ldm_vq_4.keys.json")) {
      Map<String, String> all = keys(list);
      Map<String, String> taken = RunningAverage.preferred(FILE, all);
      Set<String> plain = RunningAverage.without(all).keySet();
      assertEquals(List.copyOf(plain), List.copyOf(taken.keySet()), list);
      taken.forEach(
          (name, source) ->
              assertEquals(name.startsWith("model."), source.startsWith("model_ema."), name));
      assertEquals(plain, Set.copyOf(RunningAverage.without(all).values()));
    }
  }

  @Test
  void listsWithoutAveragesStayAsTheyAre() {
    Map<String, String> all = keys("ldm/full_cin256_v2.keys.json");
    assertEquals(all, RunningAverage.preferred(FILE, all));
  }

  @Test
  void averagesOfSomeWeightsOnlyAreAnErrorThatListsThem() {
    Map<String, String> all = keys("ldm/model_uncond_with_ema.keys.json");
    String average = "model_ema.diffusion_modelout2weight";
    assertTrue(all.containsKey(average));
    all.remove(average);
    all.put("model_ema.stray", "");
    InputException error =
        assertThrows(InputException.class, () -> RunningAverage.preferred(FILE, all));
    assertTrue(error.getMessage().contains("missing " + average), error.getMessage());
    assertTrue(error.getMessage().contains("not used model_ema.stray"), error.getMessage());
    assertTrue(error.getMessage().startsWith("model.ckpt holds"), error.getMessage());
  }

  @Test
  void averagesTakeThePlaceOfTheWeightsWhereAsked() throws IOException {
    Path file = folder.resolve("model.safetensors");
    try (NamedTensors written = new NamedTensors()) {
      written.put("model.a.b", Tensors.of(new float[] {1}, 1));
      written.put("cond.c", Tensors.of(new float[] {2}, 1));
      written.put("model_ema.decay", Tensors.of(new float[] {3}, 1));
      written.put("model_ema.ab", Tensors.of(new float[] {4}, 1));
      Safetensors.write(file, written, Map.of());
    }
    try (NamedTensors state = CheckpointReader.state(file, true);
        NamedTensors plain = CheckpointReader.state(file)) {
      assertEquals(List.of("model.a.b", "cond.c"), List.copyOf(state.names()));
      assertEquals(4, Tensors.toFloats(state.get("model.a.b"))[0]);
      assertEquals(1, Tensors.toFloats(plain.get("model.a.b"))[0]);
    }
  }

  /**
   * A state beside the counters, callbacks by class, settings, a set and a number of numpy that the
   * trainer of latent diffusion saves.
   */
  private static String trained() {
    String storage = "(U\u0007storagectorch\nFloatStorage\nU\u00010U\u0003cpuK\u0001tQ";
    String tensor =
        "ctorch._utils\n_rebuild_tensor_v2\n("
            + storage
            + "K\u0000(K\u0001t(K\u0001t\u0089ccollections\nOrderedDict\n)RtR";
    return "}(U\u0005epochK\u0003"
        + "U\tcallbacks}cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n}"
        + "(U\u0004bestcnumpy.core.multiarray\nscalar\n"
        + "(cnumpy\ndtype\n(U\u0002f8K\u0000K\u0001tR(K\u0003U\u0001<NNNtb"
        + "c_codecs\nencode\n(X\u0002\u0000\u0000\u0000\u0000\u0001U\u0006latin1tRtR"
        + "U\u0003setc__builtin__\nset\n(]tRus"
        + "U\u0005hypercomegaconf.dictconfig\nDictConfig\n"
        + ")\u0081}(U\u0008_contentNub"
        + "U\nstate_dict}(U\u0001w"
        + tensor
        + "uu.";
  }

  private Path zip(String pickle) throws IOException {
    Path file = folder.resolve("trained.ckpt");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      StoredEntries.add(zip, "archive/data.pkl", pickle.getBytes(StandardCharsets.ISO_8859_1));
      StoredEntries.add(zip, "archive/data/0", new byte[] {0, 0, (byte) 0x80, 0x3f});
    }
    return Files.write(file, bytes.toByteArray());
  }

  @Test
  void whatATrainerLeavesBesideTheStateIsPassedOver() throws IOException {
    try (NamedTensors state = CheckpointReader.state(zip(trained()))) {
      assertEquals(Set.of("w"), state.names());
      assertEquals(1, Tensors.toFloats(state.get("w"))[0]);
    }
  }

  @Test
  void aTrainerThatAsksForCodeIsRefusedByName() throws IOException {
    Path file = zip(trained().replace("c__builtin__\nset\n", "c__builtin__\nexec\n"));
    InputException error =
        assertThrows(InputException.class, () -> CheckpointReader.state(file).close());
    assertTrue(error.getMessage().contains("'__builtin__.exec'"), error.getMessage());
    Path function = zip(trained().replace("DictConfig", "load"));
    error = assertThrows(InputException.class, () -> CheckpointReader.state(function).close());
    assertTrue(error.getMessage().contains("'omegaconf.dictconfig.load'"), error.getMessage());
  }
}
