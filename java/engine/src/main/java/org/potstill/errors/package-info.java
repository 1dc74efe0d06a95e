/** What can go wrong, by whose doing: the command line turns each type into its exit status. */
package org.potstill.errors;
