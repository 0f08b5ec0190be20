package io.ennead.cli.adapt;

/** Linear equations. */
final class Linear {
  private Linear() {}

  /** Solves A x = b by Cholesky's factors; A [n][n] is symmetric and positive definite. */
  static double[] solve(double[][] a, double[] b) {
    int n = b.length;
    double[][] l = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = a[i][j] - dot(l[i], l[j], j);
        l[i][j] = i == j ? Math.sqrt(Math.max(sum, Double.MIN_NORMAL)) : sum / l[j][j];
      }
    }
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = (b[i] - dot(l[i], x, i)) / l[i][i];
    }
    for (int i = n - 1; i >= 0; i--) {
      double sum = x[i];
      for (int j = i + 1; j < n; j++) {
        sum -= l[j][i] * x[j];
      }
      x[i] = sum / l[i][i];
    }
    return x;
  }

  private static double dot(double[] x, double[] y, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += x[i] * y[i];
    }
    return sum;
  }
}
