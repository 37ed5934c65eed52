import { apiPrefix } from "../rest/index.ts";

const answers = (type: string, description: string) => ({ description, content: { [type]: {} } });
const probe = (operationId: string, summary: string, type: string, failure?: Record<string, unknown>) => ({
  get: { operationId, summary, security: [], responses: { 200: answers(type, summary), ...failure } },
});
const failed = (status: number) => ({ [status]: { $ref: `#/components/responses/Problem${status}` } });

/** What is served beside the REST table. */
export const otherPaths = {
  [`${apiPrefix}/events`]: {
    get: {
      operationId: "getEvents",
      summary: "Server-Sent Events: `event` is the name, `id` a sync cursor; see the AsyncAPI document for their data",
      security: [{ bearer: [] }, {}],
      parameters: [
        { name: "Last-Event-ID", in: "header", required: false, description: "resumes after it", schema: { type: "string" } },
        {
          name: "token",
          in: "query",
          required: false,
          description: "an access token, for an EventSource that cannot set headers",
          schema: { type: "string" },
        },
      ],
      responses: {
        200: { description: "The stream", content: { "text/event-stream": { schema: { type: "string" } } } },
        ...failed(401),
        default: { $ref: "#/components/responses/Problem" },
      },
    },
  },
  "/api/openapi.json": probe("getOpenApi", "This document", "application/json"),
  "/api/asyncapi.json": probe("getAsyncApi", "The sockets and the event stream, as AsyncAPI 3.0", "application/json"),
  "/healthz": probe("getHealth", "The process lives", "application/json"),
  "/readyz": probe("getReadiness", "The server can do its work", "application/json", failed(503)),
  "/metrics": probe("getMetrics", "Metrics in the text format of Prometheus", "text/plain", failed(404)),
};
