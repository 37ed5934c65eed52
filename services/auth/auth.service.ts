import type { ServiceSchema } from "moleculer";
import type { Timer } from "../../contracts/clock.ts";
import { serviceSchema } from "../../contracts/service.ts";
import { meView } from "../../domain/account/account.ts";
import { repeat } from "../../domain/pacing/repeat.ts";
import { accounts as accountsOn } from "../../stores/accounts/accounts.ts";
import { devices as devicesOn } from "../../stores/accounts/devices.ts";
import { SeenTimes } from "../../stores/accounts/seen-times.ts";
import type { Deps } from "../deps.ts";
import { AccessTokens } from "./access-tokens.ts";
import { Attempts } from "./attempts.ts";
import { Credentials } from "./credentials.ts";
import { Passwords } from "./passwords.ts";
import { asTold, Revocations, tellRevoked } from "./revocations.ts";
import { Sessions } from "./sessions.ts";
import { SigningKeys } from "./signing-keys.ts";

const SWEEP_EVERY_MS = 3_600_000;

/** Credentials, devices, sessions, tokens. */
export function authService(deps: Deps): ServiceSchema {
  const { clock, config, ephemeral } = deps;
  const logger = deps.logger("auth");
  const warn = (error: unknown) => logger.warn("accounts database:", error);
  const keys = SigningKeys.load(config);
  const revocations = new Revocations(clock, config.accessTokenSeconds, (device) => tellRevoked(deps.caller, device));
  const accessTokens = new AccessTokens(keys, revocations, clock, config.accessTokenSeconds);
  let credentials: Credentials;
  let sessions: Sessions;
  let seen: SeenTimes;
  let sweep: Timer;

  return serviceSchema<"auth">({
    name: "auth",
    actions: {
      register: (params) => credentials.register(params),
      async login({ login, password, device, ip }) {
        const account = await credentials.check(login, password, ip);
        return { user: meView(account), ...(await sessions.open(account.id, device)) };
      },
      refresh: ({ refreshToken, requestId }) => sessions.refresh(refreshToken, requestId),
      logout: ({ viewer }) => sessions.end([viewer.deviceId]),
      sessions: async ({ viewer }) => ({ items: await sessions.list(viewer) }),
      revoke: ({ viewer, deviceId }) => sessions.endOne(viewer, deviceId),
      async changePassword({ viewer, oldPassword, password }) {
        await credentials.changePassword(viewer, oldPassword, password);
        await sessions.endOthers(viewer);
      },
      verifyToken({ token, seen: isHere }) {
        const verified = accessTokens.verify(token);
        if (isHere) seen.mark(verified.deviceId, clock.now());
        return verified;
      },
      revokedSince: ({ since }) => ({ devices: revocations.since(since).map(asTold) }),
    },
    events: {
      "auth.deviceRevoked": (told) => void revocations.add({ ...told, revokedAt: new Date(told.revokedAt) }),
    },
    async started() {
      const sql = await deps.stores.sql();
      const devices = devicesOn(sql);
      seen = new SeenTimes(clock, (rows) => devices.seen(rows), warn);
      sessions = new Sessions(deps, { devices, seen, keys, accessTokens, revocations });
      const parts = { accounts: accountsOn(sql), passwords: new Passwords(), attempts: new Attempts(config, ephemeral) };
      credentials = new Credentials(deps, parts);
      const news = () => ephemeral.revocations.news();
      await revocations.start({ read: (since) => devices.revokedSince(since), news }, warn);
      sweep = repeat(clock, SWEEP_EVERY_MS, () => sessions.endExpired(), warn);
    },
    async stopped() {
      sweep?.cancel();
      revocations.stop();
      await seen?.stop();
    },
  });
}
