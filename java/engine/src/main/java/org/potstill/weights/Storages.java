package org.potstill.weights;

import java.io.IOException;
import org.bytedeco.pytorch.Tensor;

/** Where the data of a checkpoint's storages is read. */
interface Storages extends AutoCloseable {

  /** The data of a storage as a vector, live in the caller's scope. */
  Tensor read(StoredTensor.Storage storage) throws IOException;

  @Override
  void close() throws IOException;
}
