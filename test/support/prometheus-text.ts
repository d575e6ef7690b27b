/** Reads Prometheus' text format strictly, as its documentation has it: whatever is no metric line is an error. */

export interface Sample {
  name: string;
  labels: Readonly<Record<string, string>>;
  value: number;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\\\\n]|\\\\["\\\\n])*)"`;
const SAMPLE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL},?)*)\\})? (\\S+)(?: -?\\d+)?$`);
const HELP = new RegExp(`^# HELP (${NAME}) .+$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);

/** The samples of a scrape; throws at a line that breaks the format, a metric without a type, or a sample that stands twice. */
export function parsePrometheus(text: string): Sample[] {
  if (!text.endsWith("\n")) throw new Error("The last line has no line end");
  const types = new Map<string, string>();
  const seen = new Set<string>();
  return text.split("\n").flatMap((line): Sample[] => {
    if (line === "" || HELP.test(line)) return [];
    const [, typed, type] = TYPE.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) {
      if (types.has(typed)) throw new Error(`${typed} has two types`);
      types.set(typed, type);
      return [];
    }
    const found = SAMPLE.exec(line);
    if (found === null) throw new Error(`This is no line of the format: ${line}`);
    const [, name = "", labels = ""] = found;
    const series = line.slice(0, line.lastIndexOf(" "));
    if (seen.has(series)) throw new Error(`${series} stands twice`);
    seen.add(series);
    const base = name.replace(/_(?:bucket|sum|count)$/, "");
    if (!types.has(name) && types.get(base) !== "histogram") throw new Error(`${name} has no type`);
    return [{ name, labels: labelsOf(labels), value: numberOf(found.at(-1) ?? "") }];
  });
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(new RegExp(LABEL, "g"))].map(([, name = "", value = ""]) => [name, value]),
  );
}

function numberOf(text: string): number {
  const named = { "+Inf": Number.POSITIVE_INFINITY, "-Inf": Number.NEGATIVE_INFINITY, NaN: Number.NaN }[text];
  const value = named ?? Number(text);
  if (named === undefined && Number.isNaN(value)) throw new Error(`${text} is no number`);
  return value;
}
