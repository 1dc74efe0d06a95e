/**
 * Potstill as a library: {@link org.potstill.Potstill} runs a configuration or a single stage of
 * it.
 */
package org.potstill;
