package org.potstill.distill;

import java.util.LinkedHashMap;
import java.util.Map;

/** A space whose variables are latents of a generator. */
interface LatentSpace extends Space {

  /**
   * All that images are regenerated from besides the variables, by name: the generator, the SHA-256
   * of its weights, how it is used. Kept in the file of the latents.
   */
  Map<String, String> settings();

  /**
   * Those of the settings that make a run another one: not where a file lies, nor what memory
   * allows.
   */
  default Map<String, String> identity() {
    Map<String, String> identity = new LinkedHashMap<>(settings());
    identity.remove(LatentsFile.WEIGHTS);
    identity.remove(PriorUse.CHUNK);
    return identity;
  }
}
