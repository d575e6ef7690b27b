/** Composing messages: CPU and memory beside nodemailer, mimetext, emailjs, and Django where a Python has it. */
import { findPython } from "../../test/support/python.ts";
import { compare, type Contender } from "../support/compare.ts";
import { outcomeTable, runHeading } from "../support/report.ts";
import { CASES } from "./cases.ts";
import { COMPOSERS } from "./composers.ts";
import { DjangoPeer } from "./django-peer.ts";
import { measureMemory, memoryTable } from "./memory.ts";

const BASELINE = "nodemailer";

const [, memoryOf] = process.argv.join(" ").match(/--memory-of (\S+)/) ?? [];
if (memoryOf === undefined) await main();
else await measureMemory(memoryOf);

async function main(): Promise<void> {
  const pace = process.argv.includes("--short") ? { rounds: 5, turnMs: 60, warmUpMs: 250 } : {};
  const python = process.argv.includes("--no-django") ? undefined : findPython(["django"]);
  const django = python === undefined ? undefined : await DjangoPeer.start(python, CASES);
  console.log(runHeading("compose"));
  if (django === undefined) console.log("No Python with Django was found.\n");
  for (const [which, { title }] of CASES.entries()) {
    const outcome = await compare({ title, contenders: contenders(which, django), baseline: BASELINE, ...pace });
    console.log(outcomeTable(outcome));
  }
  console.log(memoryTable());
  django?.close();
}

function contenders(which: number, django: DjangoPeer | undefined): Contender[] {
  const one = CASES[which];
  if (one === undefined) return [];
  const own = Object.entries(COMPOSERS).map(([name, composer]) => ({
    name,
    async run(times: number): Promise<void> {
      for (let index = 0; index < times; index++) {
        const message = composer(one, index);
        if (message instanceof Promise) await message;
      }
    },
  }));
  return django === undefined ? own : [...own, { name: django.name, run: (times) => django.run(which, times) }];
}
