/** The outbox for programs: JSON of what the pages show, and the same actions. */
import { Hono } from "hono";
import { OutboxError } from "../../outbox/index.ts";
import { answerJson } from "../answer.tsx";
import { type Desk, foretold, scopesToShow } from "../desk.ts";
import { actionNamed, outboxActions, perform } from "../outbox-actions.ts";
import { listPage, outboxQueryOf, queryText } from "../outbox-query.ts";
import { paths } from "../paths.ts";
import { isFromHere } from "../sent-from-here.ts";

const [PAGE_LENGTH, LONGEST_PAGE] = [100, 1000];

export function outboxApiRoutes(desk: Desk): Hono {
  const routes = new Hono();

  routes.get(paths.outboxApi, async (c) => {
    const query = outboxQueryOf((name) => c.req.query(name));
    const limit = Math.min(Math.max(1, Number.parseInt(c.req.query("limit") ?? "", 10) || PAGE_LENGTH), LONGEST_PAGE);
    const { messages, older } = await listPage(desk.outbox, query, limit);
    const next = older === undefined ? undefined : `${paths.outboxApi}?${queryText(older)}&limit=${limit}`;
    return answerJson(c, { messages, next });
  });

  routes.get(`${paths.outboxApi}/health`, async (c) => {
    const health = await desk.outbox.health();
    const scopes = (await desk.insight.scopes?.()) ?? [];
    return answerJson(c, { ...health, ...scopesToShow(scopes, desk.clock.now()) }, health.ok ? 200 : 503);
  });

  routes.get(`${paths.outboxApi}/:id`, async (c) => {
    const id = c.req.param("id");
    const message = await desk.outbox.get(id);
    if (message === undefined) return answerJson(c, { error: "not found" }, 404);
    const [forecast, reports] = await Promise.all([desk.insight.forecast?.(id), desk.insight.reports?.(id)]);
    return answerJson(c, { ...foretold(message, forecast), forecast, reports });
  });

  routes.post(`${paths.outboxApi}/:id/:action`, async (c) => {
    // A page elsewhere cannot make a browser send JSON without asking first, and it is not answered.
    const isJson = /^application\/json\b/i.test(c.req.header("content-type") ?? "");
    if (!isJson || !isFromHere(c)) {
      return answerJson(c, { error: "send it with Content-Type: application/json, from no other site" }, 403);
    }
    const { id, action: name } = c.req.param();
    const action = actionNamed(name);
    if (action === undefined) return answerJson(c, { error: `the actions are ${outboxActions.join(", ")}` }, 404);
    if ((await desk.outbox.get(id)) === undefined) return answerJson(c, { error: "not found" }, 404);
    try {
      return answerJson(c, { changed: await perform(desk.outbox, id, action), message: await desk.outbox.get(id) });
    } catch (error) {
      if (error instanceof OutboxError) return answerJson(c, { error: error.message, code: error.code }, 409);
      throw error;
    }
  });

  return routes;
}
