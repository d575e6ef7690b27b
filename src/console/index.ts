/** The development console: what was caught, and what became of what was sent. */
export { createConsole } from "./create-console.tsx";
export type { ConsoleOptions, ConsoleOutbox, MessageReport, OutboxInsight, PausedScope } from "./desk.ts";
