import { Agent, get } from "node:http";
import { percentile } from "./statistics.ts";

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const TIMES = 50;
const WARM_UP = 10;
/** Requests of one `timeOfGet`. */
export const GETS = TIMES + WARM_UP;

/** Milliseconds of a GET, body included: the median of many, one after the other. */
export async function timeOfGet(url: string, token: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < GETS; i++) {
    const began = performance.now();
    await read(url, token);
    if (i >= WARM_UP) times.push(performance.now() - began);
  }
  return percentile(times, 0.5);
}

export function read(url: string, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text) => (body += text));
      response.on("end", () =>
        response.statusCode === 200 ? resolve(body) : reject(new Error(`${response.statusCode}: ${body}`)),
      );
    });
    request.on("error", reject);
  });
}
