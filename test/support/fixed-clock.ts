/** The fixed clock that users get, for the tests of parts below it. */
export { fixedClock } from "../../src/testing/clock.ts";
