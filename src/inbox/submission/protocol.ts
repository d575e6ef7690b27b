/** The protocol part is smtp-server's: what it is told, and what it asks. */
import type { SMTPServerOptions } from "smtp-server";
import { describeError } from "../../base/index.ts";
import type { Room } from "./collect.ts";
import { connect, type House, logIn, mailFrom, rcptTo, secure } from "./handlers.ts";
import type { ResolvedOptions } from "./options.ts";
import { ReplyError, replyFor } from "./replies.ts";
import { takeMessage } from "./take-message.ts";

/** What smtp-server is told. */
export function protocolOptions(options: ResolvedOptions, isTls: boolean): SMTPServerOptions {
  const { tls } = options;
  return {
    ...(tls !== undefined && { key: tls.key, cert: tls.cert, minVersion: "TLSv1.2" }),
    secure: isTls,
    name: options.name,
    size: options.maxMessageBytes,
    maxRecipients: options.maxRecipients,
    maxClients: options.maxConnections,
    socketTimeout: options.idleTimeoutMs,
    closeTimeout: options.closeTimeoutMs,
    authMethods: ["PLAIN", "LOGIN"],
    // Where it is not safe, each session has AUTH disabled: it is not even offered there.
    allowInsecureAuth: true,
    authOptional: options.bounces !== undefined,
    authRequiredMessage: "5.7.0 Authentication required: log in with an API key as the password",
    maxAllowedUnauthenticatedCommands: options.maxUnauthenticatedCommands,
    disabledCommands: tls === undefined ? ["STARTTLS"] : [],
    disableReverseLookup: true,
    hideDSN: false,
    hideREQUIRETLS: false,
    logger: false,
  };
}

/** What a server needs beside its house. */
export interface Traffic {
  room: Room;
  isClosing: () => boolean;
}

/** What smtp-server asks at each step, and how it is answered. */
export function protocolHandlers(house: House, { room, isClosing }: Traffic): SMTPServerOptions {
  const { visits, clients } = house;
  const refused = (error: unknown): ReplyError => tell(house, error);
  const step = (work: Promise<void>, answer: (error?: Error | null) => void): void =>
    void work.then(
      () => answer(),
      (error: unknown) => answer(refused(error)),
    );
  return {
    onConnect: (session, answer) => step(connect(house, session), answer),
    onSecure: (_socket, session, answer) => {
      secure(house, session);
      answer();
    },
    onAuth: (auth, session, answer) =>
      void logIn(house, auth, session).then(
        (user) => answer(null, { user }),
        (error: unknown) => answer(refused(error)),
      ),
    onMailFrom: (address, session, answer) => step(mailFrom(house, address, session), answer),
    onRcptTo: (address, session, answer) => step(rcptTo(house, address, session), answer),
    onData: (stream, session, answer) =>
      void takeMessage(house, room, stream, session)
        .then(
          (text) => answer(null, text),
          (error: unknown) => answer(refused(error)),
        )
        .then(() => isClosing() && setImmediate(() => visits.hangUp(session, SHUTTING_DOWN))),
    onClose: (session) => {
      clients.disconnect(session.remoteAddress, session.id);
      visits.end(session);
    },
  };
}

/** What clients hear when the server closes. */
export const SHUTTING_DOWN: ReplyError = new ReplyError(
  421,
  "4.3.2 The server is shutting down. Try again in a minute.",
);

/** Every answer comes by here: a refusal is told to the client, a fault to the log. */
function tell({ options: { logger } }: House, error: unknown): ReplyError {
  const reply = replyFor(error);
  const fields = { reply: `${reply.responseCode} ${reply.message}` };
  if (reply === error || reply.responseCode >= 500) logger.log("info", "submission.refused", fields);
  else logger.log("error", "submission.failed", { ...fields, error: describeError(error) });
  return reply;
}
