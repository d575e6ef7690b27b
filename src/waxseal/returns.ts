/** What comes back of messages: the bounce addresses, and the ways in by HTTP and IMAP. */
import type { Clock, Logger } from "../base/index.ts";
import type { ResolvedConfig } from "../config.ts";
import type { Database } from "../db/index.ts";
import type { Backend } from "../mail/index.ts";
import {
  bounceEndpoint,
  type BounceAddresses,
  type Bounces,
  bounceTo,
  checkBounceMailbox,
  createBounceAddresses,
  createBounces,
  type EventSink,
  type MailboxWatch,
  mailgunWebhook,
  postmarkWebhook,
  resendWebhook,
  sendgridWebhook,
  sesWebhook,
  type SuppressionGate,
  watchBounceMailbox,
  type Webhook,
} from "../outbox/index.ts";
import { asSetting } from "./as-setting.ts";

export interface Returns {
  bounces: Bounces;
  /** Whether anybody may bring mail to a bounce address by SMTP. */
  takesMail: boolean;
  /** The same backend, which sends with the bounce address of each message. */
  send(backend: Backend): Backend;
  /** By path, such as `/hooks/resend`. */
  hooks: ReadonlyMap<string, Webhook>;
  /** Starts to read the mailbox. */
  start(): void;
  stop(): Promise<void>;
}

interface Surroundings {
  database: Database;
  suppression: SuppressionGate;
  sinks: readonly EventSink[];
  clock: Clock;
  logger: Logger;
}

export function openReturns(config: ResolvedConfig, surroundings: Surroundings): Returns {
  const { database, clock, logger } = surroundings;
  const { imap, addresses: mailboxes = [] } = config.bounces ?? {};
  const addresses = signedAddresses(config);
  const bounces = createBounces({ ...surroundings, addresses, mailboxes });
  const mailbox = imap === undefined ? undefined : { ...imap, bounces, database, clock, logger };
  // A mistake, and a package that is missing, are said now, not once the worker starts.
  if (mailbox !== undefined) asSetting("bounces.imap", () => checkBounceMailbox(mailbox));
  let watch: MailboxWatch | undefined;
  return {
    bounces,
    takesMail: addresses !== undefined || mailboxes.length > 0,
    send: (backend) => (addresses === undefined ? backend : bounceTo(backend, addresses)),
    hooks: hooksOf(config, bounces, { clock, logger }),
    start: () => {
      if (mailbox !== undefined) watch ??= watchBounceMailbox(mailbox);
    },
    stop: async () => watch?.stop(),
  };
}

function signedAddresses({ bounces, secretKey }: ResolvedConfig): BounceAddresses | undefined {
  const { domain, mailbox } = bounces ?? {};
  if (domain === undefined && mailbox === undefined) return undefined;
  // Ours are oldest first; here the first one signs.
  const secret = secretKey.toReversed();
  const options = { secret, ...(domain !== undefined && { domain }), ...(mailbox !== undefined && { mailbox }) };
  return asSetting("bounces", () => createBounceAddresses(options));
}

function hooksOf(
  { bounces: settings = {} }: ResolvedConfig,
  bounces: Bounces,
  { clock, logger }: { clock: Clock; logger: Logger },
): Map<string, Webhook> {
  const { token, providers = {} } = settings;
  const { resend, postmark, sendgrid, mailgun, ses } = providers;
  const hooks = new Map<string, Webhook>();
  const shared = { bounces, clock, logger };
  if (token !== undefined) hooks.set("/hooks/bounces", bounceEndpoint({ bounces, token, logger }));
  const add = (name: string, make: () => Webhook): void => {
    hooks.set(`/hooks/${name}`, asSetting(`bounces.providers.${name}`, make));
  };
  if (resend !== undefined) add("resend", () => resendWebhook({ ...resend, ...shared }));
  if (postmark !== undefined) add("postmark", () => postmarkWebhook({ ...postmark, ...shared }));
  if (sendgrid !== undefined) add("sendgrid", () => sendgridWebhook({ ...sendgrid, ...shared }));
  if (mailgun !== undefined) add("mailgun", () => mailgunWebhook({ ...mailgun, ...shared }));
  if (ses !== undefined) add("ses", () => sesWebhook({ ...ses, ...shared }));
  return hooks;
}
