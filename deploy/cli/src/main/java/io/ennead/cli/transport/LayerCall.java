package io.ennead.cli.transport;

/**
 * What is sent for one layer.
 *
 * @param rows rows of the layer
 * @param nodes nodes that take part, each with one expert
 * @param expertsPerRow nodes that each row goes to, in turn
 */
public record LayerCall(int rows, int nodes, int expertsPerRow) {

  /** Each row goes to one node; otherwise every node gets all rows. */
  public static LayerCall of(int rows, int nodes, boolean divided) {
    return new LayerCall(rows, nodes, divided ? 1 : nodes);
  }

  /** Experts of all rows, where node i holds expert i: [rows, expertsPerRow]. */
  int[] experts() {
    int[] experts = new int[rows * expertsPerRow];
    for (int place = 0; place < experts.length; place++) {
      experts[place] = place % nodes;
    }
    return experts;
  }

  /** Rows that a node gets. */
  int rowsOf(int node) {
    int places = rows * expertsPerRow;
    return places / nodes + (node < places % nodes ? 1 : 0);
  }
}
