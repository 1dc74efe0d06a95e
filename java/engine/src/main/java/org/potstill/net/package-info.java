/**
 * Networks as functions of (parameters, buffers, input, mode).
 *
 * <p>Parameter and buffer names and shapes are those of the reference {@code state_dict}; a network
 * object holds no weights.
 */
package org.potstill.net;
