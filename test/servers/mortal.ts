/** The user that a program is to run as; only root can say. */
export interface User {
  uid: number;
  gid: number;
}

interface Mortality {
  /** What it is sent; SIGKILL if absent. */
  by?: NodeJS.Signals;
  user?: User;
}

/** The command, made to end with the process that starts it, however that one ends. */
export function mortal(command: string[], { by = "SIGKILL", user }: Mortality = {}): [string, ...string[]] {
  return ["setpriv", `--pdeathsig=${by.slice(3)}`, ...(user ? asUser(user) : []), ...command];
}

/** Arguments of setpriv. */
export const asUser = ({ uid, gid }: User): string[] => [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
