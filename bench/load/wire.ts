/** A protocol, written by hand: what the client costs is the same for every server. */
export interface Wire {
  url(base: string, token: string): string;
  /** What to say first, once the server has said `opening`; undefined = nothing. */
  readonly greeting: ((token: string, room?: string) => string) | undefined;
  readonly opening: string;
  request(id: number, event: string, data: string): string;
  /** Beginnings of frames. */
  readonly entry: string;
  readonly synced: string;
  readonly answer: string;
  /** Between the beginning of an answer and its id there is nothing; after it comes this. */
  readonly afterId: string;
  /** A ping in the protocol's own words, and what it is answered. */
  readonly ping: string;
  readonly pong: string;
}

export const plainWebSocket: Wire = {
  url: (base, token) => `${base.replace("http", "ws")}/ws?token=${token}`,
  greeting: undefined,
  opening: "",
  request: (id, event, data) => `{"id":${id},"event":"${event}","data":${data}}`,
  entry: '{"event":"entry"',
  synced: '{"event":"synced"',
  answer: '{"id":',
  afterId: ",",
  ping: "\0",
  pong: "",
};

export const socketIo: Wire = {
  url: (base) => `${base.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`,
  greeting: (token, room) => `40${JSON.stringify({ token, v: 1, room })}`,
  opening: "0{",
  request: (id, event, data) => `42${id}["${event}",${data}]`,
  entry: '42["entry"',
  synced: '42["synced"',
  answer: "43",
  afterId: "[",
  ping: "2",
  pong: "3",
};
