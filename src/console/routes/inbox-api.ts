/** The inbox for programs: JSON, and the stream of events that the inbox page listens to. */
import { Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { InboxMail, InboxSummary } from "../../inbox/index.ts";
import { answerJson } from "../answer.tsx";
import type { Desk } from "../desk.ts";
import { paths } from "../paths.ts";

/** So often a quiet stream says that it is alive, before something between us and the browser takes it for dead. */
const PING_MS = 15_000;

export function inboxApiRoutes(desk: Desk): Hono {
  const routes = new Hono();

  routes.get(paths.list, async (c) => answerJson(c, { messages: await desk.inbox.list() }));

  routes.get(`${paths.inbox}/:id/message.json`, async (c) => {
    const mail = await desk.inbox.get(c.req.param("id"));
    return mail === undefined ? answerJson(c, { error: "not found" }, 404) : answerJson(c, withoutBytes(mail));
  });

  routes.get(paths.events, (c) => {
    c.header("Cache-Control", "no-store");
    c.header("X-Content-Type-Options", "nosniff");
    if (c.req.method === "HEAD") return c.body(null); // Nobody would read the stream, nor end it.
    return streamSSE(c, (stream) => announceMail(stream, desk));
  });

  return routes;
}

/**
 * Sends a `mail` event with the newest mail's summary whenever mail has come in, until the reader leaves.
 *
 * Mail that comes in faster than the reader takes it is announced once: nothing queues up for a reader who stalls.
 */
async function announceMail(stream: SSEStreamingApi, { inbox, clock }: Desk): Promise<void> {
  let newest: InboxSummary | undefined;
  let wake = new AbortController();
  const unsubscribe = inbox.subscribe((mail) => {
    newest = mail;
    wake.abort();
  });
  stream.onAbort(() => wake.abort());
  try {
    while (!stream.aborted) {
      const announced = newest;
      newest = undefined;
      if (announced === undefined) await stream.write(":\n\n");
      else await stream.writeSSE({ event: "mail", id: announced.id, data: JSON.stringify(announced) });
      wake = new AbortController();
      if (newest === undefined && !stream.aborted) await clock.sleep(PING_MS, wake.signal);
    }
  } finally {
    unsubscribe();
  }
}

function withoutBytes({ raw: _raw, attachments, ...mail }: InboxMail): unknown {
  return {
    ...mail,
    attachments: attachments.map(({ content, ...attachment }) => ({ ...attachment, size: content.length })),
  };
}
