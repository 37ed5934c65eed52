import type { Me, Privacy, User } from "../../contracts/shapes.ts";

/** An account as it is kept. */
export interface Account {
  id: string;
  username: string;
  email?: string;
  emailVerified: boolean;
  /** E.164 */
  phone?: string;
  phoneVerified: boolean;
  passwordHash?: string;
  displayName: string;
  avatarUrl?: string;
  statusMessage?: string;
  privacy: Privacy;
  lastSeenAt?: Date;
  createdAt: Date;
  erasedAt?: Date;
}

export const openToAll: Privacy = {
  lastSeen: "everyone",
  photo: "everyone",
  search: "everyone",
  messages: "everyone",
  groups: "everyone",
  readReceipts: true,
};

/** As any other user may see it. */
export function publicView(account: Account): User {
  const { avatarUrl, ...rest } = ownView(account);
  return account.privacy.photo === "everyone" && avatarUrl !== undefined ? { ...rest, avatarUrl } : rest;
}

/** As only its owner may see it. */
export function meView(account: Account): Me {
  return {
    ...ownView(account),
    ...(account.email !== undefined && { email: account.email }),
    ...(account.phone !== undefined && { phone: account.phone }),
    verified: { email: account.emailVerified, phone: account.phoneVerified },
    privacy: account.privacy,
  };
}

function ownView(account: Account): User {
  return {
    id: account.id,
    username: account.username,
    displayName: account.displayName,
    ...(account.avatarUrl !== undefined && { avatarUrl: account.avatarUrl }),
    ...(account.statusMessage !== undefined && { statusMessage: account.statusMessage }),
    ...(account.erasedAt && { erased: true as const }),
  };
}
