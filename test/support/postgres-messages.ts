import type { MessageReader } from "./faulty-network.ts";

/**
 * Reads the statements that a client sends to PostgreSQL, from the messages Query and Parse
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). For clients that do not ask for TLS.
 */
export const postgresStatements: MessageReader = () => {
  let pending = Buffer.alloc(0);
  let typeBytes = 0; // the first message of a connection has no type
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const statements: string[] = [];
    while (pending.length >= typeBytes + 4) {
      const end = typeBytes + pending.readInt32BE(typeBytes);
      if (pending.length < end) break;
      const type = typeBytes === 0 ? "" : String.fromCharCode(pending[0]!);
      const [first = "", second = ""] = pending.toString("utf8", typeBytes + 4, end).split("\0");
      if (type === "Q") statements.push(first);
      if (type === "P") statements.push(second); // follows the name of the prepared statement
      pending = pending.subarray(end);
      typeBytes = 1;
    }
    return statements;
  };
};
