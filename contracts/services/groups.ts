import type { Role } from "../entry.ts";
import type { Conversation, Group, Member } from "../shapes.ts";
import type { Viewer } from "../viewer.ts";

export interface GroupDraft {
  name: string;
  description?: string;
  avatarUrl?: string;
  memberIds?: string[];
  isPrivate?: boolean;
  maxMembers?: number;
}

export interface GroupPatch {
  name?: string;
  description?: string;
  avatarUrl?: string;
  isPrivate?: boolean;
  maxMembers?: number;
}

/** A group's id is the id of its conversation. */
export interface GroupsActions {
  /** Of one viewer and `requestId` comes one group, however often it is asked for. */
  "groups.create": {
    params: { viewer: Viewer; draft: GroupDraft; requestId?: string };
    returns: { group: Group; conversation: Conversation };
  };
  "groups.list": { params: { viewer: Viewer; limit: number; cursor?: string }; returns: { items: Group[]; nextCursor?: string } };
  "groups.get": { params: { viewer: Viewer; groupId: string }; returns: Group };
  "groups.update": { params: { viewer: Viewer; groupId: string; patch: GroupPatch }; returns: Group };
  /** Closes it: read-only from then on. Owner only. */
  "groups.close": { params: { viewer: Viewer; groupId: string }; returns: void };
  "groups.members": {
    params: { viewer: Viewer; groupId: string; limit: number; cursor?: string };
    returns: { items: Member[]; nextCursor?: string };
  };
  "groups.addMembers": { params: { viewer: Viewer; groupId: string; userIds: string[] }; returns: { items: Member[] } };
  "groups.setRole": { params: { viewer: Viewer; groupId: string; userId: string; role: Role }; returns: Member };
  /** `userId` = the viewer's own leaves. */
  "groups.removeMember": { params: { viewer: Viewer; groupId: string; userId: string }; returns: void };
}
