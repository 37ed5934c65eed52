import type { SyncAnswer } from "../../../contracts/socket-events.ts";
import type { Viewer } from "../../../contracts/viewer.ts";
import type { Deps } from "../../deps.ts";
import type { LiveTransports, LongPollQuery } from "../live-transports.ts";
import type { Session } from "../sessions/session.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { EventStreamTransport } from "./event-stream.ts";
import { PollWaiter } from "./long-poll.ts";

/** A poll looks once more after this: its route may not have been known everywhere when it began. */
const LOOK_AGAIN_MS = 1000;

/** The event stream and the long poll, over the sessions of this gateway. */
export function liveTransports(deps: Deps, sessions: Sessions): LiveTransports {
  const { caller } = deps;
  return {
    async eventStream(_req, res, viewer, lastEventId) {
      sessions.refuseWhileDraining();
      if (lastEventId) await caller.call("conversations.sync", { viewer, request: { cursor: lastEventId, limit: 1 } });
      if (res.destroyed) return;
      res.writeHead(200, {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store, no-transform",
        "X-Accel-Buffering": "no",
      });
      const session: Session = sessions.open(new EventStreamTransport(res, () => session.heard()), viewer);
      res.once("close", () => session.gone());
    },
    async longPoll(viewer, { wait = 0, ...request }, signal) {
      const page = await caller.call("conversations.sync", { viewer, request });
      if (!isEmpty(page) || wait === 0 || sessions.isDraining) return page;
      return waited(deps, sessions, { viewer, request, wait, signal });
    },
  };
}

interface Waiting {
  viewer: Viewer;
  request: Omit<LongPollQuery, "wait">;
  wait: number;
  signal: AbortSignal;
}

async function waited(deps: Deps, sessions: Sessions, { viewer, request, wait, signal }: Waiting): Promise<SyncAnswer> {
  const { clock, caller, newId } = deps;
  const waiter = new PollWaiter(newId(), viewer);
  const end = () => waiter.end();
  signal.addEventListener("abort", end, { once: true });
  sessions.joinPoll(waiter);
  try {
    const until = clock.now() + wait * 1000;
    let pause = LOOK_AGAIN_MS;
    for (;;) {
      const page = await caller.call("conversations.sync", { viewer, request });
      const left = until - clock.now();
      if (!isEmpty(page) || left <= 0 || waiter.hasEnded) return page;
      await waiter.wait(clock, Math.min(left, pause));
      pause = left;
    }
  } finally {
    signal.removeEventListener("abort", end);
    sessions.leave(waiter);
  }
}

const isEmpty = ({ entries, conversations, changes, resets }: SyncAnswer) =>
  entries.length + conversations.length + changes.length + resets.length === 0;
