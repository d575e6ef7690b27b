/** Events of the outbox for tests, with everything filled in but what a test is about. */
import type { OutboxEvent } from "../../src/outbox/events.ts";

export function outboxEvent(parts: Partial<OutboxEvent> = {}): OutboxEvent {
  return {
    type: "sent",
    at: Date.UTC(2026, 0, 2, 3, 4, 5),
    id: "o1",
    messageId: "<1@example.com>",
    mailer: "default",
    recipients: ["user@example.com"],
    priority: "normal",
    createdAt: Date.UTC(2026, 0, 2, 3, 4, 0),
    attempts: 1,
    server: "smtp.example.com:465",
    code: 250,
    enhancedCode: "2.0.0",
    text: "250 2.0.0 OK",
    ...parts,
  };
}
