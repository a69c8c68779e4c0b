import { vi } from "vitest";

/** Each read of the metrics and of readiness in the fast tests is a new one. doors.test.ts tests the pause between two. */
vi.mock("../../src/http/brake.ts", () => ({
  braked: (work: () => Promise<unknown>) => work,
  watched: async (look: () => Promise<unknown>) => Object.assign(look, { [Symbol.dispose]() {} }),
}));
