/** What is asked of a SQLite file, in a form that a thread can be sent, and what is answered. */

/** A statement and its parameters. */
export type Bound = readonly [sql: string, ...values: unknown[]];

/** Statements that belong together: where the first changes no row, the others are left out. */
export type Unit = readonly [Bound, ...Bound[]];

/** A statement that is run once for each list of parameters. */
export interface Ask {
  sql: string;
  lists: readonly (readonly unknown[])[];
}

/** Units in one piece, cheap to send: their statements once each, their values in a row, their bytes in one buffer. */
export interface PackedUnits {
  statements: readonly string[];
  /** For each unit its number of statements, and for each of these its index in `statements` and its number of values. */
  plan: readonly number[];
  values: readonly unknown[];
  /** For each value that is bytes: its index in `values`, where it begins in `bytes`, and its length. */
  parts: readonly number[];
  bytes: ArrayBuffer;
}

/**
 * One thing to do. With `begins` it is the first of a transaction; where it fails there is none, and it may be tried again.
 * With `commits` it is the last; where it fails, nothing of the transaction was done.
 */
export type Step = { begins?: boolean; commits?: boolean } &
  /** Statements without parameters that answer nothing. */
  (
    | { kind: "exec"; sql: string }
    /** Nothing more; with `commits` it ends a transaction. */
    | { kind: "nothing" }
    /** Ends the transaction with nothing done, if there is one. */
    | { kind: "rollback" }
    /** One statement: its rows, or what it changed. */
    | { kind: "query"; sql: string; values: readonly unknown[] }
    /** Each statement for each of its lists of parameters: the rows of each. */
    | { kind: "select"; asks: readonly Ask[] }
    /** Whether the first statement of each unit changed a row. */
    | { kind: "apply"; units: PackedUnits }
    /** Begins to read rows a few at a time; answers with the number of the cursor. */
    | { kind: "open"; sql: string; values: readonly unknown[] }
    | { kind: "next"; cursor: number }
    | { kind: "end"; cursor: number }
    /** Closes the file. Nothing may follow. */
    | { kind: "close" }
  );

/** What a statement gave. */
export interface QueryAnswer {
  rows: readonly unknown[];
  /** Of a statement that returns no rows. */
  changes?: number | bigint;
  lastInsertRowid?: number | bigint;
}

/** Rows of a cursor. */
export interface CursorAnswer {
  rows: readonly unknown[];
  /** No row follows. */
  done: boolean;
}

/** What each kind of step is answered with. */
export interface StepAnswers {
  exec: undefined;
  nothing: undefined;
  rollback: undefined;
  query: QueryAnswer;
  select: readonly (readonly (readonly unknown[])[])[];
  apply: readonly boolean[];
  open: number;
  next: CursorAnswer;
  end: undefined;
  close: undefined;
}

/** The answer to a step. */
export type AnswerTo<S extends Step> = StepAnswers[S["kind"]];

/** Does one step after the other. */
export interface SqliteEngine {
  perform<S extends Step>(step: S): Promise<AnswerTo<S>>;
}

export function pack(units: readonly Unit[]): PackedUnits {
  const known = new Map<string, number>();
  const plan: number[] = [];
  const values: unknown[] = [];
  const parts: number[] = [];
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (const unit of units) {
    plan.push(unit.length);
    for (const bound of unit) {
      const [sql] = bound;
      let index = known.get(sql);
      if (index === undefined) known.set(sql, (index = known.size));
      plan.push(index, bound.length - 1);
      for (let position = 1; position < bound.length; position++) {
        const value = bound[position];
        if (!(value instanceof Uint8Array)) {
          values.push(value);
          continue;
        }
        parts.push(values.length, size, value.length);
        values.push(null);
        chunks.push(value);
        size += value.length;
      }
    }
  }
  return { statements: [...known.keys()], plan, values, parts, bytes: joined(chunks, size) };
}

function joined(chunks: readonly Uint8Array[], size: number): ArrayBuffer {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes.buffer;
}
