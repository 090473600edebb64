// What html-validate has to say of the documents given as JSON ({name: html}) on stdin: {name: [message]}.
// Its recommended rules, less those of html-validate.json, each of which has its reason there.
import { readFileSync } from "node:fs";
import { HtmlValidate } from "html-validate";

const left = JSON.parse(readFileSync(new URL("html-validate.json", import.meta.url), "utf8"));
const rules = Object.fromEntries(Object.keys(left).map((rule) => [rule, "off"]));
const validator = new HtmlValidate({ root: true, extends: ["html-validate:recommended"], rules });

const found = {};
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const report = await validator.validateString(html);
  found[name] = report.results.flatMap((result) =>
    result.messages.map((one) => `${one.line}:${one.column} ${one.ruleId}: ${one.message}`),
  );
}
process.stdout.write(JSON.stringify(found));
