import { seededRandom } from "../faults/random.ts";

/** What breaks, by whom it may happen to. */
export const faultsOf = {
  gateway: ["kill", "pause", "drain", "partition"],
  core: ["kill", "pause", "drain", "partition"],
  nats: ["kill", "pause"],
  mongo: ["kill", "pause"],
  postgres: ["kill", "pause"],
  redis: ["kill", "pause"],
  /** A node more, which goes again. */
  spare: ["join"],
} as const;

export type Part = keyof typeof faultsOf;

/** `part:fault`, such as `core:pause`. */
export type FaultName = { [P in Part]: `${P}:${(typeof faultsOf)[P][number]}` }[Part];

export const everyFault = Object.entries(faultsOf).flatMap(([part, faults]) =>
  faults.map((fault) => `${part}:${fault}` as FaultName),
);

export interface Step {
  fault: FaultName;
  /** Which of its kind. */
  target: string;
  beginsMs: number;
  endsMs: number;
}

export interface PlanOptions {
  seed: number;
  ms: number;
  faults: FaultName[];
  targets: Record<Part, string[]>;
  /** How long something stands still or is away. */
  pauseMs: number;
  outageMs: number;
}

/** How much later a step begins than the one before it, in parts of how long that one lasts: at most this. */
const SPREAD = 1.6;
const REST_MS = 1500;

/** The same for the same seed. Every fault comes before one comes again; nothing has two faults at a time. */
export function planOf({ seed, ms, faults, targets, pauseMs, outageMs }: PlanOptions): Step[] {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
  const freeFrom = new Map<string, number>();
  const steps: Step[] = [];
  let bag: FaultName[] = [];
  for (let at = REST_MS; ; ) {
    if (bag.length === 0) bag = [...faults];
    const fault = bag.splice(Math.floor(random() * bag.length), 1)[0] as FaultName;
    const [part, how] = fault.split(":") as [Part, string];
    const target = pick(targets[part]);
    const lasts = (how === "pause" || how === "partition" ? pauseMs : outageMs) * (0.75 + random() / 2);
    const beginsMs = Math.round(Math.max(at, freeFrom.get(target) ?? 0));
    const endsMs = Math.round(beginsMs + lasts);
    if (endsMs > ms) return steps;
    steps.push({ fault, target, beginsMs, endsMs });
    freeFrom.set(target, endsMs + REST_MS);
    at = beginsMs + random() * SPREAD * lasts + REST_MS;
  }
}
