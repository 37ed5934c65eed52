import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { program } from "../programs.ts";

const here = import.meta.dirname;
const pom = join(here, "pom.xml");
/** What Maven fetched, and the pom.xml that it was for. */
const fetched = resolve(here, "../../../node_modules/.cache/switchboard/mongo-java-server");

/** Where Java is, if all that the server consists of is there. */
export function java(): string | undefined {
  return isFetched() ? program("java") : undefined;
}

/**
 * Its command. As it comes, it scans for whatever is not the whole of a unique index: right for tests of what it stores,
 * too slow where much is asked of it. `indexed`: with a journal and look-ups of our own.
 */
export function javaServer(port: number, file: string, indexed: boolean): string[] {
  const path = java();
  if (!path) throw new Error("no MongoDB server is on this machine");
  const quickToStart = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx2g"];
  // A command waits for the disk in its connection's thread.
  const options = [...quickToStart, "-Dio.netty.eventLoopThreads=64"];
  return [
    path,
    ...options,
    "-cp",
    join(fetched, "*"),
    join(here, `${indexed ? "Indexed" : "Durable"}Mongo.java`),
    `${port}`,
    file,
  ];
}

function isFetched(): boolean {
  const has = join(fetched, "pom.xml");
  return existsSync(has) && readFileSync(has, "utf8") === readFileSync(pom, "utf8");
}

/** Asks Maven, if it is here, for what the server consists of. Whole or not at all. */
export function fetchJavaServer(): void {
  const maven = program("mvn");
  if (!maven || !program("java")) return;
  const draft = `${fetched}.${process.pid}`;
  mkdirSync(dirname(fetched), { recursive: true });
  execFileSync(
    maven,
    ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${draft}`, "-DincludeScope=runtime"],
    { stdio: "ignore" },
  );
  copyFileSync(pom, join(draft, "pom.xml"));
  rmSync(fetched, { recursive: true, force: true });
  renameSync(draft, fetched);
}
