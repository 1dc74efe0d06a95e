package org.potstill.data;

/**
 * One class of a source.
 *
 * @param key as the source spells it; also fit to name a folder
 * @param name for people
 */
record ClassLabel(String key, String name) {}
