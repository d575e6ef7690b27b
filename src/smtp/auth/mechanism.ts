/** What a SASL mechanism is to us: a conversation in which the client always has the next word, or none. */

/** Whom to log in as, and by what. `secret` is the password, or the access token. */
export interface Login {
  readonly user: string;
  readonly secret: string;
  /** The server's host and port, which OAUTHBEARER repeats. */
  readonly host: string;
  readonly port: number;
}

/** What the client says, before base64, and what of it must never be shown. */
export interface Words {
  readonly say: string;
  readonly secrets?: readonly string[];
}

/**
 * Yields what the client says and is handed each challenge of the server, without its base64. Once it has ended, a
 * further challenge is one too many. It is told of the server's welcome by "", and throws `BadChallenge` where the
 * server left out its part.
 */
export type Exchange = Iterator<Words, void, string> | AsyncIterator<Words, void, string>;

export interface Mechanism {
  readonly name: string;
  /** What it logs in by. */
  readonly by: "password" | "token";
  /** Whether the client speaks first, so that its first words may travel with the AUTH command (RFC 4954, section 4). */
  readonly clientFirst: boolean;
  /** Whether the password itself is never sent. */
  readonly hidesPassword: boolean;
  /** `challenge` is the first one of the server, "" where the client speaks first. */
  readonly exchange: (login: Login, challenge: string) => Exchange;
}

/** The server said what the mechanism does not allow; logging in ends there. */
export class BadChallenge extends Error {
  readonly advice: string;
  /** `message` goes on from "the server". */
  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}
