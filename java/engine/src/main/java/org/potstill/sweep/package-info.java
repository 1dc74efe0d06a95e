/** Runs that differ in a few settings, one after the other, and their table. */
package org.potstill.sweep;
