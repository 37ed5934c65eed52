/** Who asks: what a verified access token says, and the socket it came over, if any. */
export interface Viewer {
  userId: string;
  deviceId: string;
  /** The live session (socket) the request came through; its own entries are not sent back to it. */
  sessionId?: string;
}
