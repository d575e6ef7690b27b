/** Holds source files against the table of layers and says, in plain words, what breaks it. */
import { posix } from "node:path";
import { ENVIRONMENT_READERS, FURTHER_DOORS, isPart, LAYERS, partName } from "./layers.ts";
import { type SourceFacts, sourceFacts } from "./source-facts.ts";

/** The file that a relative specifier names, from the repository's root; undefined for a package. */
function targetOf(file: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(posix.dirname(file), specifier) : undefined;
}

function importViolation(file: string, target: string): string | undefined {
  const from = partName(file);
  const to = partName(target);
  if (!target.startsWith("src/")) return `${file} imports ${target}, which stands outside src/`;
  if (from === to || !isPart(from)) return undefined;
  const allowed = LAYERS[from];
  if (!isPart(to) || !allowed.includes(to)) {
    const words = allowed.length === 0 ? "nothing of ours" : `only ${allowed.join(", ")}`;
    return `${file} imports ${target}, but ${from} may import ${words}`;
  }
  const isFolder = target.split("/").length > 2;
  if (!isFolder || target === `src/${to}/index.ts` || FURTHER_DOORS.includes(target)) return undefined;
  return `${file} imports ${target}, but across parts only src/${to}/index.ts may be imported`;
}

function fileViolations(file: string, facts: SourceFacts): string[] {
  const part = partName(file);
  if (!isPart(part)) return [`${file} belongs to no part; name "${part}" in test/support/layers.ts`];
  const targets = facts.imports.map((specifier) => targetOf(file, specifier)).filter((target) => target !== undefined);
  const violations = targets.map((target) => importViolation(file, target)).filter((words) => words !== undefined);
  if (facts.readsEnvironment && !ENVIRONMENT_READERS.includes(part)) {
    violations.push(`${file} reads process.env, but only ${ENVIRONMENT_READERS.join(" and ")} may; take an argument`);
  }
  return violations;
}

/** Each ring of files that import one another, as `a -> b -> a`. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (path.includes(file)) {
      found.push(`${[...path.slice(path.indexOf(file)), file].join(" -> ")} is a cycle`);
      return;
    }
    if (done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}

/**
 * Everything that breaks the table.
 *
 * @param sources Each file's text by its path from the repository's root, such as `src/smtp/pool.ts`.
 */
export function layerViolations(sources: ReadonlyMap<string, string>): string[] {
  const violations: string[] = [];
  const graph = new Map<string, string[]>();
  for (const [file, text] of sources) {
    const facts = sourceFacts(file, text);
    violations.push(...fileViolations(file, facts));
    graph.set(
      file,
      facts.imports.map((specifier) => targetOf(file, specifier) ?? "").filter((target) => sources.has(target)),
    );
  }
  return [...violations, ...cycles(graph)];
}
