import { readdirSync, readFileSync } from "node:fs";

/** The processes that this one started, and those that they did. */
export function descendants(pid: number): number[] {
  const children = childrenOf(pid);
  return [...children, ...children.flatMap(descendants)];
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether every thread of it stands still, or is gone: a signal reaches a thread that runs only after a while. */
export function isStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) => "TZX".includes(stateOf(pid, thread)));
  } catch {
    return true;
  }
}

function stateOf(pid: number, thread: string): string {
  const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, "latin1");
  return stat.charAt(stat.lastIndexOf(")") + 2);
}
