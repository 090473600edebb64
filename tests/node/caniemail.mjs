// Which features of the documents given as JSON ({name: html}) on stdin some client lacks: {name: {feature: [clients]}}.
import { readFileSync } from "node:fs";
import { caniemail } from "caniemail";

const CLIENTS = ["gmail.*", "outlook.*", "apple-mail.*"];

const found = {};
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const { issues } = caniemail({ clients: CLIENTS, html });
  found[name] = {};
  for (const kind of [issues.errors, issues.warnings]) {
    for (const [client, features] of kind.entries()) {
      for (const { title } of features) {
        const clients = (found[name][title] ??= []);
        if (!clients.includes(client)) clients.push(client);
      }
    }
  }
}
process.stdout.write(JSON.stringify(found));
