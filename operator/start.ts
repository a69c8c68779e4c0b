/** Entry of the command line. An older Node cannot parse the rest, and would print it. */
const NEEDED = [26, 10] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) await import("./main.ts");
else {
  console.error(`Node ${NEEDED.join(".")} or a later one is needed. This is ${process.versions.node}.`);
  process.exitCode = 78; // EX_CONFIG of sysexits.h
}
