package io.ennead.router.generate;

import io.ennead.access.Tenant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Those that wait with one priority, and whose turn it is: the tenant's that has been served the
 * fewest tokens, in proportion to its share, and of its requests the one that came first. Tokens
 * are counted as in "Fairness in Serving Large Language Models" (OSDI 2024): a tenant that comes
 * back is no further behind than those that wait already, so it saves nothing up and cannot hold
 * others back. Owned by the generation loop's thread.
 */
final class FairShares {
  private static final long UNIT = 1 << 20; // so that dividing by a share loses next to nothing

  /** Of tenants that wait, or have been served more than whoever comes next. */
  private final Map<String, Account> accounts = new HashMap<>();

  /** What the last one that got a place had been served before. */
  private long floor;

  private int size;

  /** What one tenant has been served, in units per share, and what of it waits. */
  private static final class Account {
    private final ArrayDeque<Sequence> waiting = new ArrayDeque<>();
    private long served;

    Account(long served) {
      this.served = served;
    }

    boolean before(Account other) {
      return served != other.served
          ? served < other.served
          : waiting.element().arrived() - other.waiting.element().arrived() < 0;
    }
  }

  void add(Sequence sequence) {
    Account account = account(sequence.claim().tenant());
    if (account.waiting.isEmpty()) {
      account.served = Math.max(account.served, least().map(least -> least.served).orElse(floor));
    }
    account.waiting.add(sequence);
    size++;
  }

  private Account account(Tenant tenant) {
    return accounts.computeIfAbsent(tenant.name(), name -> new Account(floor));
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Whose turn it is. */
  Optional<Sequence> next() {
    return least().map(account -> account.waiting.element());
  }

  private Optional<Account> least() {
    return accounts.values().stream()
        .filter(account -> !account.waiting.isEmpty())
        .reduce((one, other) -> other.before(one) ? other : one);
  }

  /** The next one gets its place. */
  void take(Sequence next) {
    floor = Math.max(floor, account(next.claim().tenant()).served);
    remove(next);
  }

  /** Takes one out; harmless when it does not wait here. */
  void remove(Sequence sequence) {
    Account account = accounts.get(sequence.claim().tenant().name());
    if (account != null && account.waiting.remove(sequence)) {
      size--;
      accounts.values().removeIf(other -> other.waiting.isEmpty() && other.served <= floor);
    }
  }

  /** Tokens were computed for a tenant. */
  void charge(Tenant tenant, int tokens) {
    account(tenant).served += tokens * UNIT / tenant.share();
  }

  /** Nobody waits or runs: what was is forgotten. */
  void forget() {
    accounts.clear();
  }

  void forEach(Consumer<Sequence> action) {
    accounts.values().forEach(account -> account.waiting.forEach(action));
  }
}
