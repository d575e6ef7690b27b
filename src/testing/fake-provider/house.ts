/** What the conversations of one fake provider share. */
import type { Socket } from "node:net";
import type { FaultPlan } from "./fault.ts";
import type { FakeProfile } from "./profile.ts";
import type { Quotas } from "./quotas.ts";

/** A message that was taken. */
export interface FakeMessage {
  readonly from: string;
  readonly to: readonly string[];
  /** Who was logged in; empty for nobody. */
  readonly user: string;
  /** As it was sent, without dot-stuffing. */
  readonly bytes: Buffer;
  /** 1 for what came by the first connection. */
  readonly connection: number;
}

/** What was counted since the start. */
export interface FakeCounts {
  /** All that were made. */
  connections: number;
  /** Those that are open now. */
  open: number;
  /** Log-ins that were tried. */
  logIns: number;
  refusedLogIns: number;
  /** Messages that were taken. */
  messages: number;
}

/** How a fake provider is spoken to. */
export type FakeSecurity = "none" | "tls" | "starttls";

export interface House {
  readonly profile: FakeProfile;
  readonly accounts: Readonly<Record<string, string>> | undefined;
  readonly security: FakeSecurity;
  /** PEM; undefined without TLS. */
  readonly certificate: string | undefined;
  readonly secure: (socket: Socket) => Promise<Socket>;
  readonly faults: FaultPlan;
  readonly quotas: Quotas;
  readonly received: FakeMessage[];
  readonly counts: FakeCounts;
}
