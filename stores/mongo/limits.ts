/** Every limit of the store on MongoDB. Whoever waits is told before the layer below would have given up. */
export interface MongoLimits {
  /** A call of a port settles within this, whatever became of it. */
  timeMs: number;
  /** So long the server works on one command: maxTimeMS of reads, wtimeout of writes. */
  serverMs: number;
  /** So long a command waits for a primary to be known, */
  primaryMs: number;
  /** and for one of the pool's connections. */
  connectionMs: number;
  /** A connection without an answer for so long is given up. */
  socketMs: number;
  connections: number;
  /** Calls under way, those included that wait for a connection; more is OVERLOADED. */
  calls: number;
  /** At the start the store may take so long to come. */
  openMs: number;
  /** Inserts of many conversations' entries that may be under way at once, */
  inserts: number;
  /** and the entries in each. */
  batch: number;
  /** Reads of one kind that many callers share and that may be under way at once. */
  reads: number;
  /** How long what could share a command waits for the one under way to end. */
  gatherMs: number;
  /** After so many calls without an answer, one after another, the store is left alone for `restMs`. */
  failures: number;
  restMs: number;
}

export const mongoLimits: MongoLimits = {
  timeMs: 4000,
  serverMs: 2500,
  primaryMs: 2000,
  connectionMs: 2000,
  socketMs: 5000,
  connections: 24,
  calls: 20_000,
  openMs: 30_000,
  inserts: 4,
  batch: 500,
  reads: 4,
  gatherMs: 20,
  failures: 5,
  restMs: 1000,
};
