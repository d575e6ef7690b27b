/** Every migration by its name; they run in the order of the names and are never changed once released. */
import type { Migration } from "kysely";
import { up as initial } from "./0001-initial.ts";
import { up as envelope } from "./0002-envelope.ts";
import { up as diagnosis } from "./0003-diagnosis.ts";

export const migrations: Readonly<Record<string, Migration>> = {
  "0001-initial": { up: initial },
  "0002-envelope": { up: envelope },
  "0003-diagnosis": { up: diagnosis },
};
