import { NotFoundError, TokenExpiredError, UnauthenticatedError } from "../../contracts/errors.ts";
import type { Tokens } from "../../contracts/services/auth.ts";
import type { Device } from "../../contracts/shapes.ts";
import type { Viewer } from "../../contracts/viewer.ts";
import type { DeviceRow, Devices, RevokedDevice } from "../../stores/accounts/devices.ts";
import type { SeenTimes } from "../../stores/accounts/seen-times.ts";
import type { Deps } from "../deps.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { deviceOf, hashOf, isGenuine, newFamily, type RefreshToken, randomToken, tokenAfter, tokenId } from "./refresh-tokens.ts";
import { issueSecond, type Revocations, tellRevoked } from "./revocations.ts";
import type { SigningKey, SigningKeys } from "./signing-keys.ts";

/** A repeated refresh with the same `requestId` gets the same pair for so long. */
const REPEAT_MS = 60_000;
const DAY_MS = 86_400_000;
const EXPIRED_AT_ONCE = 200;

export interface SessionParts {
  devices: Devices;
  seen: SeenTimes;
  keys: SigningKeys;
  accessTokens: AccessTokens;
  revocations: Revocations;
}

/** Signed-in devices: their beginning, the rotation of their tokens, their end. */
export class Sessions {
  readonly #deps: Deps;
  readonly #parts: SessionParts;

  constructor(deps: Deps, parts: SessionParts) {
    this.#deps = deps;
    this.#parts = parts;
  }

  /** Signs a device in: the one of that id if it is this user's, else a new one. */
  async open(
    userId: string,
    wanted: { id?: string; name?: string; platform?: string } = {},
  ): Promise<Tokens & { deviceId: string }> {
    const known = wanted.id === undefined ? null : await this.#parts.devices.find(wanted.id);
    const mine = known?.userId === userId ? known : null;
    const id = mine?.id ?? this.#deps.newId();
    if (!mine?.refreshHash) await this.#deps.caller.call("conversations.enrolDevice", { userId, deviceId: id });
    const key = this.#parts.keys.signing;
    const family = newFamily();
    const token = randomToken(key, { id, family });
    const { name, platform } = wanted;
    const times = this.#times();
    const device = await this.#parts.devices.signIn({ id, userId, name, platform, family, refreshHash: hashOf(token), ...times });
    return { deviceId: id, ...this.#pair(device, times.at, token, key) };
  }

  /** See `auth.refresh`. */
  async refresh(token: RefreshToken, requestId?: string): Promise<Tokens> {
    const deviceId = deviceOf(token);
    const device = deviceId === undefined ? null : await this.#parts.devices.find(deviceId);
    if (!device) throw new UnauthenticatedError("The refresh token is not valid");
    const hash = hashOf(token);
    if (device.refreshHash === hash) return (await this.#rotate(device, token, requestId)) ?? this.refresh(token, requestId);
    if (device.spentHash === hash && requestId !== undefined && device.spentRequest === requestId) {
      const again = this.#repeat(device, token, requestId);
      if (again) return again;
    }
    if (isGenuine(this.#parts.keys, device, token)) {
      if (endedByAge(device)) throw new TokenExpiredError("The refresh token is too old");
      await this.end([device.id]);
    }
    throw new UnauthenticatedError("The refresh token is not valid");
  }

  /** Signs devices out, wherever they are connected. */
  async end(deviceIds: string[]): Promise<void> {
    const revoked = await this.#parts.devices.revoke(deviceIds, new Date(this.#deps.clock.now()));
    if (revoked.length) this.#announce(revoked);
    await Promise.all(revoked.map((device) => this.#forget(device)));
  }

  /** NOT_FOUND for a device that is not signed in as this user. */
  async endOne(viewer: Viewer, deviceId: string): Promise<void> {
    const device = await this.#parts.devices.find(deviceId);
    if (device?.userId !== viewer.userId || !device.refreshHash) throw new NotFoundError();
    await this.end([deviceId]);
  }

  async endOthers({ userId, deviceId }: Viewer): Promise<void> {
    const others = (await this.#parts.devices.ofUser(userId)).filter(({ id }) => id !== deviceId);
    await this.end(others.map(({ id }) => id));
  }

  /** Signs out some of those whose refresh token ran out. */
  async endExpired(): Promise<void> {
    await this.end(await this.#parts.devices.expired(new Date(this.#deps.clock.now()), EXPIRED_AT_ONCE));
  }

  async list({ userId, deviceId }: Viewer): Promise<Device[]> {
    const devices = await this.#parts.devices.ofUser(userId);
    return devices.map(({ id, name, platform, lastSeenAt }) => ({
      deviceId: id,
      name,
      platform,
      lastSeenAt: new Date(Math.max(lastSeenAt.getTime(), this.#parts.seen.pending(id) ?? 0)).toISOString(),
      current: id === deviceId,
    }));
  }

  /** null if another request was first. */
  async #rotate(device: DeviceRow, spent: RefreshToken, requestId?: string): Promise<Tokens | null> {
    const times = this.#times();
    if (device.refreshExpiresAt <= times.at) throw new TokenExpiredError("The refresh token is too old");
    const key = this.#parts.keys.signing;
    const token = requestId === undefined ? randomToken(key, device) : tokenAfter(key, device, spent, requestId);
    const rotation = { from: hashOf(spent), to: hashOf(token), request: requestId, ...times };
    const won = await this.#parts.devices.rotate(device.id, rotation);
    return won ? this.#pair(device, times.at, token, key) : null;
  }

  /** The pair that the same request got before; undefined when that is too long ago. */
  #repeat(device: DeviceRow, spent: RefreshToken, requestId: string): Tokens | undefined {
    if (this.#deps.clock.now() - device.rotatedAt.getTime() > REPEAT_MS) return undefined;
    for (const key of this.#parts.keys.all) {
      const token = tokenAfter(key, device, spent, requestId);
      if (hashOf(token) === device.refreshHash) return this.#pair(device, device.rotatedAt, token, key);
    }
    return undefined;
  }

  #pair(device: DeviceRow, at: Date, refreshToken: RefreshToken, key: SigningKey): Tokens {
    const issuedAt = issueSecond(at, device.revokedAt);
    const claims = { userId: device.userId, deviceId: device.id, issuedAt, jti: tokenId(key, refreshToken) };
    const accessToken = this.#parts.accessTokens.issue(claims, key);
    return { accessToken, refreshToken, expiresIn: this.#deps.config.accessTokenSeconds };
  }

  #times(): { at: Date; refreshExpiresAt: Date } {
    const now = this.#deps.clock.now();
    return { at: new Date(now), refreshExpiresAt: new Date(now + this.#deps.config.refreshTokenDays * DAY_MS) };
  }

  /** This node knows at once, the others by the event; the feed is for those that miss it. */
  #announce(devices: RevokedDevice[]): void {
    for (const device of devices) {
      this.#parts.revocations.add(device);
      tellRevoked(this.#deps.caller, device);
    }
    void this.#deps.ephemeral.revocations.tell(devices).catch(() => undefined);
  }

  /** The device is out whether or not its cursors could be forgotten. */
  async #forget({ userId, deviceId }: RevokedDevice): Promise<void> {
    try {
      await this.#deps.caller.call("conversations.forgetDevice", { userId, deviceId });
    } catch (error) {
      this.#deps.logger("auth").warn(`cursors of device ${deviceId} stay behind`, error);
    }
  }
}

const endedByAge = ({ refreshHash, revokedAt, refreshExpiresAt }: DeviceRow): boolean =>
  refreshHash === undefined && revokedAt !== undefined && revokedAt >= refreshExpiresAt;
