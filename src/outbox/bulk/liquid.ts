/** Liquid, with what keeps it strict, bounded and the same on every machine and each time. */
import type { Liquid, Template as Parsed } from "liquidjs";
import { describeError, hintFor } from "../../base/index.ts";
import { BulkError } from "./errors.ts";

/** The longest template, in characters. */
const MAX_TEMPLATE_LENGTH = 2_000_000;
/** What one rendering may take up: items of loops, characters of joined texts. */
const MAX_ALLOCATIONS = 5_000_000;
/** How long one rendering may take, in milliseconds; a loop in a loop ends here. */
const MAX_RENDER_MS = 500;

/** Where a text of a template goes: into HTML, where values are escaped, or into plain text. */
export type TextKind = "html" | "plain";

/** A text of a template, ready to be rendered. */
export interface Renderable {
  /** @throws BulkError WX_BULK_TEMPLATE with the file, the line and the variable */
  render(variables: Readonly<Record<string, unknown>>, at: number): string;
}

/** Reads texts of templates. */
export interface TextReader {
  /**
   * @param name What an error calls the text, such as `welcome/body.html`.
   * @throws BulkError WX_BULK_TEMPLATE
   */
  read(text: string, kind: TextKind, name: string): Renderable;
}

let reader: Promise<TextReader> | undefined;

/** Loads Liquid at the first use. */
export function textReader(): Promise<TextReader> {
  return (reader ??= loadReader());
}

async function loadReader(): Promise<TextReader> {
  const { Liquid: Engine } = await import("liquidjs");
  const engineOf = (kind: TextKind): Liquid => strictEngine(Engine, kind);
  const engines = { html: engineOf("html"), plain: engineOf("plain") };
  return { read: (text, kind, name) => renderable(engines[kind], text, name) };
}

/** No file is ever read, a missing variable is an error except where a template asks for it, and the zone is UTC. */
function strictEngine(Engine: typeof Liquid, kind: TextKind): Liquid {
  const engine = new Engine({
    templates: {},
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    timezoneOffset: 0,
    locale: "en-US",
    parseLimit: MAX_TEMPLATE_LENGTH,
    renderLimit: MAX_RENDER_MS,
    memoryLimit: MAX_ALLOCATIONS,
    ...(kind === "html" && { outputEscape: "escape" as const }),
  });
  for (const name of ["date", "date_to_xmlschema", "date_to_rfc822", "date_to_string", "date_to_long_string"]) {
    stopTime(engine, name);
  }
  engine.registerFilter("sample", () => {
    throw new Error("sample picks by chance, but each attempt must send the same; choose in the variables");
  });
  return engine;
}

const AT = "__waxseal_at";

/** `"now"` is the time that the message was enqueued at, so that each attempt sends the same. */
function stopTime(engine: Liquid, name: string): void {
  const filter = engine.filters[name];
  if (typeof filter !== "function") return;
  engine.registerFilter(name, function (value: unknown, ...rest: unknown[]) {
    const at = (this.context.globals as Record<string, unknown>)[AT];
    return filter.call(this, value === "now" || value === "today" ? Number(at) / 1000 : value, ...rest) as unknown;
  });
}

function renderable(engine: Liquid, text: string, name: string): Renderable {
  const parsed = explained(name, [], () => engine.parse(text));
  return {
    render: (variables, at) => explained(name, Object.keys(variables), () => renderText(engine, parsed, variables, at)),
  };
}

function renderText(engine: Liquid, parsed: Parsed[], variables: object, at: number): string {
  const render = (): string => engine.renderSync(parsed, variables, { globals: { [AT]: at } }) as string;
  try {
    return render();
  } catch (error) {
    // The time may have gone by while the machine did something else: it must not cost the message.
    if (!describeError(error).startsWith("template render limit exceeded")) throw error;
    return render();
  }
}

/** What Liquid throws, in our words. */
function explained<T>(name: string, known: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const line = lineOf(cause);
    throw new BulkError("WX_BULK_TEMPLATE", `${name}${line}: ${problemOf(cause, known)}`, { cause });
  }
}

interface LiquidFault {
  token?: { getPosition?: () => [line: number, column: number] };
  originalError?: { variableName?: string; message?: string };
}

function lineOf(error: unknown): string {
  const position = (error as LiquidFault).token?.getPosition?.();
  return position === undefined ? "" : ` line ${position[0]}`;
}

function problemOf(error: unknown, known: readonly string[]): string {
  const original = (error as LiquidFault).originalError;
  const variable = original?.variableName;
  if (variable !== undefined) {
    const hint = known.length === 0 ? "None were given." : hintFor(variable, known);
    return `there is no variable "${variable}". ${hint}`;
  }
  const text = original?.message ?? describeError(error);
  const plain = text.replace(/(?:, file:.*)?, line:\d+, col:\d+$/s, "");
  if (/^ENOENT|Failed to lookup/.test(plain)) return "a template cannot include another; write its text here";
  if (/limit exceeded/.test(plain)) return `its loops or texts are too long (${plain})`;
  return plain;
}
