import { type Collection, type Db, type Document, MongoClient, type MongoClientOptions, ReadPreference } from "mongodb";
import type { Clock } from "../../contracts/clock.ts";
import { ChatError, OverloadedError } from "../../contracts/errors.ts";
import { type BreakerState, CircuitBreaker } from "../circuit-breaker.ts";
import { CommitCut, CommitRefused, CommitUnknown } from "../message-log.ts";
import { unavailable } from "../unavailable.ts";
import type { CollectionName, Documents } from "./documents.ts";
import { HeartbeatWatch } from "./heartbeat-watch.ts";
import type { MongoLimits } from "./limits.ts";
import { type WriteError, wasNotSent } from "./mongo-errors.ts";
import { makeIndexes } from "./schema.ts";

export interface WriteAnswer {
  /** How many documents it concerned. */
  n: number;
  writeErrors: WriteError[];
}

/** A write command of the server's, without what all have. */
export type WriteCommand = { ordered: boolean } & (
  | { insert: CollectionName; documents: object[] }
  | { update: CollectionName; updates: UpdateStatement[] }
  | { delete: CollectionName; deletes: { q: Document; limit: 0 | 1 }[] }
);
export interface UpdateStatement {
  q: Document;
  u: Document;
  upsert?: true;
  multi?: true;
}

/**
 * After every limit of the driver's has passed. A command that is written in the moment in which its connection ends is
 * waited for without any, and its place in the pool with it.
 */
const LOST_MS = 30_000;

/** A client of the driver's, with what depends on it. */
interface Connection {
  client: MongoClient;
  db: Db;
  watch: HeartbeatWatch;
}

/** A MongoDB database, with limits on what may be under way and how long it may take. */
export class MongoDatabase {
  readonly limits: MongoLimits;
  readonly clock: Clock;
  readonly #url: string;
  #connection: Connection;
  readonly #breaker: CircuitBreaker;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(url: string, clock: Clock, limits: MongoLimits) {
    this.limits = limits;
    this.clock = clock;
    this.#url = url;
    this.#connection = this.#connect();
    this.#breaker = new CircuitBreaker({ clock, failures: limits.failures, restMs: limits.restMs });
  }

  get state(): BreakerState {
    return this.#breaker.state;
  }

  /** Resolves when the store is there and has its indexes. */
  async open(): Promise<void> {
    const deadline = this.clock.now() + this.limits.openMs;
    for (;;) {
      try {
        return await makeIndexes(this.#connection.db);
      } catch (error) {
        if (!wasNotSent(error) || this.clock.now() >= deadline) {
          await this.close();
          throw new Error("the message store on MongoDB does not open", { cause: error });
        }
      }
    }
  }

  /** To read what cannot roll back, */
  stable<N extends CollectionName>(name: N): Collection<Documents[N]> {
    return this.#connection.db.collection<Documents[N]>(name);
  }

  /** or the newest that the primary has, so that a write which follows is decided on nothing older. */
  newest<N extends CollectionName>(name: N): Collection<Documents[N]> {
    return this.#connection.db.collection<Documents[N]>(name, { readConcern: { level: "local" } });
  }

  /** Options of every read. The batch is as large as an answer may be: one way to the server and back. */
  get reading(): { maxTimeMS: number; batchSize: number } {
    return { maxTimeMS: this.limits.serverMs, batchSize: 1_000_000 };
  }

  /**
   * Sends a write command. What it answers is on the disks of most servers. Rejects with UnavailableError if it was
   * not sent, with CommitUnknown if nobody can tell what became of it.
   */
  async write(command: WriteCommand): Promise<WriteAnswer> {
    const { serverMs } = this.limits;
    const writeConcern = { w: "majority", j: true, wtimeout: serverMs };
    let answer: Document;
    try {
      answer = await this.#connection.db.command({ ...command, maxTimeMS: serverMs, writeConcern }, { ignoreUndefined: true });
    } catch (cause) {
      throw wasNotSent(cause) ? unavailable(cause) : new CommitUnknown({ cause });
    }
    if (answer.writeConcernError) throw new CommitUnknown({ cause: answer.writeConcernError });
    return { n: Number(answer.n), writeErrors: (answer.writeErrors ?? []) as WriteError[] };
  }

  /** Resolves if most servers took what was written last. It deletes nothing. */
  async ping(): Promise<void> {
    await this.write({ delete: "records", deletes: [{ q: { _id: "" }, limit: 1 }], ordered: true });
  }

  /** A call that may simply be made again: whatever goes wrong is UNAVAILABLE or OVERLOADED. */
  async call<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await this.#limited(run, () => unavailable("time limit"));
    } catch (error) {
      throw error instanceof ChatError ? error : unavailable(error);
    }
  }

  /** A call that may have stored entries when it fails. */
  async commit<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await this.#limited(run, () => new CommitUnknown({ cause: "time limit" }));
    } catch (error) {
      if (error instanceof ChatError || error instanceof CommitRefused || error instanceof CommitUnknown) throw error;
      throw unavailable(error);
    }
  }

  /** Lets what is under way end. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await leave(this.#connection);
  }

  #connect(): Connection {
    const client = new MongoClient(this.#url, clientOptions(this.limits));
    const db = client.db(namesDatabase(this.#url) ? undefined : "switchboard");
    const silent = () => this.#reconnect(connection);
    const connection = { client, db, watch: new HeartbeatWatch(client, this.clock, 2 * this.limits.connectionMs, silent) };
    return connection;
  }

  /** The driver waits for what cannot come: a new client does not. What the old one was asked for fails. */
  #reconnect(lost: Connection): void {
    if (this.#closed || lost !== this.#connection) return;
    this.#connection = this.#connect();
    void leave(lost);
  }

  async #limited<T>(run: () => Promise<T>, late: () => Error): Promise<T> {
    if (this.#closed) throw unavailable("closed");
    if (this.#underWay.size >= this.limits.calls) throw new OverloadedError();
    if (!this.#breaker.admits()) throw unavailable("the store did not answer lately");
    const call = this.#inTime(run(), late);
    this.#underWay.add(call);
    try {
      const value = await call;
      this.#breaker.succeeded();
      return value;
    } catch (error) {
      if (error instanceof CommitRefused || error instanceof CommitCut) this.#breaker.succeeded();
      else this.#breaker.failed(error);
      throw error;
    } finally {
      this.#underWay.delete(call);
    }
  }

  #inTime<T>(call: Promise<T>, late: () => Error): Promise<T> {
    const connection = this.#connection;
    return new Promise((resolve, reject) => {
      let timer = this.clock.after(this.limits.timeMs, () => {
        reject(late());
        timer = this.clock.after(LOST_MS, () => this.#reconnect(connection));
      });
      call.then(resolve, reject).finally(() => timer.cancel());
    });
  }
}

/**
 * Nothing is tried again by the driver: a write whose outcome is unknown is looked for by whoever wrote it, and a
 * caller that was told UNAVAILABLE asks again.
 */
function clientOptions(limits: MongoLimits): MongoClientOptions {
  return {
    appName: "switchboard",
    readConcern: { level: "majority" },
    readPreference: ReadPreference.primary,
    retryWrites: false,
    retryReads: false,
    ignoreUndefined: true,
    maxPoolSize: limits.connections,
    serverSelectionTimeoutMS: limits.primaryMs,
    waitQueueTimeoutMS: limits.connectionMs,
    connectTimeoutMS: limits.connectionMs,
    socketTimeoutMS: limits.socketMs,
  };
}

async function leave({ client, watch }: Connection): Promise<void> {
  watch.stop();
  await client.close();
}

const namesDatabase = (url: string) => /^mongodb(\+srv)?:\/\/[^/?]+\/[^/?]+/.test(url);
