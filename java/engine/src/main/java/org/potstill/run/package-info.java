/**
 * What every stage stands on: the run directory and its lock, files that appear whole or not at
 * all, checkpoints, fingerprints of finished stages, metrics, progress and cancellation; and where
 * the user's home is.
 */
package org.potstill.run;
