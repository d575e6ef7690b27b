/** What is known of each connection beside what the protocol keeps, and its end. */
import type { SMTPServer, SMTPServerSession } from "smtp-server";
import type { ApiKey } from "./api-keys.ts";
import type { ReplyError } from "./replies.ts";

/** A connection. */
export interface Visit {
  /** What is stored of the secret that it logged in with. */
  keyHash: string | undefined;
  /** Whose mail the transaction under way is; undefined for a report. */
  key: ApiKey | undefined;
  /** How many commands it has sent without having logged in. */
  unknownCommands: number;
  /** Ends it where nobody has logged in. */
  deadline: NodeJS.Timeout | undefined;
  /** A message is being read or stored. */
  isBusy: boolean;
}

/** The connections of a server. */
export interface Visits {
  of(session: SMTPServerSession): Visit;
  end(session: SMTPServerSession): void;
  /** Answers, and hangs up. */
  hangUp(session: SMTPServerSession, reply: ReplyError): void;
  /** Hangs up on all but those whose message is under way. */
  hangUpIdle(reply: ReplyError): void;
}

/** @param servers Those whose connections they are; they may be added later. */
export function createVisits(servers: readonly SMTPServer[]): Visits {
  const visits = new Map<string, Visit>();

  function* connections() {
    for (const server of servers) yield* server.connections;
  }

  return {
    of: ({ id }) => {
      const found = visits.get(id);
      if (found !== undefined) return found;
      const visit: Visit = {
        keyHash: undefined,
        key: undefined,
        unknownCommands: 0,
        deadline: undefined,
        isBusy: false,
      };
      visits.set(id, visit);
      return visit;
    },
    end: ({ id }) => {
      clearTimeout(visits.get(id)?.deadline);
      visits.delete(id);
    },
    hangUp: ({ id }, { responseCode, message }) => {
      for (const connection of connections()) {
        if (connection.id !== id) continue;
        connection.send(responseCode, message, false);
        connection.close();
      }
    },
    hangUpIdle: ({ responseCode, message }) => {
      for (const connection of connections()) {
        if (visits.get(connection.id)?.isBusy === true) continue;
        connection.send(responseCode, message, false);
        connection.close();
      }
    },
  };
}
