/**
 * The configuration: what a run is asked to do, read from strict YAML, with every default written
 * out.
 *
 * <p>The records hold values that were checked; they know nothing of files, stages or devices.
 */
package org.potstill.config;
