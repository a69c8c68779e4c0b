import { vi } from "vitest";

/** Each read of the metrics in the fast tests is a new one, without the pause between two. doors.test.ts tests the pause. */
vi.mock("../../src/http/brake.ts", () => ({ braked: (work: () => Promise<unknown>) => work }));
