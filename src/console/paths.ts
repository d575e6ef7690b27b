/** Where each page of the console lives. */
export const paths = {
  inbox: "/inbox",
  events: "/inbox/events",
  clear: "/inbox/clear",
  list: "/inbox/messages.json",
  outbox: "/outbox",
  outboxApi: "/api/outbox",
  assets: "/console-assets/",
};

export const mailPath = (id: string): string => `${paths.inbox}/${encodeURIComponent(id)}`;
export const outboxPath = (id: string): string => `${paths.outbox}/${encodeURIComponent(id)}`;
export const outboxActionPath = (id: string, action: string): string => `${outboxPath(id)}/${action}`;
