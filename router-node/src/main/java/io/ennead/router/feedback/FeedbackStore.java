package io.ennead.router.feedback;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Consumer;

/**
 * The database of ratings: a file of SQLite, or PostgreSQL by its JDBC URL. Every change is one
 * transaction, durable when the method returns. A response has at most one row: the primary key
 * sees to it whoever writes. Used by one thread.
 */
public final class FeedbackStore implements AutoCloseable {
  private static final String POSTGRESQL = "jdbc:postgresql:";
  private static final String TABLE =
      """
      CREATE TABLE IF NOT EXISTS ennead_feedback (
        response_id TEXT NOT NULL,
        continuation INTEGER NOT NULL,
        received_millis BIGINT NOT NULL,
        tenant TEXT NOT NULL,
        model_fingerprint TEXT NOT NULL,
        profile TEXT NOT NULL,
        generated_tokens INTEGER NOT NULL,
        rating DOUBLE PRECISION NOT NULL,
        token_ratings %1$s NOT NULL,
        label TEXT NOT NULL,
        choices %1$s NOT NULL,
        PRIMARY KEY (response_id, continuation))""";
  private static final String INDEX =
      "CREATE INDEX IF NOT EXISTS ennead_feedback_received ON ennead_feedback (received_millis)";
  private static final String COLUMNS =
      "response_id, continuation, received_millis, tenant, model_fingerprint, profile,"
          + " generated_tokens, rating, token_ratings, label, choices";
  private static final String INSERT =
      "INSERT INTO ennead_feedback ("
          + COLUMNS
          + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT (response_id, continuation) DO NOTHING";
  private static final String SELECT = "SELECT " + COLUMNS + " FROM ennead_feedback";
  private static final String OF_KEY = " WHERE response_id = ? AND continuation = ?";
  private static final int FETCHED_ROWS = 64;

  private final Connection connection;

  private FeedbackStore(Connection connection) {
    this.connection = connection;
  }

  /**
   * Opens the database, and makes its table where there is none.
   *
   * @param location a file of SQLite, or a URL that begins with {@code jdbc:postgresql:}
   */
  public static FeedbackStore open(String location) throws SQLException {
    boolean postgresql = location.startsWith(POSTGRESQL);
    Connection connection = postgresql ? postgresql(location) : sqlite(location);
    try (Statement statement = connection.createStatement()) {
      statement.execute(TABLE.formatted(postgresql ? "BYTEA" : "BLOB"));
      statement.execute(INDEX);
      return new FeedbackStore(connection);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private static Connection postgresql(String url) throws SQLException {
    Properties limits = new Properties(); // seconds
    limits.setProperty("connectTimeout", "10");
    limits.setProperty("loginTimeout", "10");
    limits.setProperty("socketTimeout", "30");
    Connection connection = DriverManager.getConnection(url, limits);
    execute(connection, "SET synchronous_commit = on"); // whatever the server's own default
    return connection;
  }

  private static Connection sqlite(String file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    execute(connection, "PRAGMA busy_timeout = 10000");
    execute(connection, "PRAGMA journal_mode = WAL");
    execute(connection, "PRAGMA synchronous = FULL"); // a commit of the WAL is flushed to disk
    execute(connection, "PRAGMA secure_delete = ON"); // what is deleted is overwritten
    return connection;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Adds a row; false when the response has one already, which stays as it is. */
  public boolean insert(RatedResponse row) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      insert.setString(1, row.key().responseId());
      insert.setInt(2, row.key().index());
      insert.setLong(3, row.receivedMillis());
      insert.setString(4, row.tenant());
      insert.setString(5, row.modelFingerprint());
      insert.setString(6, row.profile());
      insert.setInt(7, row.generatedTokens());
      insert.setDouble(8, row.rating().overall());
      insert.setBytes(9, bytes(row.rating().tokens()));
      insert.setString(10, row.rating().label());
      insert.setBytes(11, row.choices().map(LoggedChoices::encode).orElse(new byte[0]));
      return insert.executeUpdate() == 1;
    }
  }

  private static byte[] bytes(List<Double> ratings) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * ratings.size());
    ratings.forEach(bytes::putDouble);
    return bytes.array();
  }

  private static List<Double> ratings(byte[] encoded) {
    ByteBuffer bytes = ByteBuffer.wrap(encoded);
    List<Double> ratings = new ArrayList<>();
    while (bytes.hasRemaining()) {
      ratings.add(bytes.getDouble());
    }
    return ratings;
  }

  /** The row of a response. */
  public Optional<RatedResponse> find(ResponseKey key) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT + OF_KEY)) {
      select.setString(1, key.responseId());
      select.setInt(2, key.index());
      try (ResultSet rows = select.executeQuery()) {
        return rows.next() ? Optional.of(row(rows)) : Optional.empty();
      }
    }
  }

  private static RatedResponse row(ResultSet rows) throws SQLException {
    byte[] choices = rows.getBytes(11);
    return new RatedResponse(
        new ResponseKey(rows.getString(1), rows.getInt(2)),
        rows.getLong(3),
        rows.getString(4),
        rows.getString(5),
        rows.getString(6),
        rows.getInt(7),
        new Rating(rows.getDouble(8), ratings(rows.getBytes(9)), rows.getString(10)),
        choices.length == 0 ? Optional.empty() : Optional.of(LoggedChoices.decode(choices)));
  }

  /** Deletes the rows of a response, all continuations, when they are the tenant's; how many. */
  public int delete(String responseId, String tenant) throws SQLException {
    String sql = "DELETE FROM ennead_feedback WHERE response_id = ? AND tenant = ?";
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      delete.setString(1, responseId);
      delete.setString(2, tenant);
      return delete.executeUpdate();
    }
  }

  /**
   * Deletes what is too old or too much, the oldest first; how many rows.
   *
   * @param sinceMillis rows received before go
   * @param mostRows that may stay
   */
  public int retain(long sinceMillis, long mostRows) throws SQLException {
    String old = "DELETE FROM ennead_feedback WHERE received_millis < ?";
    String many =
        "DELETE FROM ennead_feedback WHERE (response_id, continuation) IN (SELECT response_id,"
            + " continuation FROM ennead_feedback ORDER BY received_millis DESC, response_id,"
            + " continuation LIMIT 1000 OFFSET ?)";
    int deleted = update(old, sinceMillis);
    for (int more = update(many, mostRows); more > 0; more = update(many, mostRows)) {
      deleted += more;
    }
    return deleted;
  }

  private int update(String sql, long argument) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, argument);
      return statement.executeUpdate();
    }
  }

  /** How many rows there are. */
  public long count() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*) FROM ennead_feedback")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** Hands over every row, the oldest first, without holding more than a few. */
  public void forEach(Consumer<RatedResponse> consumer) throws SQLException {
    connection.setAutoCommit(false); // without it PostgreSQL's driver fetches all rows at once
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(FETCHED_ROWS);
      try (ResultSet rows =
          statement.executeQuery(SELECT + " ORDER BY received_millis, response_id, continuation")) {
        while (rows.next()) {
          consumer.accept(row(rows));
        }
      }
      connection.commit();
    } finally {
      connection.setAutoCommit(true);
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
