/**
 * What tests of backups need: contract suites that every handler and sink passes, doubles that live
 * in memory, and doubles that fail where they are told to.
 */
@NullMarked
package io.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
