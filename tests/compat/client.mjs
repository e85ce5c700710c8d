// The ordinary work of the npm package `ollama`; the folder with it is the second argument.
// Prints one line of JSON with what came.
import { createRequire } from "node:module";

const [url, folder] = process.argv.slice(2);
const { Ollama } = createRequire(folder + "/")("ollama");
const ollama = new Ollama({ host: url });
const messages = [{ role: "user", content: "hi" }];
const found = {};

found.generate = (await ollama.generate({ model: "tinyhello", prompt: "hi" })).response;
found.chat = (await ollama.chat({ model: "tinyhello", messages })).message.content;
found.stream = "";
for await (const part of await ollama.chat({ model: "tinyhello", messages, stream: true })) {
  found.stream += part.message.content;
  found.done = part.done;
}
const parameters = { type: "object", properties: { city: { type: "string" } } };
const tools = [{ type: "function", function: { name: "get_weather", description: "", parameters } }];
const called = await ollama.chat({ model: "tinytool", messages, tools });
found.tool = called.message.tool_calls[0].function.arguments;
const format = { type: "object", properties: { age: { enum: [1, 2] } }, required: ["age"] };
const options = { num_predict: 60 };
found.schema = JSON.parse(
  (await ollama.chat({ model: "tinychat", messages, format, options })).message.content,
);
found.embed = (await ollama.embed({ model: "tinyembed", input: ["a", "b"] })).embeddings.length;
for await (const step of await ollama.create({ model: "js", from: "tinyhello", system: "x", stream: true }))
  found.create = step.status;
await ollama.copy({ source: "js", destination: "js-2" });
found.show = (await ollama.show({ model: "js-2" })).system;
found.list = (await ollama.list()).models.map((model) => model.name);
await ollama.generate({ model: "js-2", prompt: "hi" });
found.ps = (await ollama.ps()).models.map((model) => model.name);
await ollama.delete({ model: "js" });
await ollama.delete({ model: "js-2" });
found.missing = await ollama.chat({ model: "js", messages }).catch((error) => error.message);
const cut = await ollama.generate({ model: "tiny", prompt: "x", stream: true, options: { num_predict: 2000 } });
for await (const _ of cut) break; // leaving the loop is how users stop an answer
cut.abort();
console.log(JSON.stringify(found));
process.exit(0);
