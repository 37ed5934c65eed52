/** A real server of its own kind on a free loopback port, with a temporary data folder of its own. It ends with the tests. */
export interface TestServer {
  /** As a node's settings take it. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it as its own manual says; what it answered is in its data. Goes on with `restart`. */
  stop(): Promise<void>;
  /** SIGKILL to all of its processes: gone when it resolves. */
  kill(): Promise<void>;
  /** Stops all of its processes where they are: connections stay, nothing is answered. */
  pause(): void;
  resume(): void;
  /** Starts it again, killed first if it runs, on the same port and the same data; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}
