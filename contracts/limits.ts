/** Limits that the protocol fixes. Those an operator may change are in config.ts. */
export const limits = {
  contentUnits: 16_384,
  metadataBytes: 16_384,
  clientMsgIdLength: 128,
  mentions: 256,
  attachments: 32,
  emojiUnits: 32,
  reactionsPerMessage: 64,
  watchedUsers: 500,
  /** Members of a group that one node tells another at a time. */
  membersPage: 4000,
  /** Users that one `member` entry names: it goes from node to node as a whole. */
  membersPerEntry: 10_000,
  /** The most that GROUP_MEMBERS may allow. */
  groupMembers: 100_000,
  pageDefault: 50,
  pageMax: 200,
  syncDefault: 500,
  syncMax: 1000,
  /** Conversations that one page of `sync` may move: it bounds the length of the opaque cursor. */
  syncConversations: 64,
  backlog: 1000,
  longPollSeconds: 60,
  jsonDepth: 32,
} as const;
