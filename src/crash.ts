import { classOf } from "./errors.ts";

/** Exit code of a crash, from sysexits.h. */
const EX_SOFTWARE = 70;

/**
 * Ends the process at an error that nobody caught, and tells its class. Node would print its message, which may hold anything. When one item of
 * a list fails at once, graphql-js lets go of the items before it: their later errors belong to an operation that has failed already.
 */
export function endOnCrash(): void {
  process.on("uncaughtException", (error: unknown, origin) => {
    if (origin === "unhandledRejection" && error instanceof Error && error.name === "GraphQLError") return;
    console.error(`The service crashed (${classOf(error)}).`);
    process.exit(EX_SOFTWARE);
  });
}
