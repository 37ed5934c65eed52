import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { loadConfig } from "../../config.ts";
import { startObstacles } from "../../node/start-checks.ts";
import { documentsOf, paths, servedByFewerThanTwo, text, unknownSettings, yamlOf } from "./files.ts";

interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string; valueFrom?: object }[];
  envFrom?: { configMapRef?: object; secretRef?: object }[];
  startupProbe?: object;
  livenessProbe?: object;
  readinessProbe?: object;
  lifecycle?: { preStop: { exec: { command: [string, string] } } };
  resources: object;
  securityContext: object;
}

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: {
    replicas?: number;
    minReplicas?: number;
    scaleTargetRef?: { name: string };
    template: {
      spec: {
        containers: [Container];
        terminationGracePeriodSeconds: number;
        topologySpreadConstraints: { topologyKey: string }[];
        securityContext: object;
      };
    };
  };
}

interface Kustomization {
  resources?: string[];
  patches?: { path?: string }[];
  configMapGenerator?: { literals: string[] }[];
}

const kustomizations = paths("k8s/**/kustomization.yaml");
const patches = kustomizations.flatMap((path) =>
  (yamlOf<Kustomization>(path).patches ?? []).flatMap((patch) => patch.path ?? []).map((file) => join(dirname(path), file)),
);
const manifests = paths("k8s/**/*.yaml").filter((path) => !kustomizations.includes(path) && !patches.includes(path));
const all = manifests.flatMap((path) => documentsOf<Manifest>(path).map((manifest) => ({ path, manifest })));
const nodes = all.filter(({ path, manifest }) => path.startsWith("k8s/base/") && manifest.kind === "Deployment");

const settingsIn = (path: string) =>
  Object.fromEntries(
    (yamlOf<Kustomization>(path).configMapGenerator ?? []).flatMap(({ literals }) =>
      literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2) as [string, string]),
    ),
  );

/** What docs/deployment.md says that the Secret has. */
const secretOfDev = { JWT_SECRET: "x".repeat(32) };
const secretOfProd = {
  ...secretOfDev,
  NATS_URL: "nats://user:password@nats:4222",
  DATABASE_URL: "postgres://user:password@postgres:5432/switchboard",
  MONGO_URL: "mongodb://user:password@one,two,three/switchboard?replicaSet=rs0",
  REDIS_URL: "rediss://:password@redis:6379",
};

type Model = new (data: unknown) => { validate(): void };

describe("the manifests", () => {
  test.each(all.map(({ path, manifest }) => [manifest.kind, manifest.metadata.name, path, manifest] as const))(
    "%s %s of %s is what Kubernetes says",
    async (kind, _name, _path, manifest) => {
      const models: Record<string, Model> = await import(`kubernetes-models/${manifest.apiVersion}`);
      const Model = models[kind] as Model;
      expect(() => new Model(manifest).validate()).not.toThrow();
    },
  );

  test("are all part of something, and each part is there", () => {
    const named = kustomizations.flatMap((path) => {
      const { resources = [], patches: own = [] } = yamlOf<Kustomization>(path);
      return [...resources, ...own.flatMap((patch) => patch.path ?? [])].map((file) => join(dirname(path), file));
    });
    expect(named.filter((path) => path !== "k8s/base").sort()).toEqual([...manifests, ...patches].sort());
  });

  test("have no secret in them", () => {
    expect(all.filter(({ manifest }) => manifest.kind === "Secret")).toEqual([]);
    for (const path of paths("k8s/**/*.yaml")) expect(text(path)).not.toMatch(/:\/\/[^\s:/@]*:[^\s@]+@/);
  });
});

/** Its own number, or the least that its autoscaler allows; never both. */
function replicasOf({ metadata, spec }: Manifest): number {
  const scaler = all.find(
    ({ path, manifest }) => path.startsWith("k8s/base/") && manifest.spec?.scaleTargetRef?.name === metadata.name,
  );
  expect([metadata.name, spec.replicas === undefined]).toEqual([metadata.name, scaler !== undefined]);
  return spec.replicas ?? scaler?.manifest.spec.minReplicas ?? 1;
}

describe("the nodes", () => {
  const containerOf = ({ manifest }: (typeof nodes)[number]) => manifest.spec.template.spec.containers[0];
  const roleOf = (node: (typeof nodes)[number]) => containerOf(node).env?.find(({ name }) => name === "SERVICES")?.value ?? "";

  test("are twice each, and have every service between them", () => {
    const roles = nodes.flatMap((node) => Array<string>(replicasOf(node.manifest)).fill(roleOf(node)));
    expect(servedByFewerThanTwo(roles)).toEqual([]);
  });

  test.each(paths("k8s/overlays/*/kustomization.yaml"))("of %s get settings with which they start", async (path) => {
    const secret = path.includes("/dev/") ? secretOfDev : secretOfProd;
    const literals = { ...settingsIn("k8s/base/kustomization.yaml"), ...settingsIn(path) };
    for (const node of nodes) {
      const own = (containerOf(node).env ?? []).map(({ name }) => name);
      expect(unknownSettings([...own, ...Object.keys(literals)])).toEqual([]);
      const config = loadConfig({ ...secret, ...literals, SERVICES: roleOf(node) });
      expect(await startObstacles({ ...config, port: 0 })).toEqual([]);
    }
  });

  test.each(nodes.map((node) => [node.manifest.metadata.name, node] as const))("%s: what it may, and how it ends", (_, node) => {
    const { spec } = node.manifest.spec.template;
    const container = containerOf(node);
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(container.resources).toMatchObject({ requests: { cpu: expect.anything(), memory: expect.anything() }, limits: {} });
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"] as const) expect(container[probe]).toBeDefined();
    expect(container.envFrom?.some(({ secretRef }) => secretRef)).toBe(true);
    expect(spec.topologySpreadConstraints[0]?.topologyKey).toBe("topology.kubernetes.io/zone");
    const pause = Number(container.lifecycle?.preStop.exec.command[1]);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(pause + 30);
  });

  test.each(nodes.map(({ manifest }) => manifest.metadata.name))("%s may not be taken away all at once", (name) => {
    const budgets = all
      .filter(({ manifest }) => manifest.kind === "PodDisruptionBudget")
      .map(({ manifest }) => manifest.metadata.name);
    expect(budgets).toContain(name);
  });
});

test("every folder of k8s is a kustomization", () => {
  expect(kustomizations.map((path) => basename(dirname(path)))).toEqual(["base", "dev", "prod"]);
});
