import { classOf } from "./errors.ts";

/** Exit code of a crash, from sysexits.h. */
const EX_SOFTWARE = 70;

/**
 * Keeps what the process holds to itself. At SIGUSR1 Node would open its debugger, and with it every secret, to all programs of this machine. At
 * an error that nobody caught it would print the message, which may hold anything: the process ends, and tells the class. When one item of a
 * list fails at once, graphql-js lets go of the items before it: their later errors belong to an operation that has failed already.
 */
export function guardProcess(): void {
  process.on("SIGUSR1", () => {});
  process.on("uncaughtException", (error: unknown, origin) => {
    if (origin === "unhandledRejection" && error instanceof Error && error.name === "GraphQLError") return;
    console.error(`The service crashed (${classOf(error)}).`);
    process.exit(EX_SOFTWARE);
  });
}
