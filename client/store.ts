/**
 * What must outlive a reload: the session, cursors, the outbox. Synchronous, so that a message is kept before
 * `send()` returns. One store is one device: pages that are open at the same time must not share one.
 */
export interface KeyValueStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  delete(key: string): void;
  /** Every key that begins so, in no order. */
  keys(prefix: string): string[];
}

/** Forgets everything with the process. */
export function memoryStore(): KeyValueStore {
  const values = new Map<string, string>();
  return {
    get: (key) => values.get(key),
    set: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
    keys: (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  };
}

/** Keeps it in `localStorage` (or another Storage), under `namespace`. */
export function webStore(storage: Storage, namespace = "switchboard"): KeyValueStore {
  const full = (key: string) => `${namespace}/${key}`;
  return {
    get: (key) => storage.getItem(full(key)) ?? undefined,
    set: (key, value) => storage.setItem(full(key), value),
    delete: (key) => storage.removeItem(full(key)),
    keys: (prefix) =>
      Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? "")
        .filter((key) => key.startsWith(full(prefix)))
        .map((key) => key.slice(namespace.length + 1)),
  };
}

/** The part of `store` whose keys begin with `prefix`. */
export function within(store: KeyValueStore, prefix: string): KeyValueStore {
  return {
    get: (key) => store.get(prefix + key),
    set: (key, value) => store.set(prefix + key, value),
    delete: (key) => store.delete(prefix + key),
    keys: (rest) => store.keys(prefix + rest).map((key) => key.slice(prefix.length)),
  };
}

/** What is kept there as JSON; undefined if it is not there, or was spoilt. */
export function readJson<T>(store: KeyValueStore, key: string): T | undefined {
  try {
    return JSON.parse(store.get(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}
