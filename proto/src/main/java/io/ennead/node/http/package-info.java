/**
 * HTTP of a node: one server on Netty for the admin port and for every protocol over HTTP, with
 * exact paths, bounds on all that a client may send, hold or leave unread, and streamed answers.
 */
@NullMarked
package io.ennead.node.http;

import org.jspecify.annotations.NullMarked;
