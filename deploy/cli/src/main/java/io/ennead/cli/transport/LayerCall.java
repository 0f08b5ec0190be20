package io.ennead.cli.transport;

/**
 * What is sent for one layer.
 *
 * @param rows rows of the layer
 * @param nodes nodes that take part
 * @param divided each row goes to one node, in turn; otherwise every node gets all rows
 */
public record LayerCall(int rows, int nodes, boolean divided) {

  /** Experts of each row. */
  int expertsPerRow() {
    return divided ? 1 : nodes;
  }

  /** Experts of all rows, where node i holds expert i: [rows, expertsPerRow]. */
  int[] experts() {
    int[] experts = new int[rows * expertsPerRow()];
    for (int place = 0; place < experts.length; place++) {
      experts[place] = place % nodes;
    }
    return experts;
  }

  /** Rows that a node gets. */
  int rowsOf(int node) {
    return divided ? rows / nodes + (node < rows % nodes ? 1 : 0) : rows;
  }
}
