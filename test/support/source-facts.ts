/** What a source file imports and whether it reads the environment, found in its syntax tree and not in its text. */
import { parseSync } from "rolldown/utils";

export interface SourceFacts {
  /** Every module specifier: imports, re-exports, `import()`, and `import("...")` in a type. */
  readonly imports: readonly string[];
  /** True where `process.env` can be reached: by name, by destructuring, or through node:process. */
  readonly readsEnvironment: boolean;
}

interface Node {
  readonly type: string;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** The children of a node, in whatever fields they stand. */
function childrenOf(node: Node): Node[] {
  return Object.values(node).flat().filter(isNode);
}

function* nodesUnder(root: Node): Generator<Node> {
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    yield node;
    open.push(...childrenOf(node));
  }
}

/** The text of a string literal, or of an identifier. */
function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  const name = value.type === "Literal" ? value["value"] : value["name"];
  return typeof name === "string" ? name : undefined;
}

function specifierOf(node: Node): string | undefined {
  const source = node.type === "TSExternalModuleReference" ? node["expression"] : node["source"];
  return isNode(source) && source.type === "Literal" ? nameOf(source) : undefined;
}

/** `process.env`, `globalThis.process.env`, `const { env } = process`. */
function touchesEnvironment(node: Node): boolean {
  if (node.type === "MemberExpression") {
    const owner = node["object"];
    const ownerName = isNode(owner) && owner.type === "MemberExpression" ? nameOf(owner["property"]) : nameOf(owner);
    return ownerName === "process" && nameOf(node["property"]) === "env";
  }
  if (node.type !== "VariableDeclarator" || nameOf(node["init"]) !== "process" || !isNode(node["id"])) return false;
  return childrenOf(node["id"]).some((property) => nameOf(property["key"]) === "env");
}

/**
 * The facts of one file.
 *
 * @param file Its name; the ending says whether it holds JSX.
 */
export function sourceFacts(file: string, text: string): SourceFacts {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const imports: string[] = [];
  let readsEnvironment = false;
  for (const node of nodesUnder(program as unknown as Node)) {
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push(specifier);
    if (touchesEnvironment(node)) readsEnvironment = true;
  }
  if (imports.some((specifier) => /^(node:)?process$/.test(specifier))) readsEnvironment = true;
  return { imports, readsEnvironment };
}
