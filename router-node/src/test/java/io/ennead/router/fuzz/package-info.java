/** Files and messages as nobody sane writes them: what is refused, and at what cost. */
package io.ennead.router.fuzz;
