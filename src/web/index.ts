/** "waxseal/web": the account pages, and the way to serve them from Node. */
export { createWeb } from "./create-web.tsx";
export { serveNode, type NodeServer, type ServeNodeOptions } from "./adapters/node.ts";
export { WebError, type WebErrorCode } from "./errors.ts";
export type { WebAccounts, WebOptions, WebUnsubscribe } from "./site.ts";
export {
  createUnsubscribeLinks,
  type UnsubscribeClaim,
  type UnsubscribeLinks,
  type UnsubscribeLinksOptions,
} from "./unsubscribe-links.ts";
