import { chromium } from "../browser/chromium.ts";
import { fetchJavaServer } from "./mongo/java-server.ts";
import { canStartMongo } from "./mongo.ts";
import { postgresProgram, program } from "./programs.ts";

/** A server or program that tests run, which npm does not bring. */
export interface Need {
  isThere(): boolean;
  /** Debian's packages of it. */
  packages: string[];
  /** Does what is still to do when the packages are there, if they are. */
  finish?(): void;
}

/** MONGO_URL takes the place of a MongoDB server where one database is enough; what kills servers wants its own. */
export const needs = {
  nats: { isThere: () => Boolean(program("nats-server")), packages: ["nats-server"] },
  redis: { isThere: () => Boolean(program("redis-server")), packages: ["redis-server"] },
  postgres: { isThere: () => Boolean(postgresProgram("postgres")), packages: ["postgresql"] },
  mongo: { isThere: canStartMongo, packages: ["default-jdk-headless", "maven"], finish: fetchJavaServer },
  chromium: { isThere: () => Boolean(chromium()), packages: ["chromium"] },
} satisfies Record<string, Need>;

export type NeedName = keyof typeof needs;
