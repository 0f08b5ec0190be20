/**
 * Hostile clients: sockets that send whatever bytes an attack is made of, and the attacks on a
 * running cluster. None of it uses the product's own client to attack.
 */
package io.ennead.cli.attack;
