/**
 * The configuration: what a run is asked to do, read from strict YAML, with every default written
 * out.
 *
 * <p>Every key is described once, in {@code ConfigKeys}; reading, checking, defaults, the schema, a
 * new config and the written-out config follow from that. A new key is a line there and a component
 * of a record. The records hold values that were checked; they know nothing of stages or devices.
 */
package org.potstill.config;
