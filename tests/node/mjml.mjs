// The official MJML on the templates given as JSON ({name: mjml}) on stdin: {name: {html, errors, milliseconds}}.
// With an argument, each is compiled so many times more, and the median time is told; otherwise it is 0.
import { readFileSync } from "node:fs";
import mjml2html from "mjml";

const times = Number(process.argv[2] ?? 0);
const options = { keepComments: false, validationLevel: "soft", fonts: {}, minify: false };

const found = {};
for (const [name, source] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const { html, errors } = await mjml2html(source, options);
  const taken = [];
  for (let count = 0; count < times; count += 1) {
    const begun = process.hrtime.bigint();
    await mjml2html(source, options);
    taken.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
  taken.sort((one, other) => one - other);
  found[name] = {
    html,
    errors: errors.map((error) => error.formattedMessage ?? String(error)),
    milliseconds: taken[Math.floor(taken.length / 2)] ?? 0,
  };
}
process.stdout.write(JSON.stringify(found));
