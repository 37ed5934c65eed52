export type Listener<T> = (data: T) => void;

/** Typed events. A listener that throws is reported as an uncaught error and disturbs nobody else. */
export class Emitter<Events extends object> {
  #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Returns what takes the listener away again. */
  on<E extends keyof Events>(event: E, listener: Listener<Events[E]>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  emit<E extends keyof Events>(event: E, data: Events[E]): void {
    const listeners = this.#listeners.get(event) as Set<Listener<Events[E]>> | undefined;
    for (const listener of [...(listeners ?? [])]) {
      try {
        listener(data);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
