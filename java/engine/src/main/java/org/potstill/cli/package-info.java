/**
 * The command line: arguments, progress, log file, signals and exit statuses.
 *
 * <p>Classes that are loaded for {@code --help} touch nothing native and no logging; whatever a
 * command needs is reached from its {@code call()}.
 */
package org.potstill.cli;
