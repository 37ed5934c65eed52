const lockName = "switchboard";
const patienceMs = 300;

/** What is kept in this browser is one device: two tabs must not be it at once. Resolves when this tab is the one; says so if that takes a while. */
export async function onlyTab(onWaiting: () => void): Promise<void> {
  // There are no locks on plain HTTP, but for localhost.
  if (!navigator.locks) return;
  const waiting = setTimeout(onWaiting, patienceMs);
  await new Promise<void>((taken) => {
    void navigator.locks.request(lockName, () => {
      taken();
      return new Promise(() => undefined);
    });
  });
  clearTimeout(waiting);
}
