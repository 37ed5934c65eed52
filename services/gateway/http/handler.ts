import type { RouteAnswer, RouteInput, RouteName, routes } from "../../../contracts/rest/index.ts";
import type { Viewer } from "../../../contracts/viewer.ts";

/** What a handler knows of a request beside its input. */
export interface RequestContext<V> {
  viewer: V;
  ip: string;
  /** Aborted when the client goes away before its answer. */
  signal: AbortSignal;
  /** The same however often the request is repeated; absent without an Idempotency-Key. */
  requestId?: string;
}

/** An answer for what was there already: it goes out with the row's `alsoStatus`. */
export class Already<T> {
  readonly answer: T;
  constructor(answer: T) {
    this.answer = answer;
  }
}

type Row<N extends RouteName> = (typeof routes)[N];
type ViewerOf<N extends RouteName> = Row<N> extends { auth: "bearer" } ? Viewer : undefined;
type Reply<N extends RouteName> = RouteAnswer<N> | (Row<N> extends { alsoStatus: 200 } ? Already<RouteAnswer<N>> : never);

/** One row of the REST table at work. Its input is valid and its viewer is known. */
export type Handler<N extends RouteName> = (input: RouteInput<N>, context: RequestContext<ViewerOf<N>>) => Promise<Reply<N>>;

/** One handler for each row whose path begins so. */
export type HandlersOf<Prefix extends string> = {
  [N in RouteName as N extends `${string} /${Prefix}` | `${string} /${Prefix}/${string}` ? N : never]: Handler<N>;
};

export type Handlers = { [N in RouteName]: Handler<N> };
