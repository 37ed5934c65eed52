/** What the judge needs to know of an entry. */
export interface LoggedEntry {
  seq: number;
  id: string;
  kind: string;
  senderId: string;
  clientMsgId?: string;
  content?: string;
  /** The id of the message that it changes. */
  target?: string;
  emoji?: string;
  op?: string;
  /** Of a `member` entry. */
  userIds?: string[];
}

/** How a send ended, in milliseconds of one steady clock. No outcome: it was given up without an answer. */
export type Outcome =
  | { kind: "acknowledged"; at: number; seq: number; id: string }
  /** For good: trying again would not help. */
  | { kind: "refused"; at: number; code: string };

export interface Send {
  conversationId: string;
  senderId: string;
  clientMsgId: string;
  content: string;
  /** The first attempt. */
  at: number;
  /** Attempts without an outcome: what the server said, or "silence". */
  troubles: { at: number; code: string }[];
  outcome?: Outcome;
}

/** A change to a message. */
export interface Change {
  conversationId: string;
  senderId: string;
  kind: "edit" | "delete" | "reaction";
  target: string;
  clientMsgId?: string;
  content?: string;
  emoji?: string;
  op?: "add" | "remove";
  outcome?: Outcome;
}

/** Somebody is brought into a group or goes out of it; asked again until it is so. */
export interface Move {
  conversationId: string;
  userId: string;
  op: "add" | "remove" | "leave";
  done: boolean;
}

/** How far somebody was acknowledged to have read, and how far the nodes say that it has, a while later. */
export interface Read {
  conversationId: string;
  userId: string;
  seq: number;
  said: { holder: string; readSeq: number }[];
}

/** A device, and whose it is. */
export interface Holder {
  device: string;
  userId: string;
}

/** A conversation as one device has it in the end, or as one node reads it out. */
export interface Copy {
  conversationId: string;
  /** The device or the node. */
  holder: string;
  /** In the order in which the holder has them. */
  entries: LoggedEntry[];
}

/** One connection, or the attempt to have one. */
export interface Arrivals {
  device: string;
  gateway: string;
  /** When it ended, and how: the close code, 0 without one. */
  end?: { at: number; code: number; reason: string };
  /** What came as `entry`, in order. */
  entries: { conversationId: string; seq: number; id: string }[];
}

/** All that is known of a run when it is over and everybody has synced. */
export interface History {
  /** By conversation, the devices of all who ever were members. */
  holders: Map<string, Holder[]>;
  sends: Send[];
  changes: Change[];
  moves: Move[];
  reads: Read[];
  /** As each gateway reads them out. */
  logs: Copy[];
  /** As the devices have them some seconds after everything was whole again, each of them connected and told by the server. */
  told: Copy[];
  /** As the devices have them when they have asked for all. */
  copies: Copy[];
  arrivals: Arrivals[];
}
