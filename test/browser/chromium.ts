import { program } from "../servers/programs.ts";

/** Where Chromium is. Undefined: the tests cannot look at the page here. */
export const chromium = (): string | undefined => program("chromium");
